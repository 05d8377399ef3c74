"""Nothing calls out: a walk from files to published marts, by terminal and by Airflow, without a network and watched.

Three watches, as many as the machine allows: a network namespace without a route (`unshare`, as root or with user
namespaces), in which the walk must still succeed; every `connect` and `sendto` of every process and thread (`strace`);
and, always, Python's own audit events for name look-ups and connections. Each watch is shown to see a call that is made.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fairview.store import ledger
from fairview.store.places import places

WATCH = """
import os, sys
def _watch(event, details):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        address = details[0] if event.startswith("socket.get") else details[1]
        host = address[0] if isinstance(address, tuple) else address
        if isinstance(address, tuple) or event.startswith("socket.get"):
            with open(os.environ["CALLS_OUT"], "a") as file:
                file.write(f"{event} {host}\\n")
sys.addaudithook(_watch)
"""
# 198.51.100.0/24 is a documentation range: nothing answers there (RFC 5737).
CALL = "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('198.51.100.7', 443))"
# Brings up the loopback of a new namespace, over which Airflow's processes talk, and becomes the command.
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as lo:
    fcntl.ioctl(lo, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
assert not [line for line in open("/proc/net/route").readlines()[1:] if line.strip()], "there is a route"
os.execv(sys.argv[1], sys.argv[1:])
"""
LOOPBACK = re.compile(r"(127\.[0-9.]+|::1|localhost|None|)")
ADDRESS = re.compile(r'(?:inet_addr\("|inet_pton\(AF_INET6?, ")([^"]+)"')


def namespace() -> list[str]:
    """The words that put a command into a network namespace without a route; none where that is not permitted."""
    unshare = shutil.which("unshare")
    for flags in (["-n"], ["-rn"]):
        if unshare and subprocess.run([unshare, *flags, "true"], capture_output=True, check=False).returncode == 0:
            return [unshare, *flags]
    return []


def tracer(log: Path) -> list[str]:
    """The words that note every connection of a command and its children; none where tracing is not permitted."""
    strace = shutil.which("strace")
    for quick in (["--seccomp-bpf"], []):  # other system calls then run untraced, at full speed
        words = [strace or "", "-f", *quick, "-qq", "-e", "trace=connect,sendto", "-e", "signal=none", "-o", str(log)]
        if strace and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return []


def watched(command: list[str], folder: Path, is_traced: bool = True) -> tuple[subprocess.CompletedProcess, list[str]]:
    """Run a command under every watch there is. Returns it, and the addresses other than loopback it called for."""
    hook = folder / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    audited, traced = folder / "audited.log", folder / "traced.log"
    environment = os.environ | {"PYTHONPATH": str(hook), "CALLS_OUT": str(audited)}
    done = subprocess.run(
        [*namespace(), *(tracer(traced) if is_traced else []), *command],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=900,
    )
    calls = [line.split(" ", 1)[1].strip() for line in _lines(audited)]
    calls += [address for line in _lines(traced) for address in ADDRESS.findall(line)]
    return done, [call for call in calls if not LOOPBACK.fullmatch(call)]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def test_the_watches_see_a_call_that_is_made(tmp_path):
    _, calls = watched([sys.executable, "-c", CALL], tmp_path)
    watches = 1 + bool(tracer(tmp_path / "tried.log"))
    assert calls == ["198.51.100.7"] * watches


def test_the_watches_see_a_call_of_a_child_process(tmp_path):
    spawn = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CALL!r}])"
    _, calls = watched([sys.executable, "-c", spawn], tmp_path)
    assert set(calls) == {"198.51.100.7"}


@pytest.fixture(scope="module")
def one_month(tmp_path_factory) -> Path:
    from fairview.demo.council import write_deliveries

    folder = tmp_path_factory.mktemp("deliveries") / "sent"
    write_deliveries(100, 3, 1, folder)
    return folder


def test_a_walk_from_files_to_published_marts_calls_nobody(one_month, tmp_path):
    state = tmp_path / "state"
    fairview = str(Path(sys.executable).with_name("fairview"))
    done, calls = watched([fairview, "deliver", str(one_month), "--state", str(state)], tmp_path)
    assert calls == []
    assert done.returncode in (0, 3), done.stderr[-2000:]  # a council of 100 may have nobody to list; a fault is 1
    assert (state / "ledger" / "ledger.jsonl").exists()
    assert (state / "public" / "record.html").exists()


@pytest.mark.skipif(not namespace(), reason="a network namespace is not permitted here")
def test_a_real_airflow_walks_a_month_to_published_marts_with_no_route_but_loopback(one_month, tmp_path):
    state = tmp_path / "state"
    fairview = str(Path(sys.executable).with_name("fairview"))
    command = [sys.executable, "-c", LOOPBACK_UP, fairview, "run", str(one_month), "--state", str(state)]
    done, calls = watched(command, tmp_path, is_traced=False)
    assert calls == []
    assert done.returncode in (0, 3), (done.stdout + done.stderr)[-2000:]
    kinds = [entry["kind"] for entry in ledger.read(places(state))]
    assert kinds.count("delivery") == 7
    assert {"links", "verdict", "publication"} <= set(kinds), done.stdout[-2000:]
    assert (state / "public" / "record.html").exists()
    assert "Failed run" not in done.stdout
