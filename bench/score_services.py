"""`make score-services`: walk a council's deliveries month by month, judge each service against truth, write its card and plots.

Without --shared's pilot it walks a demo council with its truth. Truth is read by the score alone, after publication. Exit
code 1 when a comparison with exact truth is left unexplained, or a service published nothing to judge.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from fairview import walk
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.evaluation import card, desk, exact, monitoring, performance, plots, ranking
from fairview.store import generations
from fairview.store.places import WAREHOUSE, places


@dataclass
class Scored:
    """Snapshots by service, the exact comparisons of each month, what could not be judged."""

    snapshots: dict[str, list[ranking.Ranked]] = field(default_factory=dict)
    exact: dict[str, list[exact.Compared]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    totals: dict[tuple[str, date], list[monitoring.Total]] = field(default_factory=dict)


def score(here: walk.House, deliveries: Path, truth: Path, tell=print) -> Scored:
    """Walk every month under `deliveries` in one state and judge what stands published after each by `truth`."""
    scored = Scored()
    services = [service.service for service in here.catalogue.services]
    months = sorted(path for path in deliveries.glob("????-??-??") if path.is_dir())
    if not months:
        raise SystemExit(f"no deliveries under {deliveries.name}/")
    for day in months:
        walked = walk.deliver(here, day, lambda: datetime.now(UTC))
        kept = [one.service for one in walked.served if not one.published]
        tell(f"{day.name}: walked, exit code {walked.exit_code}")
        if kept or not (truth / day.name / "outcomes_next_6_months.parquet").exists():
            scored.missing += [f"{service} as at {day.name} was not published" for service in kept]
            continue
        look(here, services, truth, scored)
    for (service, as_at), found in scored.totals.items():
        monitoring.keep(here.places, here.keyring, service, as_at, found)
    return scored


def look(here: walk.House, services: list[str], truth: Path, scored: Scored) -> None:
    """Judge what is published now; adds to `scored`."""
    with desk.desk(here.places, here.keyring, services) as con:
        as_at = date.fromisoformat(generations.current(here.places, WAREHOUSE).manifest["as_at"])
        month = truth / as_at.isoformat()
        desk.meet_truth(con, truth, as_at)
        monitoring.gather(con, here.catalogue)
        for service in services:
            scored.snapshots.setdefault(service, []).append(ranking.ranked(con, service, month, as_at))
        scored.exact[as_at.isoformat()] = exact.everything(con, truth, month)
        for service in services:
            scored.totals[service, as_at] = monitoring.totals(con, service, *ranking.LISTS[service])


def write(scored: Scored, house, council: str, cards: Path, pictures: Path, tell=print) -> list[Path]:
    """Write card and plots of every service. Returns the cards."""
    written = []
    last = scored.exact[max(scored.exact)] if scored.exact else []
    for service, snapshots in scored.snapshots.items():
        found = performance.measure(snapshots)
        plots.draw(found, pictures)
        seen = (
            Path(*[".."] * len(cards.relative_to(pictures.parent).parts), pictures.name)
            if pictures.parent in cards.parents
            else pictures
        )
        text = card.write(found, house.service(service), last, council, seen.as_posix())
        path = cards / f"performance-{service.replace('_', '-')}.md"
        path.write_text(text, encoding="utf-8")
        tell("\n" + text)
        written.append(path)
    return written


def tell_exact(scored: Scored, tell=print) -> int:
    """Print every exact comparison of every month; returns how many were left unexplained."""
    for month, compared in scored.exact.items():
        tell(
            f"\n{month}: where truth is exact{'':<42}{'equal':>8}{'linkage':>9}{'door':>6}{'untold':>8}{'unexplained':>13}"
        )
        for one in compared:
            tell(
                f"  {one.service + ': ' + one.name:<66}{one.equal:>8,}{one.by_linkage:>9}{one.at_door:>6}{one.untold:>8}{one.unexplained:>13}"
            )
    return sum(one.unexplained for compared in scored.exact.values() for one in compared)


def main() -> int:
    """Run everything and print it. The house's own cards are written from the pilot alone, unless --to names a folder."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument(
        "--shared", type=Path, default=HOUSE.parent / "shared", help="folder that holds feeds/pilot, or is such a pilot"
    )
    words.add_argument(
        "--to", type=Path, help="folder for cards and plots; default: the house's docs, for its own pilot alone"
    )
    words.add_argument("--residents", type=int, default=5000, help="size of the demo council when there is no pilot")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--state", type=Path, help="a new state folder to walk in and to keep")
    asked = words.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fairview-services-"))
    try:
        pilot = asked.shared / "feeds" / "pilot" if (asked.shared / "feeds" / "pilot").is_dir() else asked.shared
        council = "the pilot"
        if not (pilot / "truth").is_dir():
            from fairview.demo.council import write_deliveries

            pilot, council = (
                folder / "demo",
                f"a demo council of {asked.residents:,} residents, whose outcomes are invented too",
            )
            print(f"no pilot beside the house: {council}")
            write_deliveries(asked.residents, asked.seed, 3, pilot, pilot / "truth")
        here = walk.house(catalogue(), places(asked.state or folder / "state"))
        scored = score(here, pilot, pilot / "truth")
        is_ours = asked.to is None and pilot == HOUSE.parent / "shared" / "feeds" / "pilot"
        cards = HOUSE / "docs" / "reference" if is_ours else (asked.to or folder / "cards")
        pictures = HOUSE / "docs" / "images" if is_ours else cards / "images"
        cards.mkdir(parents=True, exist_ok=True)
        write(scored, here.catalogue, council, cards, pictures)
        unexplained = tell_exact(scored)
        for line in scored.missing:
            print(line)
        print(f"\nunexplained: {unexplained}")
        return 1 if unexplained or scored.missing or not scored.snapshots else 0
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
