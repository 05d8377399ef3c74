"""A real Airflow, and what may happen to it: each of its processes killed while it works, its metadata lost or last week's.

The small house of the enumeration runs under it: a delivery arrives and everything follows, from the door to what is
published and the public record. Afterwards the same invariants must hold, and one plain re-run must change nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import live_airflow
from tests.faults.enumerate_faults import Bench
from tests.faults.house import SERVICE, months
from tests.live_airflow import Live

from fairview.console.airflow_server import inbox_of
from fairview.contracts.catalogue import HOUSE, Catalogue, catalogue
from fairview.store import ledger
from fairview.store.places import Places, places

SOURCE = "corporate"
DELIVERY, SERVE = f"delivery__{SOURCE}", f"service__{SERVICE}"

Strike = Callable[[Live, str], None]


def _component(name: str) -> Strike:
    def strike(live: Live, task: str) -> None:
        live.server.processes[name].send_signal(signal.SIGKILL)
        live.server.processes[name].wait()

    return strike


def _task_process(live: Live, task: str) -> None:
    """Kill the process that runs a task, as the kernel does when memory is short."""
    dag_id, task_id = task.split(".")
    rows = live.call("GET", f"/dags/{dag_id}/dagRuns/~/taskInstances", params={"state": "running"})["task_instances"]
    os.kill(next(row["pid"] for row in rows if row["task_id"] == task_id), signal.SIGKILL)


# What is killed, and while which task is at work; each at another place of the chain.
STRIKES: tuple[tuple[str, Strike, str], ...] = (
    ("the scheduler and its workers", _component("scheduler"), "people.link_people"),
    ("the DAG processor", _component("dag-processor"), "people.build_warehouse"),
    ("the API server", _component("api-server"), f"{SERVE}.judge"),
    ("the tasks' API server", _component("execution-api"), f"{SERVE}.build_candidate"),
    ("the process of the task at the door", _task_process, f"{DELIVERY}.receive"),
    ("the process of the task that links", _task_process, "people.link_people"),
    ("the process of the task that builds", _task_process, f"{SERVE}.build_candidate"),
    ("the process of the gate", _task_process, f"{SERVE}.judge"),
)


def _whole_house(bench: Bench) -> Catalogue:
    """The small house with what Airflow reads besides: DAG files, contracts, linking rules, the package."""
    folder = bench.base / "live-house"
    if not folder.exists():
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "services", "gate")
        for part in ("dags", "plugins"):
            shutil.copytree(HOUSE / part, folder / part, ignore=ignored)
        for part in ("dags", "dbt_project", "expectations"):
            shutil.copytree(bench.declared.house / part, folder / part, dirs_exist_ok=True)
        gate = folder / "plugins" / "fairview" / "gate"
        shutil.copytree(HOUSE / "plugins" / "fairview" / "gate", gate, ignore=ignored)
        for card in bench.declared.services:
            path = folder / "dags" / "services" / f"{card.service}.yml"
            text = re.sub(
                r"^feeds: .*$", f"feeds: [{', '.join(card.feeds)}]", path.read_text(encoding="utf-8"), flags=re.M
            )
            path.write_text(text, encoding="utf-8")
    return catalogue(folder)


@contextmanager
def _surroundings(house: Path) -> Iterator[None]:
    """Airflow's processes work from the small house, and without the shim."""
    before = dict(os.environ)
    os.environ["PYTHONPATH"] = str(house / "plugins")
    os.environ.pop("LD_PRELOAD", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _lay_down(bench: Bench, point: Path) -> Places:
    """The state before the month's last delivery, and the delivery in the inbox; Airflow's own folder is left as it is."""
    for name in ("state", "state.keys"):
        (point / name).mkdir(parents=True, exist_ok=True)
        for path in (point / name).iterdir():
            if path.name != "airflow":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (bench.base / "stage" / name).iterdir():
            to = point / name / path.name
            shutil.copytree(path, to, symlinks=True) if path.is_dir() else shutil.copy2(path, to)
    where = places(point / "state")
    delivery = next(one for one in months(bench.base / "deliveries")[1] if one.source == SOURCE)
    inbox = inbox_of(where)
    shutil.rmtree(inbox, ignore_errors=True)
    shutil.copytree(delivery.folder, inbox / str(delivery.extract_date) / SOURCE)
    return where


def _at_work(live: Live, task: str) -> bool:
    dag_id, task_id = task.split(".")
    rows = live.call("GET", f"/dags/{dag_id}/dagRuns/~/taskInstances", params={"state": "running"})["task_instances"]
    return any(row["task_id"] == task_id and row["pid"] for row in rows)


def _quiet(live: Live) -> None:
    """Wait until nothing runs and nothing follows."""
    since: list[float] = []

    def over() -> bool:
        if live.api.active():
            since.clear()
            return False
        since.append(time.monotonic())
        return since[-1] - since[0] > 8

    live.until("quiet", over)


def _publications(where: Places) -> int:
    return sum(1 for _ in ledger.read(where, "publication"))


def _again(live: Live, point: Path) -> list[str]:
    """One plain re-run: what failed is started once more, then what every morning runs; nothing may come twice."""
    where = places(point / "state")
    broken = []
    failed = {dag_id for dag_id, _ in live.api.failed()}
    for dag_id in (DELIVERY, "people", *(failed & {SERVE})):
        live.api.trigger(dag_id)
        _quiet(live)
    arrived = [entry["delivery_id"] for entry in ledger.read(where, "delivery")]
    if len(arrived) != len(set(arrived)):
        broken.append("a delivery was taken twice")
    return broken


def processes_killed(bench: Bench) -> tuple[int, list[str]]:
    """Every process of a real Airflow is killed while a task is at work."""
    broken: list[str] = []
    point, declared = bench.base / "live-kills", _whole_house(bench)
    where = _lay_down(bench, point)
    with _surroundings(declared.house), live_airflow.running(declared, where) as live:
        for what, strike, task in STRIKES:
            _lay_down(bench, point)
            before = _publications(where)
            live.api.trigger(DELIVERY)
            live.until(f"{task} at work", lambda task=task: _at_work(live, task), pause=0.2)
            strike(live, task)
            _quiet(live)
            faults = [] if _publications(where) == before + 1 else ["nothing, or more than once, was published"]
            faults += _again(live, point)
            faults += bench.settled(point, "publish", "publication")
            broken += [f"{what} killed during {task}: {fault}" for fault in faults]
            for dag_id, run in live.api.failed():
                live.api.call("DELETE", f"/dags/{dag_id}/dagRuns/{run}")
    return len(STRIKES), broken


def metadata_lost(bench: Bench) -> tuple[int, list[str]]:
    """Airflow's metadata database is gone: after everything was done, and with all processes in the middle of linking."""
    broken: list[str] = []
    declared = _whole_house(bench)
    for moment in ("after the run", "in the middle of linking"):
        point = bench.base / f"live-lost-{moment.replace(' ', '-')}"
        where = _lay_down(bench, point)
        with _surroundings(declared.house):
            with live_airflow.running(declared, where) as live:
                live.api.trigger(DELIVERY)
                if moment == "after the run":
                    _quiet(live)
                else:
                    live.until("linking", lambda live=live: _at_work(live, "people.link_people"), pause=0.2)
                    for process in live.server.processes.values():
                        os.killpg(process.pid, signal.SIGKILL)
                        process.wait()
            for path in (point / "state" / "airflow").glob("airflow.db*"):
                path.unlink()
            with live_airflow.running(declared, where) as live:
                live.api.trigger(DELIVERY)
                _quiet(live)
                faults = _again(live, point)
        faults += bench.settled(point, "publish", "publication")
        broken += [f"lost {moment}: {fault}" for fault in faults]
    return 2, broken


def metadata_of_last_week(bench: Bench) -> tuple[int, list[str]]:
    """The metadata database of before the delivery is put back after it was published: nothing is taken or published twice."""
    point, declared = bench.base / "live-restored", _whole_house(bench)
    where = _lay_down(bench, point)
    database, kept = point / "state" / "airflow" / "airflow.db", point / "last-week.db"
    with _surroundings(declared.house):
        with live_airflow.running(declared, where) as live:
            live.api.trigger("upkeep__ledger")
            _quiet(live)
        shutil.copy2(database, kept)
        with live_airflow.running(declared, where) as live:
            live.api.trigger(DELIVERY)
            _quiet(live)
        for path in database.parent.glob("airflow.db*"):
            path.unlink()
        shutil.move(kept, database)
        before = _publications(where)
        with live_airflow.running(declared, where) as live:
            live.api.trigger(DELIVERY)
            _quiet(live)
            broken = _again(live, point)
    if _publications(where) != before:
        broken.append("it was published once more")
    return 1, broken + bench.settled(point, "publish", "publication")
