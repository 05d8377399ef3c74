"""Starts a real Airflow (API server, scheduler, DAG processor on SQLite) beside one state folder, and walks deliveries through it.

No shortcut past Airflow: deliveries are laid into the inbox one extract date after another, the delivery DAGs are
triggered over the REST API as a user would, and assets and the scheduler do the rest.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fairview.console import summary
from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError
from fairview.store import ledger
from fairview.store.places import Places

Tell = Callable[[str], None]
_USER = "admin"
_START_SECONDS = 240.0  # an Airflow start takes 25 CPU-seconds on a quiet machine, several times that on a busy one
_SETTLED_SECONDS = (
    8.0  # the scheduler looks for asset events about every second; this long without work means none is left
)
_COMPONENTS = ("scheduler", "dag-processor", "api-server")


@dataclass(frozen=True)
class Server:
    """A running embedded Airflow."""

    url: str
    home: Path
    password_file: Path


def inbox_of(where: Places) -> Path:
    """The embedded inbox: beside the state folder, since what arrives is not yet encrypted."""
    return where.root.with_name(where.root.name + ".inbox")


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise FairviewError("no free port on this machine")


def environment(catalogue: Catalogue, where: Places, port: int) -> dict[str, str]:
    """Airflow's settings for one state folder; secrets are named by file, never by value."""
    home = where.root / "airflow"
    home.mkdir(exist_ok=True, mode=0o700)
    secret = home / "api.secret"
    if not secret.exists():
        _write_private(secret, secrets.token_hex(32))
    password = home / "passwords.json"
    if not password.exists():
        _write_private(password, json.dumps({_USER: secrets.token_urlsafe(12)}))
    read_secret = f"{sys.executable} -c 'print(open(\"{secret}\").read())'"
    settings = {
        "CORE__DAGS_FOLDER": catalogue.house / "dags",
        "CORE__PLUGINS_FOLDER": catalogue.house / "plugins",
        "CORE__LOAD_EXAMPLES": False,
        # Several processes share the file: wait for one another rather than fail on a busy machine.
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": 4,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{_USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": password,
        "API__HOST": "127.0.0.1",
        "API__PORT": port,
        "API__WORKERS": 1,
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__SECRET_KEY_CMD": read_secret,
        "API_AUTH__JWT_SECRET_CMD": read_secret,
        "DAG_PROCESSOR__REFRESH_INTERVAL": 60,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 60,
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": 2,
        "LOGGING__BASE_LOG_FOLDER": home / "logs",
        "USAGE_DATA_COLLECTION__ENABLED": False,
    }
    own = {f"AIRFLOW__{name}": str(value) for name, value in settings.items()}
    own |= {"AIRFLOW_HOME": str(home), "FAIRVIEW_STATE": str(where.root), "FAIRVIEW_KEYS": str(where.keys)}
    own |= {"FAIRVIEW_INBOX": str(inbox_of(where)), "DO_NOT_TRACK": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    return inherited | own


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def embedded(catalogue: Catalogue, where: Places, port: int, tell: Tell) -> Iterator[Server]:
    """A running Airflow for the length of the block; every process it started is gone afterwards."""
    chosen = _free_port(port)
    settings = environment(catalogue, where, chosen)
    home = Path(settings["AIRFLOW_HOME"])
    airflow = str(Path(sys.executable).with_name("airflow"))
    tell("Starting Airflow (the first start makes its metadata database) …")
    console = home / "console"
    console.mkdir(exist_ok=True, mode=0o700)
    with (console / "migrate.log").open("w") as out:
        if subprocess.run([airflow, "db", "migrate"], env=settings, stdout=out, stderr=out, check=False).returncode:
            raise FairviewError(
                f"Airflow's metadata database could not be made; see {console.name}/migrate.log in the state's airflow folder"
            )
    processes = []
    try:
        for component in _COMPONENTS:
            with (console / f"{component}.log").open("w") as out:
                processes.append(
                    subprocess.Popen([airflow, component], env=settings, stdout=out, stderr=out, start_new_session=True)
                )
        server = Server(
            settings["AIRFLOW__API__BASE_URL"],
            home,
            Path(settings["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]),
        )
        _await_health(server, processes)
        yield server
    finally:
        _stop(processes)


def _stop(processes: list[subprocess.Popen]) -> None:
    for how, patience in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0)):
        for process in processes:
            if process.poll() is None:
                try:
                    os.killpg(process.pid, how)
                except ProcessLookupError:
                    continue
        deadline = time.monotonic() + patience
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            time.sleep(0.2)


def _await_health(server: Server, processes: list[subprocess.Popen]) -> None:
    import httpx

    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in processes):
            raise FairviewError("an Airflow process ended at once; see console/*.log in the state's airflow folder")
        try:
            health = httpx.get(f"{server.url}/api/v2/monitor/health", timeout=5).json()
            parts = (health.get("metadatabase") or {}, health.get("scheduler") or {}, health.get("dag_processor") or {})
            if all(part.get("status") == "healthy" for part in parts):
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(1)
    raise FairviewError(
        f"Airflow was not ready after {_START_SECONDS:.0f} s; see console/*.log in the state's airflow folder"
    )


