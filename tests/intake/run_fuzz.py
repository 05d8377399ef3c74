"""Shoots spoilt deliveries at the door and prints what became of them: `make fuzz`, or a number of mutants and a seed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.intake.conftest import with_two_months
from tests.intake.mutants import Range, seeds, summary


def main() -> int:
    """Shoot until there are enough mutants. Exit code 1 when an answer is wrong."""
    wanted = int(sys.argv[1]) if sys.argv[1:] else 2_500
    seed = int(sys.argv[2]) if sys.argv[2:] else 1
    answers, faults = [], []
    with tempfile.TemporaryDirectory() as folder:
        door = with_two_months(Path(folder) / "base")
        with Range(door, Path(folder) / "shot").open() as range_:
            for number, (source, chance) in enumerate(seeds(wanted, seed)):
                try:
                    found = range_.shoot(source, chance)
                except Exception as error:  # a crash is what is looked for: told by its number, and the rest goes on
                    faults.append(f"shot {number} at {source}: crashed with {type(error).__name__}: {error}")
                    continue
                answers += found
                faults += [
                    f"shot {number} at {source}: {one.mutant.feed}, {one.mutant.kind}: {one.fault}"
                    for one in found
                    if one.fault
                ]
                if number % 50 == 49:
                    print(f"{len(answers):,} mutants so far, {len(faults)} wrong answers", file=sys.stderr, flush=True)
                if len(answers) >= wanted:
                    break
    for line in summary(answers):
        print(line)
    print(f"\n{len(answers):,} mutants of seed {seed}, {len(faults)} wrong answers")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
