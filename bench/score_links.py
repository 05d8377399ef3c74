"""`make score-links`: walk the pilot month by month, score the links against its truth, and on invented councils nothing was
tuned on; run the benchmarks; write the model card.

Needs a shared folder, any of the same layout. Truth is read by the score alone, after linking.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from fairview import walk
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.demo import council as council_demo
from fairview.identity import benchmarks, card, declarations, records, score, stock
from fairview.intake import deliveries
from fairview.store import opening
from fairview.store.places import places

# Councils of these seeds and sizes are measured and never looked at; more can be asked for by `--councils`.
COUNCILS = ("101:5000", "102:10000")
# Benchmarks and councils are measured two at a time beside the pilot, each in a process of its own, so that one's memory is not
# another's; a benchmark spills to disk above this.
_SIDE_BY_SIDE, _BENCHMARK_MEMORY = 2, "2GiB"


def council(asked: str, folder: Path) -> score.MonthScore:
    """Invent a council, `seed:residents`, and score its last month."""
    seed, residents = (int(part) for part in asked.split(":"))
    council_demo.write_deliveries(residents, seed, 2, folder / "in", folder / "truth")
    return months(folder / "in", folder, folder / "truth")[0][-1]


def months(
    pilot: Path, folder: Path, truth: Path | None = None
) -> tuple[list[score.MonthScore], list[dict], walk.House]:
    """Receive and link every month of the pilot in one state. Returns the scores, what changed, and the house."""
    here = walk.house(catalogue(), places(folder / "state"))
    at = datetime(2026, 11, 23, tzinfo=UTC)
    scores, changes, before = [], [], []
    for month in sorted(path for path in pilot.glob("????-??-??") if path.is_dir()):
        for delivery in deliveries.find(month):
            walk.receive(here, delivery, at)
        started = time.monotonic()
        receipt = walk.link(here, at)
        scores.append(score.month(here.places, here.keyring, truth or pilot / "truth", receipt.as_at))
        if before:
            changes.append({"as_at": receipt.as_at, **score.changed(before, here.places, here.keyring, receipt.as_at)})
        before = score.held(here.places, here.keyring)
        print(
            f"{month.name}: {receipt.people:,} people from {receipt.records:,} records in {time.monotonic() - started:.1f} s"
        )
    return scores, changes, here


def benchmark(name: str, folder: Path, spill: Path) -> tuple[str, dict[str, score.Quality], int] | None:
    """Run one benchmark of a folder. Returns its name, its quality by way, and the peak memory of the process in MiB."""
    with duckdb.connect(
        config={"threads": 1, "memory_limit": _BENCHMARK_MEMORY, "temp_directory": str(spill / name)}
    ) as con:
        for one in benchmarks.found(con, folder, (name,)):
            return one.name, benchmarks.run(con, one), _peak()
    return None


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


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
    words.add_argument(
        "--no-benchmarks", action="store_true", help="the same as an empty --sets; the card is not written"
    )
    words.add_argument(
        "--sets", nargs="*", default=list(benchmarks.NAMED), help="benchmarks of open_data/linkage, by file name"
    )
    words.add_argument("--councils", nargs="*", default=list(COUNCILS), help="invented councils, seed:residents")
    asked = words.parse_args()
    pilot = asked.shared / "feeds" / "pilot"
    folder = Path(tempfile.mkdtemp(prefix="fairview-links-"))
    pool = ProcessPoolExecutor(_SIDE_BY_SIDE, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    try:
        named = () if asked.no_benchmarks else asked.sets
        waiting = [
            pool.submit(benchmark, name, asked.shared / "open_data" / "linkage", folder / "spill") for name in named
        ]
        invented = {one: pool.submit(council, one, folder / f"council-{one.split(':')[0]}") for one in asked.councils}
        scores, changes, here = months(pilot, folder)
        stock_score = baseline(here, pilot / "truth", scores[-1].as_at)
        sets, councils = {}, {}
        for name, found, peak in filter(None, (one.result() for one in waiting)):
            sets[name] = found
            print(f"{name}: F1 {found['ours'].f1:.4f}, stock Splink {found['stock'].f1:.4f}, peak {peak:,} MiB")
        for one, found in invented.items():
            seed, residents = one.split(":")
            councils[f"council of seed {seed}, {int(residents):,} residents"] = found.result()
        text = card.write(scores, changes, stock_score, sets, councils)
        print(text)
        print(f"peak memory {_peak():,} MiB")
        if sets:
            asked.card.write_text(text, encoding="utf-8")
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