class Api:
    """The few calls of Airflow's REST API that a run needs."""

    def __init__(self, server: Server) -> None:
        import httpx

        password = json.loads(server.password_file.read_text(encoding="utf-8"))[_USER]
        token = httpx.post(f"{server.url}/auth/token", json={"username": _USER, "password": password}, timeout=30)
        token.raise_for_status()
        headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
        self._client = httpx.Client(base_url=f"{server.url}/api/v2", headers=headers, timeout=60)

    def _call(self, method: str, path: str, *, fine: tuple[int, ...] = (), **words):
        """One call, tried again while the server is too busy to answer. Raises FairviewError naming path and status."""
        for patience in (1, 2, 4, 8, 16, 0):
            answer = self._client.request(method, path, **words)
            if answer.is_success or answer.status_code in fine:
                return answer
            if answer.status_code < 500 or not patience:
                break
            time.sleep(patience)
        raise FairviewError(f"Airflow answered {answer.status_code} to {method} {path}; see console/api-server.log")

    def make_pool(self, name: str, slots: int) -> None:
        """Make a pool, or leave the one that is there."""
        self._call("POST", "/pools", json={"name": name, "slots": slots, "include_deferred": False}, fine=(409,))

    def dag_ids(self) -> set[str]:
        """DAGs Airflow has read."""
        return {dag["dag_id"] for dag in self._call("GET", "/dags", params={"limit": 100}).json()["dags"]}

    def trigger(self, dag_id: str, conf: dict | None = None) -> str:
        """Start a run as a user would. Returns its id."""
        answer = self._call("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf or {}})
        return answer.json()["dag_run_id"]

    def _runs(self, *states: str) -> list[dict]:
        return self._call("GET", "/dags/~/dagRuns", params={"state": states, "limit": 100}).json()["dag_runs"]

    def active(self) -> list[tuple[str, str]]:
        """DAG and state of every run not finished."""
        return [(run["dag_id"], run["state"]) for run in self._runs("running", "queued")]

    def failed(self) -> list[tuple[str, str]]:
        """DAG and id of every run that failed."""
        return [(run["dag_id"], run["dag_run_id"]) for run in self._runs("failed")]


def _await_dags(api: Api, wanted: set[str]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while missing := wanted - api.dag_ids():
        if time.monotonic() > deadline:
            raise FairviewError(f"Airflow did not read the DAGs {', '.join(sorted(missing))}")
        time.sleep(1)


def _await_quiet(api: Api, where: Places, tell: Tell, told: set) -> None:
    """Wait until no run is active and none follows, telling each ledger entry as it comes.

    A service held for a person is no reason to wait: its run stands until somebody answers or the time has passed.
    """
    quiet_since: float | None = None
    while quiet_since is None or time.monotonic() - quiet_since < _SETTLED_SECONDS:
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
            api = Api(server)
            api.make_pool("vault", 1)
            _await_dags(api, expected_dags(catalogue))
            tell(f"Airflow is ready: {server.url} (user {_USER}, password in {server.password_file})")
            for extract_date in dict.fromkeys(delivery.extract_date for delivery in found):
                of_date = [delivery for delivery in found if delivery.extract_date == extract_date]
                tell(f"{extract_date}: {len(of_date)} deliveries")
                for delivery in of_date:
                    shutil.copytree(delivery.folder, inbox / str(extract_date) / delivery.source, symlinks=True)
                for source in dict.fromkeys(delivery.source for delivery in of_date):
                    api.trigger(f"delivery__{source}")
                _await_quiet(api, where, tell, told)
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
        api = Api(server)
        api.make_pool("vault", 1)
        _await_dags(api, expected_dags(catalogue))
        tell(f"Deliveries are taken from {inbox_of(where)}")
        _keep(server, tell)
    return 0


def _keep(server: Server, tell: Tell) -> None:
    tell(f"Airflow is running at {server.url}")
    tell(f"Log in as {_USER}; the password is in {server.password_file}")
    tell("Stop it with Ctrl-C.")
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    try:
        while not stopped:
            time.sleep(1)
    except KeyboardInterrupt:
        pass
