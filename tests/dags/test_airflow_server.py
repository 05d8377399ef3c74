"""A process of the embedded Airflow that ends is started again, with nothing of the old one left; not for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from fairview.console.airflow_server import Server
from fairview.errors import FairviewError


@pytest.fixture
def server(tmp_path):
    (tmp_path / "console").mkdir()
    # A parent with a child of its own, as the scheduler has workers.
    command = ["sh", "-c", f"sleep 300 & echo $! > {tmp_path / 'child'}; wait"]
    made = Server("http://127.0.0.1:1", tmp_path, tmp_path / "passwords", dict(os.environ), {"scheduler": command})
    made.start("scheduler")
    yield made
    for process in made.processes.values():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def child_of(server: Server) -> int:
    deadline = time.monotonic() + 20
    while not (told := (server.home / "child").read_text() if (server.home / "child").exists() else ""):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(told)


def lives(process: int) -> bool:
    status = Path(f"/proc/{process}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def kill(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()


def test_what_was_killed_is_started_again_and_what_it_left_behind_is_ended(server):
    worker, told = child_of(server), []
    server.mend(told.append)
    assert told == []
    kill(server.processes["scheduler"])
    assert lives(worker)
    server.mend(told.append)
    assert told == ["Airflow's scheduler ended; starting it again"]
    assert server.ended() == []
    deadline = time.monotonic() + 20
    while lives(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not lives(worker)


def test_what_ends_again_and_again_is_said_and_not_started_for_ever(server):
    with pytest.raises(FairviewError, match=r"ends again and again; see console/scheduler\.log"):
        for _ in range(20):
            kill(server.processes["scheduler"])
            server.mend(lambda line: None)
