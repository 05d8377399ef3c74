"""What no single call shows: runs at once, a zombie that comes back, clocks, file systems and memory that are not as they should be.

Each scenario works on copies of the prepared states, in forked children, and gives what it found broken; nothing is good.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults import live
from tests.faults.enumerate_faults import KINDS, Bench, child
from tests.faults.house import ATS, SERVICE

MEGABYTE = 1 << 20


class NotPossibleHere(Exception):
    """This machine does not let the scenario be made."""


@dataclass(frozen=True)
class Scenario:
    """One scenario: what is done, what must hold, how it is shown. `run` gives the points tried and what was broken."""

    name: str
    what: str
    run: Callable[[Bench], tuple[int, list[str]]]


def _begin(work) -> tuple[int, int]:
    """Fork a child that works on its own; its process and the pipe its answer comes through."""
    read, write = os.pipe()
    process = os.fork()
    if not process:
        os.close(read)
        answer = work()
        os.write(write, str(answer).encode())
        os._exit(0)
    os.close(write)
    return process, read


def _end(process: int, pipe: int, seconds: float = 120.0) -> str:
    import select

    ready = select.select([pipe], [], [], seconds)[0]
    told = os.read(pipe, 1 << 16).decode() if ready else "hung"
    os.close(pipe)
    if not ready:
        os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return told


def _impatient() -> None:
    """Shorter patience of the locks, so that a scenario does not take minutes. In a child only."""
    from fairview import walk
    from fairview.store import locks, turns

    locks.SILENT_SECONDS, locks.BEAT_SECONDS, turns.MOST_SECONDS = 0.5, 0.1, 2.0
    patient = locks.hold
    walk.locks.hold = lambda places, zone, doing="writing", wait_seconds=2.0: patient(places, zone, doing, wait_seconds)


def _tell(work) -> str:
    try:
        work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "done"


@contextmanager
def _point(bench: Bench, name: str) -> Iterator[Path]:
    point = bench.point(name)
    try:
        yield point
    finally:
        shutil.rmtree(point, ignore_errors=True)


def triggers_at_once(bench: Bench) -> tuple[int, list[str]]:
    """Two, then three processes build, judge and publish the same service at the same time."""
    broken: list[str] = []
    for number in (2, 3):
        with _point(bench, "build") as point:

            def serve(point=point):
                from fairview import walk

                here = bench.opened(point)
                (served,) = walk.serve(here, ATS[1])
                return "published" if served.published else f"kept back: {'; '.join(served.reasons)}"

            started = [_begin(lambda: _one(serve)) for _ in range(number)]
            told = [_end(*one) for one in started]
            if "published" not in told:
                broken.append(f"{number} at once: nobody published: {told}")
            if strange := [one for one in told if one != "published" and "not there any more" not in one]:
                broken.append(f"{number} at once: {strange[0][:160]}")
            broken += bench.settled(point, "publish", "publication")
    return 5, broken


def _one(work) -> str:
    try:
        return str(work())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def zombies(bench: Bench) -> tuple[int, list[str]]:
    """The publisher is stopped before each of its calls, another publishes meanwhile, then it goes on."""
    broken: list[str] = []
    count = len(bench.calls("publish"))
    overtaken = 0
    for number in range(1, count + 1):
        with _point(bench, "publish") as point:

            def zombie(number=number, point=point):
                _impatient()
                return bench.run(bench.steps["publish"], point, number, KINDS["SIGSTOP"], None)

            process, pipe = _begin(zombie)
            _, status = os.waitpid(process, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                broken.append(f"call {number}: it was not stopped")
                continue

            def replace(point=point):
                _impatient()
                return _tell(lambda: bench.steps["publish"].run(bench.opened(point), bench.base / "deliveries"))

            replaced = _end(*_begin(replace))
            if (
                replaced != "done"
                and f"process {process}" not in replaced
                and "stopped in the instant of" not in replaced
            ):
                broken.append(f"call {number}: the replacement was told: {replaced[:160]}")
            os.kill(process, signal.SIGCONT)
            ended = _end(process, pipe)
            overtaken += "Overtaken" in ended
            broken += [f"call {number}: {fault}" for fault in bench.settled(point, "publish", "publication")]
    if not overtaken:
        broken.append("no zombie was refused at the switch: the scenario shows nothing")
    return count, broken


def clocks(bench: Bench) -> tuple[int, list[str]]:
    """The clock a day and a year ahead or behind, at a change to summer time, on 29 February and after January 2038;
    seven time zones. What is published is the same row for row."""
    broken: list[str] = []
    now = time.time()
    moments = {"a day ahead": now + 86_400, "a day behind": now - 86_400, "a year behind": now - 365 * 86_400}
    moments |= {"summer time": 1_774_746_000.0, "29 February": 1_835_438_400.0, "2038": 2_150_000_000.0}
    cases = [(f"clock: {words}", moment - now, "UTC") for words, moment in moments.items()]
    zones = (
        "Asia/Kolkata",
        "America/St_Johns",
        "Pacific/Kiritimati",
        "Pacific/Marquesas",
        "Europe/London",
        "Africa/Casablanca",
    )
    cases += [(f"time zone {zone}", 0.0, zone) for zone in zones]
    for words, shift, zone in cases:
        with _point(bench, "warehouse") as point:

            def shifted(shift=shift, zone=zone, point=point):
                os.environ["TZ"] = zone
                time.tzset()
                bench.library.fv_shift_clock(ctypes.c_long(int(shift)))
                return _tell(lambda: bench.walk_on(point))

            told = _end(*_begin(shifted))
            if told != "done":
                broken.append(f"{words}: {told[:160]}")
            broken += [f"{words}: {fault}" for fault in bench.settled(point, "publish", "publication", again=False)]
    return len(cases), broken


def _mounted(options: str, point: Path) -> None:
    """Give this process (a child) a file system of its own at `point`, with what lay there. Raises NotPossibleHere."""
    CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
    kept = point.with_name(point.name + "-kept")
    if bench_unshare := ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        raise NotPossibleHere(f"a mount namespace is not permitted here ({bench_unshare})")
    ctypes.CDLL(None).mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    shutil.copytree(point, kept, symlinks=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(point)], capture_output=True, check=False
    )
    if made.returncode:
        shutil.rmtree(kept)
        raise NotPossibleHere("mounting is not permitted here")
    for name in ("state", "state.keys"):
        shutil.copytree(kept / name, point / name, symlinks=True)
    shutil.rmtree(kept)


def _remount(options: str, point: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(point)], check=True, capture_output=True)


def _on_a_file_system(bench: Bench, first: str, then: str, steps: tuple[str, ...]) -> tuple[int, list[str]]:
    broken: list[str] = []
    for name in steps:
        with _point(bench, name) as point:

            def work(name=name, point=point):
                size = sum(path.lstat().st_size for path in point.rglob("*") if not path.is_dir())
                _mounted("size=4g", point)
                _remount(first.format(size=size + MEGABYTE), point)
                told = child(lambda: bench.run(bench.steps[name], point, 0, 0, None))
                _remount(then, point)
                return {"broken": bench.looked_at(bench.steps[name], point, told), "ended": (told or {}).get("error")}

            answer = child(work)
            if not answer or "crash" in answer:
                crash = (answer or {}).get("crash", "killed")
                if "NotPossibleHere" in crash:
                    raise NotPossibleHere("file systems of one's own are not permitted here (needs root)")
                broken.append(f"{name}: {crash[-200:]}")
            else:
                broken += [f"{name}: {fault}" for fault in answer["broken"]]
                if answer["ended"] is None and "ro" in first.split(","):
                    broken.append(f"{name}: it went through on a read-only file system")
    return len(steps), broken


def read_only(bench: Bench) -> tuple[int, list[str]]:
    """Each step on a file system that is read-only from the start; afterwards writable again and run once."""
    return _on_a_file_system(bench, "ro", "rw", tuple(bench.steps))


def small_disk(bench: Bench) -> tuple[int, list[str]]:
    """Each step on a file system with a megabyte to spare; afterwards made larger and run once."""
    return _on_a_file_system(bench, "size={size}", "size=4g", tuple(bench.steps))


def little_memory(bench: Bench) -> tuple[int, list[str]]:
    """Linking, both dbt builds and the gate with 16 to 256 megabytes more than the process has already; then once without limit."""
    broken: list[str] = []
    cases = [(name, more) for name in ("link", "warehouse", "build", "judge") for more in (16, 64, 256)]
    for name, more in cases:
        with _point(bench, name) as point:

            def limited(name=name, more=more, point=point):
                pages = int(Path("/proc/self/statm").read_text().split()[0])
                most = pages * resource.getpagesize() + more * MEGABYTE
                resource.setrlimit(resource.RLIMIT_AS, (most, most))
                return bench.run(bench.steps[name], point, 0, 0, None)

            told = child(limited)
            faults = bench.looked_in_a_child(bench.steps[name], point, told)
            broken += [f"{name} with {more} MB: {fault}" for fault in faults if not fault.startswith("I9")]
    return len(cases), broken


def deliveries_in_any_order(bench: Bench) -> tuple[int, list[str]]:
    """The second month's deliveries received in other orders, people linked anew by one thread or four: the same values."""
    import random

    broken: list[str] = []
    for seed in (1, 2, 3):
        with _point(bench, "first") as point:

            def work(seed=seed, point=point):
                from tests.faults.house import months

                from fairview import walk
                from fairview.identity import link

                here = bench.opened(point)
                arrived = months(bench.base / "deliveries")[1]
                random.Random(seed).shuffle(arrived)
                for delivery in arrived:
                    walk.receive(here, delivery, ATS[1])
                link.link_people(
                    here.places, here.keyring, walk.in_force(here).as_at, ATS[1], threads=(1, 2, 4)[seed - 1]
                )
                return _tell(lambda: bench.walk_on(point))

            told = _end(*_begin(work))
            if told != "done":
                broken.append(f"order {seed}: {told[:160]}")
            broken += [
                f"order {seed}: {fault}" for fault in bench.settled(point, "publish", "publication", again=False)
            ]
    return 3, broken


