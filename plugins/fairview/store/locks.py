"""One writer per zone: a lock that dies with its holder, a token that tells who came later, a fence at the switch.

A zone is `vault`, `warehouse` or a service. Its lock is the operating system's (`flock`), so a killed writer lets go at
once. A writer that is stopped but not dead keeps the lock and gives no sign of life; after `SILENT_SECONDS` the next
takes the lock over with a higher token, and whoever comes back with the old one is refused where it would change what
others read: every such change is made inside `fenced`. Readers take no lock, wait for none and hold nobody up.

Airflow's pool of one slot says the same, but a manual, a scheduled and a zombie run can meet outside it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from fairview.errors import StoreError
from fairview.store import turns
from fairview.store.places import Places

log = logging.getLogger(__name__)

# A holder gives a sign of life this often; one that is silent for so much longer than a busy machine pauses a process
# is taken to be stopped. Too low costs a live run its work (it is refused, nothing is torn); too high keeps the next
# waiting. Set by data engineering, 2026-11-26; parent: Airflow's own task heartbeat and its timeout, 5 s and 300 s.
BEAT_SECONDS = 5.0
SILENT_SECONDS = 60.0
_TELL_AGAIN_SECONDS = 30.0
_TRY_AGAIN_SECONDS = 0.1


class Overtaken(StoreError):
    """This writer was silent for so long that another took its zone over; it may change nothing there any more."""


@dataclass(frozen=True)
class Holder:
    """Who writes a zone, or wrote it last: a process, what it does, and since when (UTC)."""

    zone: str
    token: int
    serial: str
    process: int
    host: str
    doing: str
    since: str

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} ({self.doing}) since {self.since}"


_held: ContextVar[dict[tuple[Path, str], Holder] | None] = ContextVar("held", default=None)
_introduced = ""


def introduce(words: str) -> None:
    """Say on whose behalf this process writes (a DAG run, a command), for whoever has to wait for it."""
    global _introduced
    _introduced = words


@contextmanager
def hold(places: Places, zone: str, doing: str = "writing", wait_seconds: float = 600.0) -> Iterator[int]:
    """Hold a zone's lock; yields a fencing token that only ever grows. Held already by this caller, it is lent again.

    Whoever waits is told in the log who holds it and since when. Raises StoreError when another holder has neither let
    go nor fallen silent within `wait_seconds`.
    """
    mine = dict(_held.get() or {})
    if (places.root, zone) in mine:
        yield mine[places.root, zone].token
        return
    lock, holder = _acquire(places, zone, f"{doing}, {_introduced}" if _introduced else doing, wait_seconds)
    context = _held.set({**mine, (places.root, zone): holder})
    ended = threading.Event()
    threading.Thread(target=_beat, args=(places, holder, ended), daemon=True).start()
    try:
        yield holder.token
    finally:
        ended.set()
        _held.reset(context)
        lock.close()


@contextmanager
def fenced(places: Places, zone: str, doing: str = "writing") -> Iterator[None]:
    """Inside, nobody can overtake this writer: for the few instants in which it changes what others read.

    Takes the zone's lock where the caller does not hold it. Raises Overtaken when another has taken it over.
    """
    with hold(places, zone, doing), _fence(places, zone):
        mine, last = (_held.get() or {})[places.root, zone], last_holder(places, zone)
        if last is None or last.serial != mine.serial:
            by = f" by {last}" if last else ""
            raise Overtaken(f"{zone}: this run was silent for too long and was overtaken{by}; it changes nothing")
        yield


def token_in_force(places: Places, zone: str) -> int:
    """The newest fencing token handed out for a zone; a holder with an older one has been overtaken."""
    last = last_holder(places, zone)
    return last.token if last else 0


def last_holder(places: Places, zone: str) -> Holder | None:
    """Who holds a zone, or held it last; None before the first."""
    try:
        return Holder(**json.loads(_file(places, zone, "json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def holders(places: Places) -> list[Holder]:
    """Who writes just now, one per zone that is held. Waits for nobody."""
    found = []
    for path in sorted(_folder(places).glob("*.lock")):
        with path.open("rb") as file:
            if not turns.try_to_take(file, fcntl.LOCK_SH) and (holder := last_holder(places, path.stem)):
                found.append(holder)
    return found


def describe(holder: Holder) -> dict[str, str | int]:
    """A holder as a row for a table or JSON."""
    return {name: value for name, value in asdict(holder).items() if name != "serial"}


def _folder(places: Places) -> Path:
    folder = places.work / "locks"
    if not folder.is_dir():
        folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _file(places: Places, zone: str, kind: str) -> Path:
    return _folder(places) / f"{zone}.{kind}"


def _acquire(places: Places, zone: str, doing: str, wait_seconds: float) -> tuple[IO, Holder]:
    path, began, told = _file(places, zone, "lock"), time.monotonic(), None
    sign, seen_at = None, began
    while True:
        file = path.open("ab")
        # Whoever took the zone over put a new file in the place of the one a stopped process still locks.
        if turns.try_to_take(file) and turns.is_at(file, path):
            with _closing_on_error(file), _fence(places, zone):
                return file, _sign(places, zone, doing)
        file.close()
        now = time.monotonic()
        if (latest := _sign_of_life(places, zone)) != sign:
            sign, seen_at = latest, now
        if now - seen_at >= SILENT_SECONDS and (taken := _take_over(places, zone, doing, sign)):
            return taken
        holder = last_holder(places, zone)
        if now - began >= wait_seconds:
            raise StoreError(
                f"{zone} is being written by another run: {holder}; waited {wait_seconds:.0f} s{_stopped(places, zone)}"
            )
        if told is None or now - told >= _TELL_AGAIN_SECONDS:
            told = now
            log.warning("%s is being written by another run: %s; waiting for it", zone, holder)
        time.sleep(_TRY_AGAIN_SECONDS)


def _stopped(places: Places, zone: str) -> str:
    """What to add where the zone's fence, held for instants only, is held at the end of a long wait: nobody can overtake there."""
    with _file(places, zone, "fence").open("ab") as fence:
        if turns.try_to_take(fence):
            return ""
    return "; a run was stopped in the instant of taking or switching it; end that process and run again"


