"""What came later, household by household, beside the rules each met at an as-at date: what a calibration learns from.

Knows: two forms of outcome file, and how a household of either meets the rules it met. Refuses to know: any fit.

- The service's own: CSV or parquet with `as_at_on`, `household_id` (as in the mart) and `outcome`. Only households to whom it
  happened need a row; of the others it is taken that it did not.
- A test council's truth: `outcomes_next_6_months.parquet` in its folder of the as-at date, truth's people two folders up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from fairview.errors import FairviewError
from fairview.evaluation import desk as desks
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

SERVICE = "homelessness_prevention"
_TRUTH = "outcomes_next_6_months.parquet"


class OutcomesUnfit(FairviewError):
    """A file of outcomes cannot be used; names the file and the reason, never a value."""


@dataclass(frozen=True)
class Learnt:
    """One as-at snapshot. One value per household: its number, whether it happened, the highest tier met of each rule
    (0 none), and whether the list could name it at all (`is_open`: already open to the service; `is_direct`: by statute)."""

    as_at: date
    unit: np.ndarray
    outcome: np.ndarray
    tiers: dict[str, np.ndarray]
    is_open: np.ndarray
    is_direct: np.ndarray
    capacity: int

    def __len__(self) -> int:
        return len(self.unit)


def dates(files: list[Path]) -> dict[date, Path]:
    """The as-at dates the files speak of. Raises OutcomesUnfit."""
    found: dict[date, Path] = {}
    for file in files:
        for as_at in _dates(file):
            if as_at in found:
                raise OutcomesUnfit(f"{file.name}: a second file of outcomes as at {as_at}")
            found[as_at] = file
    return found


def _dates(file: Path) -> list[date]:
    if file.name == _TRUTH:
        try:
            return [date.fromisoformat(file.resolve().parent.name)]
        except ValueError:
            raise OutcomesUnfit(f"{file.name}: its folder's name is no as-at date") from None
    with opening.duckdb.connect() as con:
        _read(con, file)
        return [day for (day,) in con.execute("SELECT DISTINCT as_at_on FROM given ORDER BY 1").fetchall()]


def _read(con, file: Path) -> None:
    """Make `given(as_at_on, household_id, outcome)` from the service's own form."""
    source = (
        opening.quoted(file) if file.suffix == ".parquet" else f"read_csv({opening.quoted(file)}, all_varchar = true)"
    )
    try:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE given AS SELECT CAST(as_at_on AS DATE) AS as_at_on, CAST(household_id AS UUID) AS household_id, "
            f"CAST(outcome AS BOOLEAN) AS outcome FROM {source}"
        )
    except opening.duckdb.Error as error:
        reason = type(error).__name__  # the message may quote a value
        raise OutcomesUnfit(
            f"{file.name}: must have the columns as_at_on (date), household_id (as in the mart) and outcome (true or false); {reason}"
        ) from None


def learn(places: Places, keyring: Keyring, file: Path, orders: dict[tuple[str, str], int]) -> Learnt:
    """What stands published in a state, beside the outcomes of a file for that very date. `orders`: (rule, tier) → tier order.

    Raises OutcomesUnfit when the file says nothing of that date, StoreError when nothing is published.
    """
    with desks.desk(places, keyring, [SERVICE]) as con:
        as_at = desks.as_at_of(con, SERVICE, "household_indicators")
        if as_at not in _dates(file):
            raise OutcomesUnfit(f"{file.name}: no outcomes as at {as_at}, the date published")
        _tier_numbers(con, orders)
        if file.name == _TRUTH:
            _units_of_truth(con, file, as_at)
        else:
            _units_of_the_service(con, file, as_at)
        rules = [rule for (rule,) in con.execute("SELECT DISTINCT rule_id FROM facts ORDER BY 1").fetchall()]
        tiers = ", ".join(f"coalesce(max(tier) FILTER (WHERE rule_id = '{rule}'), 0) AS \"{rule}\"" for rule in rules)
        columns = con.execute(
            f"""SELECT units.unit, any_value(units.outcome) AS outcome, coalesce(bool_or(is_open), false) AS is_open,
            coalesce(bool_or(is_direct), false) AS is_direct{", " + tiers if tiers else ""}
            FROM units LEFT JOIN facts USING (unit) GROUP BY units.unit ORDER BY units.unit"""
        ).fetchnumpy()
        capacity = con.execute(
            f"SELECT count(*) FROM {SERVICE}.main.prevention_list WHERE NOT is_direct_referral"
        ).fetchone()[0]
    return Learnt(
        as_at, np.asarray(columns["unit"]).astype(str), columns["outcome"].astype(bool),
        {rule: columns[rule].astype(int) for rule in rules}, columns["is_open"].astype(bool), columns["is_direct"].astype(bool), capacity,
    )  # fmt: skip


_FACTS = f"""CREATE OR REPLACE TEMP TABLE facts AS
SELECT {{unit}}::VARCHAR AS unit, f.rule_id, max(r.tier) AS tier, bool_or(f.is_open_case) AS is_open, bool_or(f.is_direct_referral) AS is_direct
FROM {SERVICE}.main.household_indicators f JOIN tier_numbers r USING (rule_id, tier_code) {{join}} GROUP BY ALL"""


def _tier_numbers(con, orders: dict[tuple[str, str], int]) -> None:
    con.execute("CREATE OR REPLACE TEMP TABLE tier_numbers (rule_id VARCHAR, tier_code VARCHAR, tier INTEGER)")
    con.executemany("INSERT INTO tier_numbers VALUES (?, ?, ?)", [[*key, order] for key, order in orders.items()])


def _units_of_truth(con, file: Path, as_at: date) -> None:
    truth = file.resolve().parent.parent
    if not (truth / "persons.parquet").exists():
        raise OutcomesUnfit(f"{file.name}: truth's people are not two folders up")
    desks.meet_truth(con, truth, as_at)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE units AS SELECT household_id::VARCHAR AS unit, presents_homeless_6m AS outcome
        FROM {opening.quoted(file)}"""
    )
    con.execute(
        _FACTS.format(
            unit="t.household_id",
            join=f"JOIN pseudonyms p ON p.{SERVICE} = f.person_id JOIN whose w USING (person_key) "
            "JOIN truth_people t ON t.person_id = w.person_id",
        )
    )


def _units_of_the_service(con, file: Path, as_at: date) -> None:
    _read(con, file)
    con.execute(_FACTS.format(unit="f.household_id", join=""))
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE units AS
        WITH living AS (
            SELECT lent_{SERVICE}('household|' || household_key::VARCHAR)::UUID AS household_id FROM (
                SELECT DISTINCT household_key FROM vault.identity.household_members WHERE from_on <= ? AND (to_on IS NULL OR to_on >= ?))
            UNION SELECT household_id FROM {SERVICE}.main.household_indicators
            UNION SELECT household_id FROM given WHERE as_at_on = ?
        )
        SELECT household_id::VARCHAR AS unit, coalesce(bool_or(g.outcome), false) AS outcome
        FROM living LEFT JOIN (SELECT * FROM given WHERE as_at_on = ?) g USING (household_id) GROUP BY household_id""",
        [as_at, as_at, as_at, as_at],
    )
