"""Mutants of data: what share of the ways a table can go wrong do its suites catch? `make mutants` writes the report.

    python -m bench.mutants [RESIDENTS] [--state FOLDER] [--write]

Every published table of a walked council is changed in seven ways, column by column, in three rows of ten; each mutant is
judged against the generation that is published, by the suites as plain SQL (`tests.gate.plain`) and every twelfth by Great
Expectations itself, which must agree rule for rule. Caught is what shuts the gate or waits for a person. A mutant equal to
its table is none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.gate.marts import answered_by_gx
from tests.gate.plain import REMARKED, Mart

from fairview import walk
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.store.places import places

TARGET = 0.95
PAGE = HOUSE / "docs" / "reference" / "mutants.md"
_DOSE = "hash(rowid) % 10 < 3"  # three rows of ten
_NUMBERS = ("BIGINT", "INTEGER", "DECIMAL", "DOUBLE")
# Invented, from ranges nobody is given; each is a kind of leak.
_LEAKS = {
    "a national insurance number": "QQ 12 34 56 C",
    "a postcode": "RM17 6SL",
    "a telephone number": "07700 900123",
    "an e-mail address": "a.b@example.org",
    "a property number": "100090123456",
    "a canary": "Zzcanary",
}
# Table, kind and what was done, of what no rule can see, and why: the report lists them among what is not caught. Anything
# else that is not caught wants an expectation, or a line here, and fails the run.
_FEW = "; below some hundred people as many blanks more are within chance, above that `house.blanks_drift` sees them"
UNSEEN: dict[tuple[str, str, str], str] = {
    ("victim_list", "null", "ward_code"): f"a home that is not in the gazetteer, or is withheld, has no ward{_FEW}",
    (
        "victim_reports",
        "null",
        "ward_code",
    ): f"an incident told without a ward, or at an address withheld, has none{_FEW}",
    ("victim_reports", "null", "place_id"): f"an incident told without a property reference has no place{_FEW}",
    (
        "debts",
        "null",
        "frozen_until_on",
    ): "a debt may be frozen without an end by a second hold, an estate or a dispute beside the respite, which "
    "is not published; `debt_workings` still tells the day",
    ("prevention_list", "null", "ward_code"): f"a home that is not in the gazetteer, or is withheld, has no ward{_FEW}",
    (
        "step_down",
        "drop",
        "rows",
    ): "who stepped down is itself a change, so the size of the table has nothing to keep to; "
    "`prevention_totals` recounts it, but hides what is under ten",
}


@dataclass(frozen=True)
class Mutant:
    """One way a table went wrong."""

    table: str
    kind: str
    what: str
    statements: tuple[str, ...]


@dataclass
class Tally:
    """How the mutants of one table came out."""

    blocked: int = 0
    held: int = 0
    same: int = 0
    missed: list[Mutant] = field(default_factory=list)
    kinds: Counter = field(default_factory=Counter)

    @property
    def counted(self) -> int:
        return self.blocked + self.held + len(self.missed)

    @property
    def share(self) -> float:
        return (self.blocked + self.held) / self.counted if self.counted else 1.0


def mutants(mart: Mart, table: str) -> Iterator[Mutant]:
    """Every mutant of a table: swap, null, duplicate, shift, inflate, leak, drop."""
    columns = mart.columns[table]
    names = list(columns)
    for n, name in enumerate(names):
        partner = next((other for other in names[n + 1 :] if columns[other] == columns[name]), None)
        if partner:
            yield _update(table, "swap", f"{name} with {partner}", f'"{name}" = "{partner}", "{partner}" = "{name}"')
        yield _update(table, "null", name, f'"{name}" = NULL')
        if columns[name] == "DATE":
            yield _update(table, "shift", f"{name} a year back", f'"{name}" = "{name}" - INTERVAL 1 YEAR')
        if columns[name].startswith(_NUMBERS):
            yield _update(table, "inflate", f"{name} tenfold", f'"{name}" = "{name}" * 10')
    texts = [name for name in names if columns[name] == "VARCHAR"]
    for n, (what, value) in enumerate(_LEAKS.items()):
        if texts:
            name = texts[n % len(texts)]
            text = f"concat_ws(' ', \"{name}\", '{value}')"
            yield Mutant(table, "leak", f"{what} in {name}", (f'UPDATE {{t}} SET "{name}" = {text} WHERE rowid = 0',))
    yield Mutant(table, "duplicate", "rows", (f"INSERT INTO {{t}} SELECT * FROM {{t}} WHERE {_DOSE}",))
    yield Mutant(table, "drop", "rows", (f"DELETE FROM {{t}} WHERE {_DOSE}",))


def _update(table: str, kind: str, what: str, change: str) -> Mutant:
    return Mutant(table, kind, what, (f"UPDATE {{t}} SET {change} WHERE {_DOSE}",))


def count(here: walk.House, service: str, every: int = 1, by_gx: int = 12) -> tuple[dict[str, Tally], list[str]]:
    """Tally by table, and where Great Expectations answered otherwise than plain SQL, on which rules. `every`: one mutant of so many."""
    mart = Mart(here, here.catalogue.service(service))
    found: dict[str, Tally] = {}
    sample: dict[str, tuple[str, list[str], list]] = {}
    expected: dict[str, set[str]] = {}
    number = 0
    for table in mart.columns:
        tally = found[table] = Tally()
        own = [rule for rule in mart.rules if rule.table == table]
        for mutant in mutants(mart, table):
            number += 1
            if number % every:
                continue
            name = f"{table}__{number}"
            mart.copy(table, name, list(mutant.statements))
            if _is_same(mart, table, name):
                tally.same += 1
            else:
                broken = mart.broken(table, name)
                severities = {rule.severity for rule in broken} - {REMARKED}
                tally.kinds[mutant.kind] += 1
                if "critical" in severities:
                    tally.blocked += 1
                elif severities:
                    tally.held += 1
                else:
                    tally.missed.append(mutant)
                if by_gx and number // every % by_gx == 0:
                    sample[name] = (table, list(mutant.statements), own)
                    expected[name] = {rule.id for rule in broken if rule.table == table}
            mart.drop(name)
    answers = answered_by_gx(here, mart, sample) if sample else {}
    differing = sorted(
        f"{name}: {', '.join(sorted(broken ^ expected[name]))}"
        for name, broken in answers.items()
        if broken != expected[name]
    )
    return found, differing


def _is_same(mart: Mart, table: str, name: str) -> bool:
    one, other = f'mart.main."{table}"', f'mart.main."{name}"'
    differs = f"SELECT 1 FROM (SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}) UNION ALL SELECT 1 FROM (SELECT * FROM {other} EXCEPT ALL SELECT * FROM {one})"
    return not mart.con.execute(f"SELECT EXISTS ({differs})").fetchone()[0]


def why_unseen(mutant: Mutant) -> str:
    """Why nothing can see a mutant; '' where no reason has been found."""
    return UNSEEN.get((mutant.table, mutant.kind, mutant.what), "")


def page(
    found: dict[str, dict[str, Tally]], rows: dict[str, int], residents: int, disagreed: list[str], asked: int
) -> str:
    """The report, as Markdown."""
    every = [tally for tables in found.values() for tally in tables.values()]
    caught = sum(tally.blocked + tally.held for tally in every)
    counted = sum(tally.counted for tally in every)
    lines = [
        "<!-- Written by `make mutants`; run it again rather than change this page. -->",
        "",
        "# Mutants of data",
        "",
        f"Every published table of a demo council of {residents:,} residents, walked through two months, was changed in seven ways, column by",
        "column, in three rows of ten: two columns of one type *swapped*, a column made *null*, rows *duplicated*, dates *shifted* a year back,",
        "numbers *inflated* tenfold, an invented identifier *leaked* into one row's text, 30 % of the rows *dropped*. Each mutant was judged",
        "against the published generation. Caught is what shuts the gate (blocked) or waits for a person (held). Mutants equal to their table",
        "are not counted, and a table without rows has none to change.",
        "",
        f"**{caught:,} of {counted:,} caught, {100 * caught / counted:.1f} %**; the target is {TARGET:.0%} of every table.",
        f"Great Expectations itself judged {asked} of them, one in twelve, and "
        + ("agreed with the plain SQL rule for rule." if not disagreed else f"DISAGREED on {len(disagreed)}."),
        "",
        "| service | table | rows | mutants | blocked | held | caught | not caught |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for service, tables in found.items():
        lines += [
            f"| {service} | {table} | {rows[table]:,} | {t.counted} | {t.blocked} | {t.held} | {100 * t.share:.0f} % | {len(t.missed)} |"
            for table, t in tables.items()
        ]
    lines += [
        "",
        "## Not caught, and why",
        "",
        "| table | mutant | why nothing can see it |",
        "|---|---|---|",
    ]
    lines += [
        f"| {table} | {mutant.kind}: {mutant.what} | {why_unseen(mutant) or '**no reason given**'} |"
        for tables in found.values()
        for table, tally in tables.items()
        for mutant in tally.missed
    ]
    return "\n".join(lines) + "\n"


def faults(found: dict[str, dict[str, Tally]], disagreed: list[str]) -> list[str]:
    """What makes a run fail: a table short of the target, a mutant missed without a reason, GX of another opinion."""
    tables = {table: tally for tables in found.values() for table, tally in tables.items()}
    return [
        *(f"{table}: {tally.share:.0%} caught" for table, tally in tables.items() if tally.share < TARGET),
        *(
            f"{mutant.table}: {mutant.kind} {mutant.what} is not caught, and no reason given"
            for tally in tables.values()
            for mutant in tally.missed
            if not why_unseen(mutant)
        ),
        *(f"Great Expectations answers otherwise: {what}" for what in disagreed),
    ]


def main() -> int:
    """Walk a demo council unless a state is given, count, print, and write the page when asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("residents", nargs="?", type=int, default=5000)
    parser.add_argument("--state", type=Path, help="a state walked before; else a demo council is walked")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(HOUSE)}")
    asked = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        state = asked.state or Path(folder) / "state"
        here = walk.house(catalogue(), places(state))
        if asked.state is None:
            from fairview.demo.council import write_deliveries

            write_deliveries(asked.residents, 1, 2, Path(folder) / "deliveries")
            walk.deliver(here, Path(folder) / "deliveries", lambda: datetime.now(UTC), tell=print)
        found, disagreed, rows, by_gx = {}, [], {}, 0
        for card in here.catalogue.services:
            found[card.service], differing = count(here, card.service)
            disagreed += differing
            by_gx += sum(tally.counted for tally in found[card.service].values()) // 12
            rows |= walk.generations.current(here.places, card.service).manifest["rows"]
    text = page(found, rows, asked.residents, disagreed, by_gx)
    print(text)
    print(f"{time.monotonic() - started:.0f} s")
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    wrong = faults(found, disagreed)
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
