"""Every fault at every call that changes a file, one after another: `python -m tests.faults.enumerate_faults --help`.

A server process, with the shim preloaded and everything heavy imported, forks a child for each point. The child gets a
copy of the step's starting state, arms the shim and runs the step; a second child then looks at what is there, checks
the invariants, runs the step again without a fault and compares the result with the undisturbed one.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

KINDS = {
    "SIGKILL": 1,
    "ENOSPC": 2,
    "EIO": 3,
    "half a write, then SIGKILL": 4,
    "disk full from here on": 5,
    "SIGSTOP": 6,
}
# Half written are the calls that append. Of what DuckDB writes in its place, see decision 0015.
_WRITES = {"write", "writev"}


@dataclass
class Found:
    """What one point showed: the call met, how the step ended, what was broken (nothing, if all is well)."""

    step: str
    kind: str
    number: int
    call: str = ""
    reached: bool = False
    ended: str = ""
    broken: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0


def shim(folder: Path) -> Path:
    """Compile the shim. Raises CalledProcessError where there is no compiler."""
    library = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def scratch_root() -> Path | None:
    """Memory where there is some: a point then costs no disk, and syncing costs nothing."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else None


def child(work, seconds: float = 300.0) -> dict | None:
    """Run `work` in a forked child; what it returns, or None when it was killed. A child that hangs is killed and says so."""
    read, write = os.pipe()
    process = os.fork()
    if not process:
        os.close(read)
        # What a step prints must not meet what this process buffered.
        try:
            answer = json.dumps(work(), default=str).encode()
        except Exception:
            answer = json.dumps({"crash": traceback.format_exc()[-600:]}).encode()
        with os.fdopen(write, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(write)
    import select

    told, deadline = b"", time.monotonic() + seconds
    with os.fdopen(read, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            part = pipe.read(1 << 16)
            if not part:
                break
            told += part
        else:
            os.kill(process, 9)
            os.waitpid(process, 0)
            return {"hung": True}
    os.waitpid(process, 0)
    return json.loads(told) if told else None


class Bench:
    """The prepared starting states, and points tried on them."""

    def __init__(self, base: Path, prepared: bool, light: bool = False) -> None:
        from tests.faults import house, invariants, steps

        self._house, self._invariants, self._steps = house, invariants, steps
        self.base = base
        self.library = ctypes.CDLL(None)
        self.steps = {step.name: step for step in steps.STEPS}
        self.prepared, self._light = prepared, light
        if light:
            self.steps = {name: self.steps[name] for name in steps.LIGHT}
        if prepared:
            shutil.rmtree(base / "house")
        self.declared = house.small_house(base / "house")
        self.after: dict[str, dict] = {}
        self.before: dict[str, dict] = {}

    def prepare(self) -> None:
        """Walk the small council undisturbed, once."""
        if not self.prepared:
            prepare = self._steps.prepare_light if self._light else self._steps.prepare
            told = child(lambda: prepare(self.declared, self.base) or {"done": True})
            assert told == {"done": True}, told
        if self._light:
            self.sought = None
            return
        self._warm_up()
        pattern = child(lambda: {"words": self._invariants.sought(self.opened(self.base / "end")).pattern.decode()})
        import re

        self.sought = re.compile(pattern["words"].encode())

    def _warm_up(self) -> None:
        """Import dbt here, so that no child has to. No further: a parse leaves threads behind that no fork survives."""
        import dbt.adapters.duckdb
        import dbt.cli.main  # noqa: F401

        gc.collect()
        gc.freeze()

    def opened(self, point: Path):
        """The house on a point's state."""
        return self._house.opened(self.declared, point)

    def _tuples(self, observed: dict) -> dict:
        return {part: {name: tuple(value) for name, value in tables.items()} for part, tables in observed.items()}

    def _seen(self, point: Path, name: str, before: bool = False) -> dict:
        here = self.opened(point)
        if before:
            service = here.catalogue.services[0].service
            return {
                "published": self._invariants.values(here, service),
                "vault": {} if self._light else self._invariants.values(here, "vault"),
            }
        return self._invariants.observed(here, name)

    def point(self, name: str) -> Path:
        """A copy of the state a step starts from, in a folder of its own."""
        point = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.base / "points"))
        self._steps.copy(self.base / name, point)
        return point

    def run(self, step, point: Path, number: int, kind: int, log: Path | None) -> dict:
        """Run a step with the shim armed. Returns how it ended. In a child only."""
        here = self.opened(point)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT) if log else -1
        self.library.fv_arm(str(point).encode(), ctypes.c_long(number), kind, descriptor)
        try:
            step.run(here, self.base / "deliveries")
            return {"error": None}
        except BaseException as error:
            from fairview.errors import FairviewError

            if os.environ.get("FAULTS_SHOW"):
                traceback.print_exc()
            return {"error": type(error).__name__, "message": str(error), "named": isinstance(error, FairviewError)}
        finally:
            self.library.fv_disarm()

    def calls(self, name: str) -> list[tuple[str, str]]:
        """The calls of an undisturbed run, in order."""
        step, point = self.steps[name], self.point(name)
        log = Path(tempfile.mkstemp(dir=self.base)[1])
        assert child(lambda: self.run(step, point, 0, 0, log)) == {"error": None}
        self.before[name] = self._tuples(child(lambda: self._seen(self._fresh(name), name, before=True)))
        self.after[name] = self._tuples(child(lambda: self._seen(point, name)))
        shutil.rmtree(point)
        lines = [line.split(" ", 2) for line in log.read_text().splitlines()]
        log.unlink()
        return [(call, self._invariants._shape(Path(path.lstrip("/")))) for _, call, path in lines]

    def _fresh(self, name: str) -> Path:
        return self.base / name

    def try_point(self, name: str, kind: str, number: int) -> Found:
        """One fault at one call, everything looked at afterwards, and one plain re-run."""
        spent = _spent()
        step, point = self.steps[name], self.point(name)
        log = point.with_suffix(".log")
        told = child(lambda: self.run(step, point, number, KINDS[kind], log))
        found = Found(name, kind, number)
        if log.exists():
            lines = log.read_text().splitlines()
            found.reached = bool(lines)
            found.call = self._shaped(lines[0]) if lines else ""
            log.unlink()
        outcome = self._outcome(told)
        found.ended = "died" if outcome.died else outcome.error or "went through"
        found.broken = self.looked_in_a_child(step, point, told)
        shutil.rmtree(point)
        found.cpu_seconds = round(_spent() - spent, 2)
        return found

    def looked_in_a_child(self, step, point: Path, told: dict | None) -> list[str]:
        """What is broken after a step ended as `told`, and after one plain re-run; empty when all is well."""
        seen = child(lambda: {"broken": self.looked_at(step, point, told)})
        return seen["broken"] if seen and "broken" in seen else [f"I3: looking at it afterwards failed: {seen}"]

    def looked_at(self, step, point: Path, told: dict | None) -> list[str]:
        """The same in this process, which must be a child."""
        if step.name not in self.after:
            raise RuntimeError(f"{step.name} was not run undisturbed yet")
        return self._look(step, point, self._outcome(told))["broken"]

    def settled(self, point: Path, name: str, told: str, again: bool = True) -> list[str]:
        """What is broken on a point that has come to where `name` brings it, before and (if wanted) after a plain re-run."""
        step = self.steps[name]

        def look() -> dict:
            here, after = self.opened(point), self.after[name]
            done = self._invariants.Outcome(False)
            broken = []
            for mark, check in self._invariants.AT_ONCE.items():
                words = {"sought": self.sought} if mark == "I8" else {}
                broken += [f"{mark}: {fault}" for fault in check(here, name, done, after, after, **words)]
            outcome = self._outcome(self._again(step, here)) if again else done
            return {"broken": broken + list(self._invariants.converged(here, name, told, outcome, after, after))}

        seen = child(look)
        return seen["broken"] if seen and "broken" in seen else [f"could not be looked at: {seen}"]

    def walk_on(self, point: Path) -> None:
        """From linked people to what is published. In a child only."""
        from fairview import walk

        here = self.opened(point)
        walk.build_warehouse(here)
        (served,) = walk.serve(here, self._house.ATS[1])
        if not served.published:
            raise AssertionError("; ".join(served.reasons))

    def _shaped(self, line: str) -> str:
        _, call, path = line.split(" ", 2)
        return f"{call} {self._invariants._shape(Path(path.lstrip('/')))}"

    def _outcome(self, told: dict | None):
        if told is None:
            return self._invariants.Outcome(died=True)
        if "hung" in told:
            return self._invariants.Outcome(False, "hung", "it never came back")
        return self._invariants.Outcome(False, told["error"], told.get("message", ""), told.get("named", False))

    def _look(self, step, point: Path, outcome) -> dict:
        broken: list[str] = []
        before, after = self.before[step.name], self.after[step.name]
        try:
            here = self.opened(point)
        except Exception as error:
            return {"broken": [f"I3: the house does not open: {type(error).__name__}: {error}"]}
        vault = Path("state/vault.duckdb")
        untouched = self._light or (
            _same(point / vault, self.base / step.name / vault) and not (point / f"{vault}.wal").exists()
        )
        for mark, check in self._invariants.AT_ONCE.items():
            if untouched and mark in self._invariants.OF_THE_VAULT:
                continue  # the very bytes the undisturbed walk left, looked at once there
            words = {"sought": self.sought} if mark == "I8" else {}
            try:
                broken += [f"{mark}: {fault}" for fault in check(here, step.name, outcome, before, after, **words)]
            except Exception as error:
                broken.append(f"{mark}: could not be checked: {type(error).__name__}: {str(error)[:160]}")
        again = self._outcome(self._again(step, here))
        try:
            broken += list(self._invariants.converged(here, step.name, step.told, again, before, after))
        except Exception as error:
            broken.append(f"I3: could not be compared: {type(error).__name__}: {str(error)[:160]}")
        return {"broken": broken}

    def _again(self, step, here) -> dict:
        try:
            step.run(here, self.base / "deliveries")
            return {"error": None}
        except Exception as error:
            if os.environ.get("FAULTS_SHOW"):
                traceback.print_exc()
            return {"error": type(error).__name__, "message": str(error)}


