"""A real Airflow for tests, on a copy of the house, with the calls a person's browser makes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairview.console.airflow_run import Api
from fairview.console.airflow_server import Server, embedded
from fairview.contracts.catalogue import HOUSE, Catalogue, catalogue
from fairview.errors import FairviewError
from fairview.store.places import Places

_PARTS = ("dags", "dbt_project", "expectations", "plugins")
# A busy machine takes minutes for what a quiet one does in seconds.
PATIENCE = 420.0


def copied_house(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A copy of the house whose declarations a test may change; processes started from here on work from it."""
    for part in _PARTS:
        ignored = shutil.ignore_patterns("target", "logs", "__pycache__", "*.egg-info")
        shutil.copytree(HOUSE / part, folder / part, ignore=ignored)
    monkeypatch.setenv("PYTHONPATH", str(folder / "plugins"))
    return catalogue(folder)


@dataclass
class Live:
    """A running Airflow, and what is asked of it."""

    server: Server
    api: Api

    def call(self, method: str, path: str, **words):
        """One call of the REST API; its JSON."""
        return self.api.call(method, path, **words).json()

    def until(self, what: str, look, seconds: float = PATIENCE, pause: float = 1.0):
        """Wait until `look` gives something; it. A process that ended is started again meanwhile."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            self.server.mend(print)
            time.sleep(pause)
        return found

    def states(self, dag_id: str, run: str) -> dict[str, str | None]:
        """State of every task of a run."""
        listed = self.call("GET", f"/dags/{dag_id}/dagRuns/{run}/taskInstances")["task_instances"]
        return {one["task_id"]: one["state"] for one in listed}

    def outcome(self, dag_id: str, run: str) -> str | None:
        """The state a run has ended in; None while it goes on."""
        state = self.call("GET", f"/dags/{dag_id}/dagRuns/{run}")["state"]
        return state if state in ("success", "failed") else None

    def ended(self, dag_id: str, run: str) -> str:
        """The state a run ends in."""
        return self.until(f"the end of {dag_id}", lambda: self.outcome(dag_id, run))

    def said(self, dag_id: str, run: str, task: str) -> str:
        """What a task's page shows of its log, of every try. Airflow answers 404 while a log is being laid down."""

        def content() -> str | None:
            where = f"/dags/{dag_id}/dagRuns/{run}/taskInstances/{task}"
            lines = []
            for number in range(1, max(1, self.call("GET", where)["try_number"]) + 1):
                with suppress(FairviewError):
                    lines += self.call("GET", f"{where}/logs/{number}")["content"]
            return "\n".join(str(line) for line in lines) or None

        return self.until(f"the log of {task}", content, seconds=60)


@contextmanager
def running(declared: Catalogue, where: Places) -> Iterator[Live]:
    """Airflow on a state, its DAGs read."""
    with embedded(declared, where, 0, print) as server:
        api = Api(server, print)
        api.make_pool("vault", 1)
        live = Live(server, api)
        wanted = {f"service__{card.service}" for card in declared.services}
        live.until("the DAGs", lambda: wanted <= api.dag_ids())
        yield live
