"""The same deliveries, rule packs and keys give the same published values, row for row, whatever machine and order they meet."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.invariants import values

from fairview import walk
from fairview.store.places import places

# Another hash seed, the other side of the date line, another language's sorting, one processor, two years on.
ANOTHER_MACHINE = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
ANOTHER_DAY = datetime(2028, 2, 29, 23, 59, tzinfo=UTC)


def walk_alone(deliveries: str, state: str) -> None:
    """Walk both months, each month's deliveries last to first. Run in a process of its own, on one processor."""
    from fairview.contracts.catalogue import catalogue
    from fairview.intake import deliveries as found

    here = walk.house(catalogue(), places(Path(state)))
    for day in sorted(path for path in Path(deliveries).iterdir() if path.is_dir()):
        for delivery in reversed(found.find(day)):
            assert not walk.is_refused(walk.receive(here, delivery, ANOTHER_DAY))
        walk.link(here, ANOTHER_DAY)
        walk.build_warehouse(here)
        served = walk.serve(here, ANOTHER_DAY)
        assert all(one.published for one in served), [one.reasons for one in served]


def test_another_machine_order_hour_and_number_of_threads_publish_the_same_rows(walked, tmp_path):
    state = tmp_path / "state"
    shutil.copytree(walked.here.places.keys, places(state).keys)
    command = [sys.executable, "-m", "tests.journeys.test_determinism", str(walked.deliveries), str(state)]
    # A process may be confined to one processor from its start alone: DuckDB counts them when it loads.
    done = subprocess.run(
        command,
        env=os.environ | ANOTHER_MACHINE,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    there = walk.house(walked.here.catalogue, places(state))
    for service in [card.service for card in there.catalogue.services]:
        ours, theirs = values(walked.here, service), values(there, service)
        assert sum(rows for rows, _ in ours.values()) > 50
        assert {table for table in ours if ours[table] != theirs.get(table)} == set(), service
        assert ours.keys() == theirs.keys()


if __name__ == "__main__":
    walk_alone(*sys.argv[1:])