SCENARIOS = (
    Scenario("Two and three triggers at once", "each builds, judges and publishes the same service", triggers_at_once),
    Scenario("A zombie that comes back", "the publisher stopped before each of its calls, replaced, then let go on: refused at the switch", zombies),
    Scenario("Clocks and time zones", "clock a day or year off, summer time, 29 February, 2038; six time zones: the same values", clocks),
    Scenario("Deliveries in any order", "three orders of a month's deliveries, one to four threads: the same values", deliveries_in_any_order),
    Scenario("A read-only file system", "each step, then writable again", read_only),
    Scenario("A full small file system", "each step with one megabyte to spare, then made larger", small_disk),
    Scenario("Too little memory", "linking, dbt and gate with 16, 64, 256 MB to spare, then without limit", little_memory),
    Scenario("Airflow's processes killed", "scheduler with its workers, DAG processor, both API servers, and the process of a task at four places, each "
             "while a real Airflow walks a delivery to what is published", live.processes_killed),
    Scenario("Airflow's metadata lost", "after the run, and with every process in the middle of linking", live.metadata_lost),
    Scenario("Airflow's metadata of last week", "put back after a publication: nothing taken or published twice", live.metadata_of_last_week),
)  # fmt: skip

__all__ = ["SCENARIOS", "SERVICE", "NotPossibleHere", "Scenario"]
