"""`make score-links`: walk the pilot month by month, score the links against its truth, run the benchmarks, write the model card.

Needs the shared folder. Truth is read by the score alone, after linking.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from fairview import walk
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.identity import benchmarks, card, declarations, records, score, stock
from fairview.intake import deliveries
from fairview.store import opening
from fairview.store.places import places


def months(pilot: Path, folder: Path) -> tuple[list[score.MonthScore], list[dict], walk.House]:
    """Receive and link every month of the pilot in one state. Returns the scores, what changed, and the house."""
    here = walk.house(catalogue(), places(folder / "state"))
    at = datetime(2026, 11, 23, tzinfo=UTC)
    scores, changes, before = [], [], []
    for month in sorted(path for path in pilot.glob("????-??-??") if path.is_dir()):
        for delivery in deliveries.find(month):
            walk.receive(here, delivery, at)
        started = time.monotonic()
        receipt = walk.link(here, at)
        scores.append(score.month(here.places, here.keyring, pilot / "truth", receipt.as_at))
        if before:
            changes.append({"as_at": receipt.as_at, **score.changed(before, here.places, here.keyring, receipt.as_at)})
        before = score.held(here.places, here.keyring)
        print(
            f"{month.name}: {receipt.people:,} people from {receipt.records:,} records in {time.monotonic() - started:.1f} s"
        )
    return scores, changes, here


def baseline(here: walk.House, truth: Path, as_at: date) -> score.MonthScore:
    """Stock Splink on the same records."""
    with opening.vault(here.places, here.keyring, read_only=True) as con:
        con.execute("USE memory")
        records.gather(con, declarations.declarations(), as_at)
        stock.link_records(con)
        con.execute(
            """CREATE TEMP TABLE linked AS SELECT record_id AS record, feed, record_key, cluster
            FROM records JOIN stock_clusters ON unique_id = record_id"""
        )
        return score.judged(con, truth, as_at)


def main() -> None:
    """Run everything, print it and write the card."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--shared", type=Path, default=HOUSE.parent / "shared")
    words.add_argument("--card", type=Path, default=HOUSE / "docs" / "reference" / "link-model-card.md")
    words.add_argument("--no-benchmarks", action="store_true")
    asked = words.parse_args()
    pilot = asked.shared / "feeds" / "pilot"
    folder = Path(tempfile.mkdtemp(prefix="fairview-links-"))
    try:
        scores, changes, here = months(pilot, folder)
        stock_score = baseline(here, pilot / "truth", scores[-1].as_at)
        sets = {}
        for benchmark in () if asked.no_benchmarks else benchmarks.BENCHMARKS:
            with duckdb.connect(config={"threads": 1}) as con:
                sets[benchmark.name] = benchmarks.run(con, asked.shared / "open_data" / "linkage", benchmark)
        text = card.write(scores, changes, stock_score, sets)
        print(text)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
        if sets:
            asked.card.write_text(text, encoding="utf-8")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
