"""The whole enumeration, and its page: `make faults` runs everything and writes docs/reference/faults.md.

The page holds what every machine gets alike: what was tried, what was met and what was broken, no times.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.faults.enumerate_faults import KINDS, PER_SITE, bench, chosen, run

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"
SINGLE = ("SIGKILL", "ENOSPC", "EIO")
# A point of these two costs dbt, and nearly all their calls are dbt's own scratch: so many of each kind, evenly spread. With the
# others the whole then takes under an hour on two cores; `--all` leaves nothing out.
MOST = {"warehouse": 24, "build": 24}
_TORN, _LOST = ("I1", "I2", "I5", "I6"), ("I4", "I7")

INTRODUCTION = """# What faults do

Written by `make faults`. A representative share runs with `make test` (`tests/faults`).

Every call of a step that changes something on disk (`write`, `pwrite64`, `fsync`, `rename`, `unlink`, `mkdir`, `chmod`,
`ftruncate`, `symlink`, `open` that creates, and their kin, by any thread) is met once by each fault: the process is
killed before it (`SIGKILL`), it fails for want of space (`ENOSPC`), it fails as a broken disk does (`EIO`). A call is
counted when it touches the state or key folder. After each fault a second process checks the invariants below, then runs
the step once more, plainly, and its result is compared row for row with that of an undisturbed run.

The state is a council of 100 residents in its second month, received and linked by the real door and the real linking;
dbt builds a dozen models of it and one service, since a fault does not care how many models came before it. Where one
site writes one file in more than {per_site} pieces, the first, the last and evenly spread ones are met; what dbt writes for itself (scratch
nobody reads again) counts as one site for each kind of call, and of the two steps of dbt {most} points of each kind are met, evenly
spread (`python -m tests.faults.report --all` leaves none out). The table says how many calls there are and how many were met.

*Torn*: a reader saw a mix, a success was not there, something unjudged was published, or a person changed keys (I1, I2, I5, I6).
*Lost*: a row or a ledger entry was gone or doubled (I4, I7). *Not converged*: the plain re-run did not bring about the
undisturbed result, or left something lying about (I3, I8). *Not told*: the failure was not said in one plain sentence (I9).
"""

INVARIANTS = """
## The invariants

- **I1** A reader of a service finds one whole generation, the old or the new, never a mix. Each service is published by a
  switch of its own, so that one service's shut gate does not hold another's back; a run's services may therefore stand at
  different runs, and each manifest says which.
- **I2** A reported success is there for the next process. After a reported failure the old stands; after a failure past the
  one rename the new stands whole, and the next run says so in the ledger.
- **I3** One plain re-run, no hand repair, brings about the values of the undisturbed run, row for row. Apart from `identity.runs`, the
  log of linking runs: who is killed after his result was written and runs again has run twice, and the log says so.
