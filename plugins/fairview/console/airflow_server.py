"""A real Airflow (API servers, scheduler, DAG processor on SQLite) beside one state folder: its settings, its processes.

Knows: that a process of it which ends is started again, as a service manager would do; what runs goes on, since the tasks'
states are in the metadata database and every task can be run again. Refuses to know: what is run in it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError
from fairview.store.places import Places

Tell = Callable[[str], None]
USER = "admin"
START_SECONDS = 240.0  # an Airflow start takes 25 CPU-seconds on a quiet machine, several times that on a busy one
# Killed so often within one run is no accident.
_MOST_STARTS = 10
# Two API servers: a user's call notes itself in SQLite on the server's one event loop, and would wait there for a task's
# call whose commit needs that very loop. Apart, they only wait for one another's commit.
_COMPONENTS = {
    "scheduler": ("scheduler",),
    "dag-processor": ("dag-processor",),
    "execution-api": ("api-server", "--apps", "execution", "--port", "{execution}"),
    "api-server": ("api-server", "--apps", "core"),
}


@dataclass
class Server:
    """A running embedded Airflow."""

    url: str
    home: Path
    password_file: Path
    settings: dict[str, str] = field(repr=False)
    commands: dict[str, list[str]] = field(repr=False)
    processes: dict[str, subprocess.Popen] = field(default_factory=dict, repr=False)
    mended: Counter[str] = field(default_factory=Counter, repr=False)

    def start(self, component: str) -> None:
        """Start one process of it; what it says goes into its log, after what is there."""
        with (self.home / "console" / f"{component}.log").open("a") as out:
            self.processes[component] = subprocess.Popen(
                self.commands[component], env=self.settings, stdout=out, stderr=out, start_new_session=True
            )

    def ended(self) -> list[str]:
        """Names of the processes that have ended."""
        return [component for component, process in self.processes.items() if process.poll() is not None]

    def mend(self, tell: Tell) -> None:
        """Start again whatever has ended. Raises FairviewError for what ends again and again."""
        for component in self.ended():
            self.mended[component] += 1
            if self.mended[component] > _MOST_STARTS:
                raise FairviewError(f"Airflow's {component} ends again and again; see console/{component}.log")
            tell(f"Airflow's {component} ended; starting it again")
            _signal(
                self.processes[component], signal.SIGKILL
            )  # whatever it left behind: two schedulers' workers are one too many
            self.start(component)


def inbox_of(where: Places) -> Path:
    """The embedded inbox: beside the state folder, since what arrives is not yet encrypted."""
    return where.root.with_name(where.root.name + ".inbox")


def _free_ports(preferred: int) -> dict[str, int]:
    """A free port for every server, the preferred one or its neighbours where they are free."""
    found: dict[str, int] = {}
    for number, name in enumerate(("api", "execution", "log")):
        for port in (preferred + number if preferred else 0, 0):
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                if probe.getsockname()[1] not in found.values():
                    found[name] = probe.getsockname()[1]
                    break
    if len(found) < 3:
        raise FairviewError("no free port on this machine")
    return found


def environment(catalogue: Catalogue, where: Places, ports: dict[str, int]) -> dict[str, str]:
    """Airflow's settings for one state folder; secrets are named by file, never by value."""
    home = where.root / "airflow"
    home.mkdir(exist_ok=True, mode=0o700)
    secret = home / "api.secret"
    if not secret.exists():
        _write_private(secret, secrets.token_hex(32))
    password = home / "passwords.json"
    if not password.exists():
        _write_private(password, json.dumps({USER: secrets.token_urlsafe(12)}))
    read_secret = f"{sys.executable} -c 'print(open(\"{secret}\").read())'"
    settings = {
        "CORE__DAGS_FOLDER": catalogue.house / "dags",
        "CORE__PLUGINS_FOLDER": catalogue.house / "plugins",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # Airflow's own would ask the name service who this machine is
        # Several processes share the file: wait for one another rather than fail on a busy machine.
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": 4,
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{ports['execution']}/execution/",
        "CORE__SIMPLE_AUTH_MANAGERUSERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": password,
        "API__HOST": "127.0.0.1",
        "API__PORT": ports["api"],
        "API__WORKERS": 1,
        "API__BASE_URL": f"http://127.0.0.1:{ports['api']}",
        "API__SECRET_KEY_CMD": read_secret,
        "API_AUTH__JWT_SECRET_CMD": read_secret,
        "DAG_PROCESSOR__REFRESH_INTERVAL": 60,
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 60,
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": 2,
        # What a killed scheduler or task left behind is taken up within two minutes, not within ten.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": 30,
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": 90,
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": 10,
        "LOGGING__WORKER_LOG_SERVER_PORT": ports["log"],
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
    ports = _free_ports(port)
    settings = environment(catalogue, where, ports)
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
    base = settings["AIRFLOW__API__BASE_URL"]
    password_file = Path(settings["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    commands = {
        component: [airflow, *(word.format(**ports) for word in words)] for component, words in _COMPONENTS.items()
    }
    server = Server(base, home, password_file, settings, commands)
    try:
        for component in _COMPONENTS:
            (console / f"{component}.log").unlink(missing_ok=True)
            server.start(component)
        _await_health(server)
        yield server
    finally:
        _stop(list(server.processes.values()))


def _signal(process: subprocess.Popen, how: signal.Signals) -> None:
    """Signal a process and all it started, dead or alive."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, how)


def _stop(processes: list[subprocess.Popen]) -> None:
    for how, patience in ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0)):
        for process in processes:
            if process.poll() is None:
                _signal(process, how)
        deadline = time.monotonic() + patience
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            time.sleep(0.2)


def _await_health(server: Server) -> None:
    import httpx

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ended := server.ended():
            raise FairviewError(f"Airflow's {ended[0]} ended at once; see console/*.log in the state's airflow folder")
        try:
            health = httpx.get(f"{server.url}/api/v2/monitor/health", timeout=5).json()
            parts = (health.get("metadatabase") or {}, health.get("scheduler") or {}, health.get("dag_processor") or {})
            if all(part.get("status") == "healthy" for part in parts):
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(1)
    raise FairviewError(
        f"Airflow was not ready after {START_SECONDS:.0f} s; see console/*.log in the state's airflow folder"
    )