def _spent() -> float:
    """CPU seconds of this process and the children it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _same(one: Path, other: Path) -> bool:
    first, second = one.stat(), other.stat()
    return (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)


# Of calls of one kind to one kind of file (a manifest written in 185 pieces), so many are met: the first, the last and
# evenly spread ones between. What is left out is counted in the report.
PER_SITE = 12
# What dbt writes for itself, a file a model, is scratch nobody reads again: one site for each kind of call.
_ONE_SITE = re.compile(r"(.*/dbt-[^/]*)/.*")


def chosen(calls: list[tuple[str, str]], kind: str, most: int) -> list[int]:
    """Numbers of the calls to be met: every one of every site up to PER_SITE, and evenly fewer where `most` is less."""
    sites: dict[tuple[str, str], list[int]] = {}
    for number, (call, path) in enumerate(calls, 1):
        if kind != "half a write, then SIGKILL" or call in _WRITES:
            sites.setdefault((call, _ONE_SITE.sub(r"\1", path)), []).append(number)
    numbers = sorted(number for site in sites.values() for number in _spread(site, PER_SITE))
    return _spread(numbers, most)


def _spread(numbers: list[int], most: int) -> list[int]:
    if len(numbers) <= most:
        return numbers
    return sorted({numbers[round(place * (len(numbers) - 1) / (most - 1))] for place in range(most)})


def _warm(light: bool) -> None:
    """Everything heavy, imported once; nothing opened, no thread started."""
    if not light:
        import splink  # noqa: F401
    import great_expectations  # noqa: F401
    from tests.faults import house, invariants, steps  # noqa: F401

    import fairview.gate.judge
    import fairview.governance.record
    import fairview.identity.link
    import fairview.intake.receive
    import fairview.publication.publish
    import fairview.transformation.dbt  # noqa: F401

    _spare_signatures()
    gc.collect()
    gc.freeze()  # so that children do not copy what they only look at


def _spare_signatures() -> None:
    """DuckDB checks the signature of its crypto extension at every opening, 70 ms a time; nothing is written by that."""
    import duckdb

    connect = duckdb.connect

    def quickly(database=":memory:", read_only=False, config=None):
        return connect(database, read_only=read_only, config={**(config or {}), "allow_unsigned_extensions": "true"})

    duckdb.connect = quickly


@contextlib.contextmanager
def bench(light: bool = False) -> Iterator[Bench]:
    """A prepared bench, gone afterwards. Only in a process the shim is preloaded into."""
    _warm(light)
    kept = os.environ.get("FAULTS_KEEP")  # a folder to prepare once and use again, while working on the harness
    with contextlib.ExitStack() as stack:
        folder = kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-", dir=scratch_root()))
        base = Path(folder)
        made = Bench(base, (base / "end").is_dir(), light)
        (base / "points").mkdir(parents=True, exist_ok=True)
        made.prepare()
        yield made


def _plant_torn_switch() -> None:
    """Switch in two steps instead of one rename, to show that the enumeration finds the instant between them."""
    whole = Path.replace

    def torn(self, target):
        if Path(target).name == "current":
            Path(target).unlink(missing_ok=True)
        return whole(self, target)

    Path.replace = torn


def _serve(arguments) -> int:
    if arguments.plant:
        _plant_torn_switch()
    with bench(arguments.light) as made:
        arguments.steps = arguments.steps or list(made.steps)
        totals = {name: made.calls(name) for name in arguments.steps}
        plan = [
            (name, kind, number)
            for name in arguments.steps
            for kind in arguments.kinds
            for number in chosen(totals[name], kind, arguments.most.get(name, arguments.all_most))
        ]
        print(
            json.dumps({"calls": {name: len(calls) for name, calls in totals.items()}, "points": len(plan)}), flush=True
        )
        done = _done(arguments.done)
        plan = [point for point in plan if point not in done]
        if arguments.count:
            for name, calls in totals.items():
                for (call, path), count in sorted(Counter(calls).items()):
                    print(f"{name:10} {count:5} {call:10} {path}", file=sys.stderr)
            return 0
        workers = []
        for worker in range(arguments.jobs):
            read, write = os.pipe()
            if not (process := os.fork()):
                os.close(read)
                with os.fdopen(write, "w") as out:
                    for name, kind, number in plan[worker :: arguments.jobs]:
                        out.write(json.dumps(asdict(made.try_point(name, kind, number))) + "\n")
                        out.flush()
                os._exit(0)
            os.close(write)
            workers.append((process, os.fdopen(read)))
        import selectors

        ready = selectors.DefaultSelector()
        for _, pipe in workers:
            ready.register(pipe, selectors.EVENT_READ)
        while ready.get_map():
            for key, _ in ready.select():
                line = key.fileobj.readline()
                if line:
                    print(line, end="", flush=True)
                else:
                    ready.unregister(key.fileobj)
        for process, _ in workers:
            os.waitpid(process, 0)
    return 0


def _done(paths: list[Path]) -> set[tuple[str, str, int]]:
    """Points the lines of earlier runs tell of."""
    lines = [line for path in paths if path.exists() for line in path.read_text().splitlines()]
    told = [json.loads(line) for line in lines if line.startswith('{"step"')]
    return {(line["step"], line["kind"], line["number"]) for line in told}


def run(
    words: list[str], out=None, seconds: float | None = None, module: str = "tests.faults.enumerate_faults"
) -> subprocess.CompletedProcess:
    """Start a module in a process with the shim preloaded; its lines go to `out`."""
    with tempfile.TemporaryDirectory() as folder:
        library = shim(Path(folder))
        environment = os.environ | {
            "LD_PRELOAD": str(library),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DO_NOT_TRACK": "1",
            "FAULTS_PRELOADED": "1",
        }
        command = [sys.executable, "-m", module, *words]
        root = Path(__file__).parents[2]
        return subprocess.run(
            command, env=environment, cwd=root, stdout=out or subprocess.PIPE, text=True, check=False, timeout=seconds
        )


def main() -> int:
    """Parse the words and serve, or start a server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--steps", nargs="+", default=[])
    parser.add_argument("--kinds", nargs="+", default=["SIGKILL", "ENOSPC", "EIO"])
    parser.add_argument("--most", nargs="*", default=[], metavar="STEP=POINTS")
    parser.add_argument("--all-most", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--done", nargs="*", type=Path, default=[], help="lines of earlier runs, whose points are left out"
    )
    parser.add_argument("--light", action="store_true", help="publish and withdraw alone, on a state without a vault")
    parser.add_argument(
        "--plant", action="store_true", help="make the switch of a generation two steps: must be found torn"
    )
    parser.add_argument("--count", action="store_true", help="only count the calls of each step")
    arguments = parser.parse_args()
    if not arguments.serve:
        return run(["--serve", *sys.argv[1:]], out=sys.stdout).returncode
    arguments.most = {name: int(most) for name, most in (words.split("=") for words in arguments.most)}
    return _serve(arguments)


if __name__ == "__main__":
    sys.exit(main())