- **I4** Received = staged + quarantined + dropped, file for file; no record twice.
- **I5** What is published has a verdict signed by the gate about its very bytes.
- **I6** No person key twice in the registry, none gone.
- **I7** The ledger's chain is unbroken and, after the re-run, tells of the outcome.
- **I8** At once: no identifier outside vault and landing. After the re-run: no lock held, no write-ahead log, no draft, no scratch.
- **I9** Who fails and lives says which step, what was wrong and what to do, in one sentence without a path or value.
"""


def _counts(rows: Iterable[dict]) -> tuple[int, int, int, int, int]:
    rows = list(rows)

    def broken(marks: tuple[str, ...]) -> int:
        return sum(any(fault.startswith(marks) for fault in row["broken"]) for row in rows)

    return len(rows), broken(_TORN), broken(_LOST), broken(("I3", "I8")), broken(("I9",))


PIECED = "Put together from the lines of several runs of parts, not written by one whole run.\n"


def page(
    calls: dict[str, int], rows: list[dict], scenarios: list[dict], steps: dict[str, str], pieced: bool = False
) -> str:
    """The page, from the calls of each step, the points tried and the scenarios run."""
    lines = [INTRODUCTION.format(per_site=PER_SITE, most=MOST["build"]), *([PIECED] if pieced else [])]
    total = _counts(rows)
    points = total[0] + sum(one["points"] for one in scenarios)
    lines += [
        f"**{points:,} points: {total[0]:,} at single calls, {points - total[0]:,} in scenarios. Torn {total[1]}, lost {total[2]}, "
        f"not converged {total[3]}, not told {total[4]}; scenarios with something broken {sum(bool(one['broken']) for one in scenarios)}.**",
        "",
        "## Faults at single calls",
        "",
        "| step | what it is | calls | fault | points | killed | failed | went through | torn | lost | not converged | not told |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for step, what in steps.items():
        for kind in KINDS:
            own = [row for row in rows if (row["step"], row["kind"]) == (step, kind)]
            if not own:
                continue
            ended = Counter(
                "killed" if row["ended"] == "died" else "through" if row["ended"] == "went through" else "failed"
                for row in own
            )
            count, torn, lost, apart, untold = _counts(own)
            lines.append(
                f"| {step} | {what} | {calls.get(step, '')} | {kind} | {count} | {ended['killed']} | {ended['failed']} | {ended['through']} "
                f"| {torn} | {lost} | {apart} | {untold} |"
            )
    lines += [
        "",
        "A fault that is not reached, or is met by something that may fail (removing scratch, a sign of life), goes through:",
        "the step succeeded and its result was compared.",
        "",
        "## Scenarios",
        "",
        "| scenario | what is done | points | broken |",
        "|---|---|---|---|",
    ]
    for one in scenarios:
        told = f"not run here: {one['reason']}" if one.get("reason") else "; ".join(one["broken"]) or "nothing"
        lines.append(f"| {one['name']} | {one['what']} | {one['points']} | {told} |")
    tried = {(row["step"], row["kind"]) for row in rows}
    missing = [f"{step} with {kind}" for step in steps for kind in SINGLE if (step, kind) not in tried]
    if missing:
        lines += ["", f"Not run for this page: {', '.join(missing)}."]
    if not scenarios:
        lines += ["", "No scenario was run for this page."]
    lines.append(INVARIANTS)
    faults = sorted({fault for row in rows for fault in row["broken"]})
    if faults:
        lines += ["## Broken", "", *(f"- {fault}" for fault in faults), ""]
    return "\n".join(lines)


def _scenarios(only: list[str]) -> int:
    from tests.faults.scenarios import SCENARIOS, NotPossibleHere

    with bench() as made:
        for name in made.steps:
            made.calls(name)
        for scenario in SCENARIOS:
            if only and scenario.name not in only:
                continue
            answer = {"name": scenario.name, "what": scenario.what, "points": 0, "broken": []}
            try:
                answer["points"], answer["broken"] = scenario.run(made)
            except NotPossibleHere as reason:
                answer["reason"] = str(reason)
            print(json.dumps({"scenario": answer}), flush=True)
    return 0


def read(paths: Iterable[Path]) -> tuple[dict[str, int], list[dict], list[dict]]:
    """Calls, points and scenarios from the lines of one or more runs."""
    calls: dict[str, int] = {}
    rows: dict[tuple, dict] = {}
    scenarios: dict[str, dict] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            document = json.loads(line) if line.startswith("{") else {}
            calls |= document.get("calls", {})
            if "scenario" in document:
                scenarios[document["scenario"]["name"]] = document["scenario"]
            elif "step" in document:
                rows[document["step"], document["kind"], document["number"]] = document
    return calls, list(rows.values()), list(scenarios.values())


def main() -> int:
    """Run everything (or read the lines of earlier runs) and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenarios", action="store_true", help="run the scenarios alone and print their lines")
    parser.add_argument("--only", nargs="*", default=[], help="names of scenarios")
    parser.add_argument(
        "--from", dest="read_from", nargs="*", type=Path, help="write the page from lines of earlier runs"
    )
    parser.add_argument("--all", action="store_true", help="meet every call of dbt's steps, too: some two hours")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.scenarios and os.environ.get("FAULTS_PRELOADED"):
        return _scenarios(arguments.only)
    from tests.faults.steps import STEPS

    with tempfile.TemporaryDirectory() as folder:
        lines = arguments.read_from or [Path(folder) / "points.jsonl", Path(folder) / "scenarios.jsonl"]
        if arguments.scenarios:
            return run(["--scenarios", "--only", *arguments.only], sys.stdout, module="tests.faults.report").returncode
        if not arguments.read_from:
            with lines[0].open("w") as out:
                most = [] if arguments.all else ["--most", *(f"{step}={points}" for step, points in MOST.items())]
                run(["--serve", "--jobs", str(arguments.jobs), *most], out)
            with lines[1].open("w") as out:
                run(["--scenarios"], out, module="tests.faults.report")
        calls, rows, scenarios = read(lines)
    written = page(calls, rows, scenarios, {step.name: step.what for step in STEPS}, bool(arguments.read_from))
    PAGE.write_text(written, encoding="utf-8")
    print(f"{len(rows):,} points, {len(scenarios)} scenarios: docs/reference/{PAGE.name}")
    return 1 if any(row["broken"] for row in [*rows, *scenarios]) else 0


__all__ = ["chosen", "page", "read"]

if __name__ == "__main__":
    sys.exit(main())
