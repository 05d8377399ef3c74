"""Walks deliveries through a real Airflow beside one state folder.

No shortcut past Airflow: deliveries are laid into the inbox one extract date after another, the delivery DAGs are
triggered over the REST API as a user would, and assets and the scheduler do the rest.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

from fairview.console import summary
from fairview.console.airflow_server import START_SECONDS, USER, Server, Tell, embedded, inbox_of
from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError
from fairview.store import ledger
from fairview.store.places import Places

_SETTLED_SECONDS = (
    8.0  # the scheduler looks for asset events about every second; this long without work means none is left
)


class Api:
    """The few calls of Airflow's REST API that a run needs."""

    def __init__(self, server: Server, tell: Tell) -> None:
        import httpx

        self._server, self._tell = server, tell
        password = json.loads(server.password_file.read_text(encoding="utf-8"))[USER]
        token = httpx.post(f"{server.url}/auth/token", json={"username": USER, "password": password}, timeout=30)
        token.raise_for_status()
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        self._client = httpx.Client(base_url=f"{server.url}/api/v2", headers=headers, timeout=60)

    def call(self, method: str, path: str, *, fine: tuple[int, ...] = (), **words):
        """One call, tried again while the server is too busy to answer, which is started again where it ended.

        Raises FairviewError naming path and status.
        """
        import httpx

        said = "nothing"
        for patience in (1, 2, 4, 8, 16, 30, 60, 0):
            try:
                answer = self._client.request(method, path, **words)
            except httpx.TransportError:
                answer = None
                self._server.mend(self._tell)
            if answer is not None:
                if answer.is_success or answer.status_code in fine:
                    return answer
                said = str(answer.status_code)
                if answer.status_code < 500:
                    break
            time.sleep(patience)
        raise FairviewError(f"Airflow answered {said} to {method} {path}; see console/api-server.log")

    def make_pool(self, name: str, slots: int) -> None:
        """Make a pool, or leave the one that is there."""
        self.call("POST", "/pools", json={"name": name, "slots": slots, "include_deferred": False}, fine=(409,))

    def dag_ids(self) -> set[str]:
        """DAGs Airflow has read."""
        return {dag["dag_id"] for dag in self.call("GET", "/dags", params={"limit": 100}).json()["dags"]}

    def trigger(self, dag_id: str, conf: dict | None = None) -> str:
        """Start a run as a user would. Returns its id."""
        answer = self.call("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf or {}})
        return answer.json()["dag_run_id"]

    def _runs(self, *states: str) -> list[dict]:
        return self.call("GET", "/dags/~/dagRuns", params={"state": states, "limit": 100}).json()["dag_runs"]

    def active(self) -> list[tuple[str, str]]:
        """DAG and state of every run not finished."""
        return [(run["dag_id"], run["state"]) for run in self._runs("running", "queued")]

    def failed(self) -> list[tuple[str, str]]:
        """DAG and id of every run that failed."""
        return [(run["dag_id"], run["dag_run_id"]) for run in self._runs("failed")]


def _await_dags(api: Api, server: Server, wanted: set[str], tell: Tell) -> None:
    deadline = time.monotonic() + START_SECONDS
    while missing := wanted - api.dag_ids():
        server.mend(tell)
        if time.monotonic() > deadline:
            raise FairviewError(f"Airflow did not read the DAGs {', '.join(sorted(missing))}")
        time.sleep(1)


def _await_quiet(api: Api, server: Server, where: Places, tell: Tell, told: set) -> None:
    """Wait until no run is active and none follows, telling each ledger entry as it comes.

    A service held for a person is no reason to wait: its run stands until somebody answers or the time has passed.
    """
    quiet_since: float | None = None
    while quiet_since is None or time.monotonic() - quiet_since < _SETTLED_SECONDS:
        server.mend(tell)
        for entry in ledger.read(where):
            if entry["number"] not in told:
                told.add(entry["number"])
                if line := summary.line(entry):
                    tell("  " + line)
        waiting = {f"service__{service}" for service in summary.held(where)}
        if any(dag_id not in waiting for dag_id, _ in api.active()):
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        time.sleep(1)


def expected_dags(catalogue: Catalogue) -> set[str]:
    """Every DAG the declarations imply."""
    return (
        {f"delivery__{source}" for source in catalogue.sources}
        | {f"service__{card.service}" for card in catalogue.services}
        | {"people", "decide_link", "public_record", "reidentify", "upkeep__retention", "upkeep__ledger"}
    )


def run(catalogue: Catalogue, where: Places, folder: Path, tell: Tell, keep: bool = False, port: int = 8080) -> int:
    """Walk the deliveries under `folder` through a real Airflow. Returns the exit code of `fairview deliver`."""
    from fairview.intake import deliveries

    found = deliveries.find(folder)
    if not found:
        raise FairviewError(f"no delivery was found under {folder.name}/")
    inbox = inbox_of(where)
    first_entry = max((entry["number"] for entry in ledger.read(where)), default=0)
    told = set(range(1, first_entry + 1))
    shutil.rmtree(inbox, ignore_errors=True)
    inbox.mkdir(mode=0o700)
    try:
        with embedded(catalogue, where, port, tell) as server:
            api = Api(server, tell)
            api.make_pool("vault", 1)
            _await_dags(api, server, expected_dags(catalogue), tell)
            tell(f"Airflow is ready: {server.url} (user {USER}, password in {server.password_file})")
            for extract_date in dict.fromkeys(delivery.extract_date for delivery in found):
                of_date = [delivery for delivery in found if delivery.extract_date == extract_date]
                tell(f"{extract_date}: {len(of_date)} deliveries")
                for delivery in of_date:
                    shutil.copytree(delivery.folder, inbox / str(extract_date) / delivery.source, symlinks=True)
                for source in dict.fromkeys(delivery.source for delivery in of_date):
                    api.trigger(f"delivery__{source}")
                _await_quiet(api, server, where, tell, told)
            failed = api.failed()
            tell(summary.of_state(catalogue, where))
            for service in summary.held(where):
                tell(
                    f"Held for a person: service__{service}, under Required actions in Airflow (fairview run --keep, or"
                )
                tell(
                    f"  fairview up), or on a terminal: fairview holds; fairview approve {service} --by NAME --reason WHY"
                )
            for dag_id, run_id in failed:
                tell(f"Failed run: {dag_id} {run_id}")
            if keep:
                _keep(server, tell)
    finally:
        shutil.rmtree(inbox, ignore_errors=True)
    return summary.exit_code(where, since=first_entry, services=[card.service for card in catalogue.services])


def up(catalogue: Catalogue, where: Places, port: int, tell: Tell) -> int:
    """Start Airflow and leave it running until interrupted."""
    inbox_of(where).mkdir(exist_ok=True, mode=0o700)
    with embedded(catalogue, where, port, tell) as server:
        api = Api(server, tell)
        api.make_pool("vault", 1)
        _await_dags(api, server, expected_dags(catalogue), tell)
        tell(f"Deliveries are taken from {inbox_of(where)}")
        _keep(server, tell)
    return 0


def _keep(server: Server, tell: Tell) -> None:
    tell(f"Airflow is running at {server.url}")
    tell(f"Log in as {USER}; the password is in {server.password_file}")
    tell("Stop it with Ctrl-C.")
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    try:
        while not stopped:
            server.mend(tell)
            time.sleep(1)
    except KeyboardInterrupt:
        pass
