"""Prints every case of the specification with the answer expected and the answer got: `make cases`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.intake.cases import CASES, Case
from tests.intake.conftest import Door, copied, with_two_months
from tests.intake.deliveries import Draft


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
    chosen = [case for case in CASES if not sys.argv[1:] or case.id in sys.argv[1:] or case.id[:3] in sys.argv[1:]]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        base = with_two_months(Path(folder) / "base")
        for case in chosen:
            line = answer(copied(base, Path(folder) / case.id), case)
            right = line.outcome == case.outcome and (case.rows is None or line.rules.get(case.named) == case.rows)
            wrong += not right
            told = " ".join(f"{rule}:{count}" for rule, count in line.rules.items())
            verdict = "" if right else "  <-- differs"
            print(f"{case.id:<13}{case.feed:<26}{case.outcome:<21}{line.outcome:<21}{told}{verdict}", flush=True)
    print(f"{len(chosen) - wrong} of {len(chosen)} answered as specified")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
