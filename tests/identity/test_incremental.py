"""A month's delivery links what changed, and the result is that of a full run, bit for bit."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from fairview import walk
from fairview.identity import changes, link, records, review, schema
from fairview.intake import deliveries
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places, places

AT = datetime(2026, 12, 2, 6, tzinfo=UTC)
# Everything identity keeps; of the runs only what was scored anew may differ, and times of runs are not results.
KEPT = (*schema.RESULTS, *schema.MEMORY, "scored")
LEFT_OUT = {"runs": ("scored_anew", "run_at"), "events": ("run_at",)}
NAMES = {
    "council_tax_parties": ("party_name",),
    "benefit_members": ("forename", "surname", "birth_date", "nino"),
    "tenancy_people": ("forename", "surname", "dob", "email"),
    "vulnerability_register": ("forename", "surname", "dob", "uprn"),
    "homelessness_cases": ("surname", "nino", "phone"),
    "council_tax_accounts": ("lead_liab_name", "email", "phone", "liability_end"),
}


def contents(where: Places, keyring: Keyring) -> dict[str, list]:
    """Every row identity keeps, sorted; weights as the bits they are."""
    with opening.vault(where, keyring, read_only=True) as con:
        found = {}
        for table in KEPT:
            out = ", ".join(LEFT_OUT.get(table, ()))
            columns = f"* EXCLUDE ({out})" if out else "*"
            found[table] = sorted(map(repr, con.execute(f"SELECT {columns} FROM identity.{table}").fetchall()))
        return found


class Twins:
    """Two copies of one state: the same things happen to both, one is linked month by month, the other in full."""

    def __init__(self, council, folder, seed: int) -> None:
        self.random = random.Random(seed)
        self.as_at = walk.in_force(council.here).as_at
        self.at = AT
        self.withdrawn: list[tuple[str, tuple]] = []
        self.sides = []
        for name in ("step by step", "in full"):
            root = folder / name / "state"
            root.mkdir(parents=True)
            shutil.copy2(council.here.places.vault, root / "vault.duckdb")
            shutil.copytree(council.here.places.keys, folder / name / "state.keys")
            self.sides.append((places(root), Keyring.load(places(root))))

    def both(self, sql: str, values: list | None = None) -> None:
        for con in self.open:
            con.execute(sql, values or [])

    def ask(self, sql: str, values: list | None = None) -> list[tuple]:
        return self.open[0].execute(sql, values or []).fetchall()

    def some(self, rows: list, share: float) -> list:
        return self.random.sample(sorted(rows), max(1, round(len(rows) * share))) if rows else []

    def month(self) -> None:
        """What a delivery may bring: records withdrawn and come back, names and numbers changed, people deciding."""
        self.as_at += timedelta(days=30)
        self.at += timedelta(days=30)
        with opening.vault(*self.sides[0]) as one, opening.vault(*self.sides[1]) as other:
            self.open = (one, other)
            self.deliver()
        self.decide()

    def deliver(self) -> None:
        back = [entry for entry in self.withdrawn if self.random.random() < 0.5]
        for feed, row in back:
            self.both(f"INSERT INTO staged.{feed} VALUES ({', '.join('?' * len(row))})", list(row))
        self.withdrawn = [entry for entry in self.withdrawn if entry not in back]
        for feed in records.PERSON_FEEDS:
            for (key,) in self.some(self.ask(f"SELECT record_key FROM staged.{feed}"), 0.02):
                row = self.ask(f"SELECT * FROM staged.{feed} WHERE record_key = ?", [key])[0]
                self.withdrawn.append((feed, row))
                self.both(f"DELETE FROM staged.{feed} WHERE record_key = ?", [key])
        for feed, columns in NAMES.items():
            column = self.random.choice(columns)
            rows = self.ask(f"SELECT record_key, {column} FROM staged.{feed} WHERE {column} IS NOT NULL ORDER BY 1")
            for key, _ in self.some(rows, 0.02):
                value = self.random.choice([*(value for _, value in rows), None])
                self.both(f"UPDATE staged.{feed} SET {column} = ? WHERE record_key = ?", [value, key])

    def decide(self) -> None:
        queue = sorted(row["item"] for row in review.listing(*self.sides[0]))
        for item in self.some(queue, 0.1):
            verdict = self.random.choice(review.VERDICTS)
            said = []
            for side in self.sides:
                try:
                    said.append(review.settle(*side, item, verdict, "case_files", "linking officer", self.at))
                except review.DecisionRefused as refused:
                    said.append(str(refused))
            assert said[0] == said[1]
        standing = sorted(row["decision"] for row in review.decided(*self.sides[0]) if not row["withdrawn_at"])
        for number in self.some(standing, 0.2):
            for side in self.sides:
                review.withdraw(*side, number, "case_files", "linking officer", self.at)

    def link(self) -> tuple:
        any_change = {"new": 10**6, "merged": 10**6, "split": 10**6}
        return tuple(
            link.link_people(*side, self.as_at, self.at, full=full, allowed=any_change, threads=1)
            for side, full in zip(self.sides, (False, True), strict=True)
        )


@pytest.mark.parametrize("seed", [3, 17])
def test_whatever_the_months_bring_the_changed_records_alone_give_what_a_full_run_gives(walked, tmp_path, seed):
    twins = Twins(walked, tmp_path, seed)
    for _ in range(2):
        twins.month()
        stepwise, full = twins.link()
        assert 0 < stepwise.scored_anew < full.scored_anew
        found, wanted = (contents(*side) for side in twins.sides)
        for table in KEPT:
            assert found[table] == wanted[table], table
    assert {"split", "merge"} <= {row["kind"] for row in changes.log(*twins.sides[0])}


def test_two_real_months_linked_one_after_the_other_give_what_full_runs_give(walked, tmp_path):
    shutil.copytree(walked.here.places.keys, tmp_path / "state.keys")
    here = walk.house(walked.here.catalogue, places(tmp_path / "state"))
    for day in sorted(path for path in walked.deliveries.iterdir() if path.is_dir()):
        for delivery in deliveries.find(day):
            walk.receive(here, delivery, AT)
        link.link_people(here.places, here.keyring, walk.in_force(here).as_at, AT, full=True, threads=1)
    found, wanted = contents(here.places, here.keyring), contents(walked.here.places, walked.here.keyring)
    for table in KEPT:
        assert found[table] == wanted[table], table
