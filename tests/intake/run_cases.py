"""Prints every case of the specification and of the house list, the answer expected and the answer got: `make cases`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.intake.answers import is_right, showing
from tests.intake.cases import CASES, Case
from tests.intake.conftest import Door, copied, with_two_months
from tests.intake.deliveries import Draft
from tests.intake.house_list import CASES as HOUSE_CASES
from tests.intake.house_list import ELSEWHERE


def answer(door: Door, case: Case):
    """Deliver what comes before a case, then the case. Returns the receipt's line of the feed at fault."""
    if case.before:
        first = Draft(case.source, 3)
        case.before(first)
        door.deliver(first)
    draft = Draft(case.source, case.month, case.number)
    case.spoil(draft)
    (line,) = [file for file in door.deliver(draft).files if file.feed == case.feed]
    return line


def main() -> int:
    """Run all cases, or those named as arguments. Exit code 1 when an answer differs."""
    named = set(sys.argv[1:])
    chosen = [case for case in CASES if not named or {case.id, case.id[:3]} & named]
    listed = [case for case in HOUSE_CASES if not named or f"H{case.id}" in named]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        base = with_two_months(root / "base")
        for case in chosen:
            line = answer(copied(base, root / case.id), case)
            shutil.rmtree(root / case.id)
            right = line.outcome == case.outcome and (case.rows is None or line.rules.get(case.named) == case.rows)
            right = right and (not case.rule or case.rule in line.rules)
            wrong += not right
            _print(case, line, right)
        with showing(base, root / "shown") as shown:
            for case in listed:
                line = shown.line(case)
                right = is_right(case, line)
                wrong += not right
                _print(replace(case, id=f"H{case.id}"), line, right)
    for one in ELSEWHERE if not named else ():
        print(f"{'H' + one.id:<13}not the door's: {one.why}")
    print(f"{len(chosen) + len(listed) - wrong} of {len(chosen) + len(listed)} answered as specified")
    return 1 if wrong else 0


def _print(case, line, right: bool) -> None:
    told = " ".join(f"{rule}:{count}" for rule, count in line.rules.items())
    verdict = "" if right else "  <-- differs"
    print(f"{case.id:<13}{case.feed:<26}{case.outcome:<21}{line.outcome:<21}{told}{verdict}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
