"""Puts every defect of the specification to every feed and column it makes sense for, and prints answers that differ."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.intake.answers import Showing, showing
from tests.intake.conftest import with_two_months
from tests.intake.deliveries import HOUSE, Draft
from tests.intake.spoiling import DEFECTS, Defect


def fault_of(shown: Showing, defect: Defect, feed: str, column) -> str | None:
    """What differs from the answer a defect must get, or None."""
    contract = HOUSE.feed(feed)
    draft = Draft(contract.source, 3)
    defect.spoil(draft, feed, column)
    receipt = shown.show(draft)
    (line,) = [file for file in receipt.files if file.feed == feed]
    wanted = defect.expected(contract, column)
    if line.outcome != wanted or (defect.rule and defect.rule not in line.rules):
        return f"wanted {wanted} {defect.rule}, got {line.outcome} {line.rules}"
    if defect.rows is not None and line.rules[defect.rule] != defect.rows:
        return f"wanted {defect.rows} rows, got {line.rules}"
    if not line.rejected and line.received != line.staged + line.quarantined + line.dropped:
        return "rows unaccounted for"
    others = {file.feed for file in receipt.files if file.outcome == "reject_file" and file.feed != feed}
    return f"also refused {', '.join(sorted(others))}" if others else None


def every_trial():
    """Every defect with every feed and column it makes sense for."""
    for defect in DEFECTS:
        for contract in HOUSE.feeds:
            yield from ((defect, contract.feed, column) for column in defect.trials(contract))


def main() -> int:
    """Run all, or the defects named as arguments. Exit code 1 when an answer differs."""
    wrong = count = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        showing(with_two_months(Path(folder) / "base"), Path(folder) / "shown") as shown,
    ):
        for defect, feed, column in every_trial():
            if sys.argv[1:] and defect.id not in sys.argv[1:]:
                continue
            count += 1
            fault = fault_of(shown, defect, feed, column)
            if fault:
                wrong += 1
                print(f"{defect.id:<12}{feed:<26}{column.name if column else '':<24}{fault}", flush=True)
    print(f"{count - wrong} of {count} answered alike")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
