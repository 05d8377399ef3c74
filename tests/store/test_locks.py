"""One writer per zone, shown with real processes: killed, stopped, come back, and readers who notice none of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from tests.store.test_generations import built, published_rows

from fairview.errors import StoreError
from fairview.store import generations, ledger, locks, turns

ZONE = "informed_debt"
AT = datetime(2026, 10, 31, tzinfo=UTC)
# Says "in" once it holds the zone; then waits to be told to go on, switches to the candidate named, and says how it went.
WRITER = """
import sys
from pathlib import Path
from fairview.errors import FairviewError
from fairview.store import generations, locks
from fairview.store.places import places
locks.BEAT_SECONDS = 0.05
where, zone, candidate = places(sys.argv[1]), sys.argv[2], sys.argv[3]
try:
    with locks.hold(where, zone, "publishing"):
        print("in", flush=True)
        sys.stdin.readline()
        if candidate:
            generations.switch(where, generations.Generation(zone, where.zone(zone) / candidate))
        print("switched", flush=True)
except FairviewError as error:
    print(type(error).__name__, error, flush=True)
"""


@contextmanager
def writer(where, candidate: str = "", code: str = WRITER):
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(where.root), ZONE, candidate],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "in\n"
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(locks, "SILENT_SECONDS", 0.6)


def sealed(where, keyring, rows: int):
    candidate = built(where, keyring, rows)
    generations.seal(candidate, {})
    return candidate


def test_a_second_writer_waits_and_then_gives_up_saying_who_holds_the_zone_and_since_when(where):
    with writer(where) as other, pytest.raises(StoreError) as told, locks.hold(where, ZONE, wait_seconds=0.2):
        pass
    since = locks.last_holder(where, ZONE).since
    assert f"{ZONE} is being written by another run: process {other.pid} on" in str(told.value)
    assert f"(publishing) since {since}" in str(told.value)


def test_who_waits_is_told_in_the_log_and_who_asks_by_a_command(where, caplog):
    from fairview.console.commands import cli

    asked = ["writers", "--state", str(where.root), "--json"]
    with writer(where) as other:
        with pytest.raises(StoreError), locks.hold(where, ZONE, wait_seconds=0.2):
            pass
        assert f"process {other.pid}" in caplog.text
        assert "waiting for it" in caplog.text
        (row,) = json.loads(CliRunner().invoke(cli, asked).output)
        assert (row["zone"], row["process"], row["doing"]) == (ZONE, other.pid, "publishing")
    assert json.loads(CliRunner().invoke(cli, asked).output) == []


def test_a_killed_writer_lets_go_at_once_and_the_token_grows(where):
    with writer(where) as other:
        before = locks.token_in_force(where, ZONE)
        other.send_signal(signal.SIGKILL)
        other.wait()
        began = time.monotonic()
        with locks.hold(where, ZONE) as token:
            assert token == before + 1
    assert time.monotonic() - began < 1


def test_a_zombie_that_comes_back_after_its_replacement_is_refused_at_the_switch(where, keyring, impatient):
    old = sealed(where, keyring, 3)
    generations.switch(where, old)
    late = sealed(where, keyring, 4)
    with writer(where, late.name) as zombie:
        zombie.send_signal(signal.SIGSTOP)
        with locks.hold(where, ZONE, "publishing instead"):  # takes over: the zombie gives no sign of life
            new = sealed(where, keyring, 5)
            generations.switch(where, new)
        zombie.send_signal(signal.SIGCONT)
        answer = zombie.communicate("go on\n", timeout=20)[0]
    assert answer.startswith("Overtaken informed_debt: this run was silent for too long")
    assert generations.current(where, ZONE).name == new.name
    assert published_rows(where, keyring) == 5


def test_a_zombie_that_comes_back_sweeps_nothing_of_its_replacements_and_withdraws_nothing(where, keyring, impatient):
    code = WRITER.replace("generations.switch(where, generations.Generation(zone, where.zone(zone) / candidate))",
                          "getattr(generations, candidate)(where, zone)")  # fmt: skip
    for verb in ("sweep", "withdraw"):
        with writer(where, verb, code) as zombie:
            zombie.send_signal(signal.SIGSTOP)
            with locks.hold(where, ZONE):
                new = sealed(where, keyring, 5)
                generations.switch(where, new)
                waiting = built(where, keyring, 6)
                zombie.send_signal(signal.SIGCONT)
                assert zombie.communicate("go on\n", timeout=20)[0].startswith("Overtaken")
        assert generations.current(where, ZONE).name == new.name
        assert waiting.path.is_dir()


def test_a_writer_that_is_only_slow_is_not_taken_over(where, impatient):
    refused = pytest.raises(StoreError, match="being written by another run")
    with writer(where), refused, locks.hold(where, ZONE, wait_seconds=2.0):
        pass


def test_a_writer_stopped_in_the_very_instant_of_its_switch_is_named_not_overtaken(where, impatient):
    code = WRITER.replace('locks.hold(where, zone, "publishing")', 'locks.fenced(where, zone, "publishing")')
    with writer(where, "", code) as other:
        other.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreError, match=f"process {other.pid}"), locks.hold(where, ZONE, wait_seconds=1.5):
            pass
        other.kill()
        other.wait()
        with locks.hold(where, ZONE, wait_seconds=1.0) as token:
            assert token == 2


def test_who_is_stopped_within_an_entry_of_the_ledger_is_waited_for_and_then_said_and_once_it_is_gone_all_goes_on(
    where, monkeypatch
):
    monkeypatch.setattr(turns, "MOST_SECONDS", 0.3)
    code = 'import fcntl, sys; file = open(sys.argv[1], "ab"); fcntl.flock(file, fcntl.LOCK_EX); print("in", flush=True); sys.stdin.read()'
    command = [sys.executable, "-c", code, str(where.ledger / "ledger.jsonl")]
    words = "a run was stopped in the instant of its entry in the ledger; end that process and run again"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        other.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreError, match=words):
            ledger.append(where, "delivery", AT, received=1)
        other.kill()
    assert ledger.append(where, "delivery", AT, received=1)["number"] == 1


def test_scratch_folders_made_and_swept_by_many_processes_at_once_stay_as_long_as_they_are_held(where):
    code = """
