"""A file twice the size of the memory limit still loads, in every text form. What the processes hold is in decision 0006."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.intake.deliveries import HOUSE, MONTHS, Draft

# What DuckDB is held to; every file is more than twice as large.
LIMIT = 24 << 20
FEEDS = {
    "pipe": "council_tax_discounts",
    "csv": "properties",
    "quoted csv": "benefit_awards",
    "padded csv": "tenancy_people",
    "zip": "rent_transactions",
    "fixed width": "arrears_actions",
}

# Run in a process of its own. What does not fit DuckDB's limit goes to its encrypted scratch files.
TAKE = """
import json, sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from fairview.contracts.catalogue import catalogue
from fairview.intake import judging, reading
from fairview.store import opening
from fairview.store.places import places

feed, day, limit, state, *files = sys.argv[1:]
here = places(Path(state))
con = opening.connect(here, threads=1, memory=f"{int(limit) >> 20}MiB")
con.execute("SET enable_progress_bar = false")  # its line would stand among the answer
contract, day = catalogue().feed(feed), date.fromisoformat(day)
told = []
for path in map(Path, files):
    file = judging.Judged(contract, SimpleNamespace(rows=-1), day)
    with path.open("rb") as opened, reading.Session() as session:
        judging.take(con, file, session.reading(opened.fileno(), reading.layout(contract, path.name, day)))
    typed = 0 if file.is_refused else con.execute(f"SELECT count(*) FROM {file.table}").fetchone()[0]
    told.append({"fault": file.reading.fault, "rows": file.reading.facts.get("rows"), "typed": typed})
print(json.dumps(told))
"""


def _parts(feed: str, folder: Path) -> tuple[str, bytes, list[bytes], bytes, bytes]:
    """A good small file: its name, header, rows, closing lines and line end."""
    contract = HOUSE.feed(feed)
    draft = Draft(contract.source, 3)
    path = folder / draft.name(feed)
    content = draft._rendered(feed, draft[feed])
    if contract.format == "zipcsv":
        path.write_bytes(content)
        with zipfile.ZipFile(path) as archive:
            content = archive.read(archive.namelist()[0])
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    header, *rows = content.rstrip().split(ending)
    closing = {"none": 0, "rows_affected": 2}.get(contract.facts["trailer"], 1)
    rows, last = (rows[:-closing], rows[-closing:]) if closing else (rows, [])
    return path.name, header, rows, ending.join([*last, b""]), ending


def _grown(feed: str, folder: Path, least: int) -> tuple[Path, int]:
    """A good file, its rows repeated until it is larger than `least` bytes, and how many rows that is."""
    folder.mkdir()
    name, header, rows, last, ending = _parts(feed, folder)
    block = ending.join(rows) + ending
    times = least // len(block) + 1
    text = header + ending + block * times + last
    path = folder / name
    if HOUSE.feed(feed).format == "zipcsv":
        with zipfile.ZipFile(path, "w") as archive:  # stored: what counts here is how much comes out
            archive.writestr(f"{path.stem}.csv", text)
    else:
        path.write_bytes(text)
    return path, len(rows) * times


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_a_file_twice_the_memory_limit_is_read_and_typed_whole(feed: str, tmp_path: Path) -> None:
    path, rows = _grown(feed, tmp_path / "twice", 2 * LIMIT)
    assert path.stat().st_size > 2 * LIMIT
    command = [sys.executable, "-c", TAKE, feed, MONTHS[3].isoformat(), str(LIMIT), str(tmp_path / "state"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-600:]
    (told,) = json.loads(done.stdout)
    assert told["fault"] is None
    assert told["rows"] == told["typed"] == rows