@contextmanager
def _closing_on_error(file: IO) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise


@contextmanager
def _fence(places: Places, zone: str) -> Iterator[None]:
    """Held for instants only: around a token's change, and around each change that a token must be in force for."""
    with _file(places, zone, "fence").open("ab") as file:
        turns.take(file, f"the switch of {zone}", SILENT_SECONDS)
        yield


def _sign(places: Places, zone: str, doing: str) -> Holder:
    """Note this process as the zone's newest holder, whole or not at all. Call inside `_fence`."""
    path = _file(places, zone, "json")
    since = datetime.now(UTC).isoformat(timespec="seconds")
    holder = Holder(
        zone, token_in_force(places, zone) + 1, secrets.token_hex(8), os.getpid(), socket.gethostname(), doing, since
    )
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(asdict(holder)), encoding="utf-8")
    draft.replace(path)
    return holder


def _sign_of_life(places: Places, zone: str) -> tuple[str, int] | None:
    holder = last_holder(places, zone)
    try:
        return (holder.serial, _file(places, zone, "json").stat().st_mtime_ns) if holder else None
    except FileNotFoundError:
        return None


def _beat(places: Places, holder: Holder, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        last = last_holder(places, holder.zone)
        if last is None or last.serial != holder.serial:
            return
        with contextlib.suppress(OSError):  # a full or read-only disk: the work itself will say so
            os.utime(_file(places, holder.zone, "json"))


def _take_over(places: Places, zone: str, doing: str, silent: tuple[str, int] | None) -> tuple[IO, Holder] | None:
    """Lock a zone whose holder gave no sign of life; None when it did after all, or is stopped inside the fence itself."""
    path = _file(places, zone, "lock")
    with _file(places, zone, "fence").open("ab") as fence:
        if not turns.try_to_take(fence) or _sign_of_life(places, zone) != silent:
            return None
        log.warning("%s: %s has given no sign of life; taking over", zone, last_holder(places, zone))
        draft = path.with_name(f".{path.name}.draft")
        draft.unlink(missing_ok=True)
        file = draft.open("ab")
        with _closing_on_error(file):
            fcntl.flock(file, fcntl.LOCK_EX)
            draft.replace(path)
            return file, _sign(places, zone, doing)