import sys
from pathlib import Path
from fairview.store import scratch
from fairview.store.places import places
for number in range(150):
    with scratch.folder(places(sys.argv[1]), "busy") as path:
        (path / "kept").write_text(str(number))
        scratch.sweep(places(sys.argv[1]))
        assert (path / "kept").read_text() == str(number)
"""
    started = [subprocess.Popen([sys.executable, "-c", code, str(where.root)]) for _ in range(4)]
    assert [process.wait(timeout=120) for process in started] == [0, 0, 0, 0]
    assert list((where.work / "scratch").iterdir()) == []


def test_tokens_of_many_processes_at_once_are_all_different_and_grow(where):
    code = """
import sys
from fairview.store import locks
from fairview.store.places import places
for _ in range(20):
    with locks.hold(places(sys.argv[1]), "vault") as token:
        print(token)
"""
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(where.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    tokens = [[int(line) for line in process.communicate(timeout=60)[0].split()] for process in started]
    assert all(own == sorted(own) for own in tokens)
    assert sorted(token for own in tokens for token in own) == list(range(1, 61))


def test_a_lock_is_lent_again_to_who_holds_it_and_not_to_another_thread(where):
    with locks.hold(where, "vault") as token, locks.hold(where, "vault") as again:
        assert again == token
        refused = []

        def other():
            try:
                with locks.hold(where, "vault", wait_seconds=0.1):
                    pass
            except StoreError as error:
                refused.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert refused


def test_readers_are_never_blocked_by_a_writer_and_never_block_one(where, keyring):
    generations.switch(where, sealed(where, keyring, 3))
    second = sealed(where, keyring, 5)
    reader = subprocess.Popen(
        [sys.executable, "-c", "import sys; open(sys.argv[1], 'rb'); sys.stdin.read()", str(generations.current(where, ZONE).database)],
        stdin=subprocess.PIPE,
    )  # fmt: skip
    try:
        with writer(where, second.name) as other:
            began = time.monotonic()
            assert published_rows(where, keyring) == 3  # while another process holds the zone
            assert time.monotonic() - began < 2
            assert other.communicate("go on\n", timeout=20)[0] == "switched\n"  # while readers are in
        assert published_rows(where, keyring) == 5
    finally:
        reader.stdin.close()
        reader.wait()


def test_a_vault_that_is_being_written_is_waited_for_by_readers_not_failed_on(where, keyring):
    from fairview.store import opening

    with opening.vault(where, keyring) as con:
        con.execute("CREATE TABLE anything AS SELECT 7 AS n")
    code = """
import os, sys, time
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import places
where = places(sys.argv[1])
with opening.vault(where, Keyring.load(where)) as con:
    print("in", flush=True)
    time.sleep(1)
"""
    with writer(where, "", code), opening.vault(where, keyring, read_only=True) as con:
        assert con.execute("SELECT n FROM anything").fetchall() == [(7,)]


def test_a_killed_process_leaves_no_scratch_for_longer_than_to_the_next_run(where):
    from fairview.store import scratch

    code = """
import sys
from fairview.store import scratch
from fairview.store.places import places
with scratch.folder(places(sys.argv[1]), "dbt") as folder:
    (folder / "compiled.sql").write_text("select 1")
    print("in", flush=True)
    sys.stdin.readline()
"""
    with writer(where, "", code) as other:
        assert scratch.sweep(where) == []  # still at work
        other.send_signal(signal.SIGKILL)
        other.wait()
        with scratch.folder(where, "dbt") as mine:
            assert list((where.work / "scratch").iterdir()) == [mine]
    assert list((where.work / "scratch").iterdir()) == []
