"""A file twice the size of the memory limit still loads: in every text form, in the child and in its parent."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest
from tests.intake.deliveries import HOUSE, MONTHS, Draft

# The limit DuckDB and the child are held against; every file is more than twice as large.
LIMIT = 24 << 20
FEEDS = {
    "pipe": "sundry_debts",
    "csv": "properties",
    "quoted csv": "benefit_awards",
    "padded csv": "tenancy_people",
    "zip": "rent_transactions",
    "fixed width": "arrears_actions",
}

# Run in a process of its own, whose peak is the reading's alone.
TAKE = """
import json, resource, sys
from datetime import date
from pathlib import Path
from fairview.contracts.catalogue import catalogue
from fairview.intake import judging, reading
from fairview.store import opening
from fairview.store.places import places

path, feed, day, limit = Path(sys.argv[1]), sys.argv[2], date.fromisoformat(sys.argv[3]), int(sys.argv[4])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
here = places(path.parent / "state")
con = opening.connect(here, threads=1, memory=f"{limit >> 20}MiB")
con.execute("SET enable_progress_bar = false")
contract = catalogue().feed(feed)
file = judging.Judged(contract, None, day)
def read(of):
    with of.open("rb") as opened, reading.Session() as session:
        judging.take(con, file, session.reading(opened.fileno(), reading.layout(contract, path.name, day)))
    return file.reading
small = read(Path(sys.argv[5]))
before = peak()
large = read(path)
count = 0 if file.is_refused else con.execute(f"SELECT count(*) FROM {file.table}").fetchone()[0]
print(json.dumps({"fault": large.fault, "rows": large.facts["rows"], "typed": count, "parent": peak() - before,
                  "child": (large.peak - small.peak) * 1024}))
"""


def _grown(feed: str, to: Path, least: int) -> tuple[Path, Path, int]:
    """A good small file, the same with its rows repeated until it is larger than `least`, and how many rows that is."""
    contract = HOUSE.feed(feed)
    draft = Draft(contract.source, 3)
    small, large = to / "small" / draft.name(feed), to / draft.name(feed)
    small.parent.mkdir()
    content = draft._rendered(feed, draft[feed])
    small.write_bytes(content)
    if contract.format == "zipcsv":
        with zipfile.ZipFile(small) as archive:
            content = archive.read(archive.namelist()[0])
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    lines = content.rstrip().split(ending)
    first, rows, last = lines[0], lines[1:], []
    if contract.facts["trailer"] != "none":
        rows, last = rows[:-1], rows[-1:]
    block = ending.join(rows) + ending
    times = least // len(block) + 1
    text = first + ending + block * times + ending.join([*last, b""])
    if contract.format == "zipcsv":
        with zipfile.ZipFile(large, "w") as archive:  # stored: what counts here is how much comes out
            archive.writestr(f"{large.stem}.csv", text)
    else:
        large.write_bytes(text)
    return small, large, len(rows) * times


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_a_file_twice_the_memory_limit_is_read_and_typed_within_it(feed: str, tmp_path: Path) -> None:
    day: date = MONTHS[3]
    small, large, rows = _grown(feed, tmp_path, 2 * LIMIT)
    assert large.stat().st_size > 2 * LIMIT
    command = [sys.executable, "-c", TAKE, str(large), feed, day.isoformat(), str(LIMIT), str(small)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-600:]
    told = json.loads(done.stdout)
    assert told["fault"] is None
    assert told["rows"] == told["typed"] == rows
    assert told["child"] < LIMIT
    assert told["parent"] < 2 * LIMIT  # the limit is DuckDB's; the stream on its way to it is ours
