"""Who a service put where, household by household, beside what came later: the table every figure of a card is from.

Knows: each service's order of work and its rivals (debt alone; reports alone), its bands, and the outcome it is judged by.
Refuses to know: statistics. Households are truth's, so that a person linkage split is one household all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from fairview.evaluation import monitoring
from fairview.store import opening

# What each service's list is judged by, in the words of the card.
OUTCOMES = {
    "homelessness_prevention": "somebody of the household applies as homeless within six months",
    "informed_debt": "the household's council tax reaches an enforcement agent, or it enters debt respite, within six months",
    "asb_victim_support": "the household reports anti-social behaviour again within six months",
}
# Council tax stages as truth numbers them, in the order of the feed specification: REM1 is 1, EA1, EA2, EARTN are 10 to 12.
_ENFORCEMENT_STAGE = 10
_HAPPENED = {
    "homelessness_prevention": "presents_homeless_6m",
    "informed_debt": f"ct_stage_max_6m >= {_ENFORCEMENT_STAGE} OR moratorium_6m",
    "asb_victim_support": "asb_reports_6m > 0",
}
RIVALS = {
    "homelessness_prevention": ("debt alone", "most overdue to the council first"),
    "informed_debt": ("debt alone", "most overdue to the council first"),
    "asb_victim_support": ("reports alone", "most events of the last six months first; this service may not see debts"),
}


@dataclass(frozen=True)
class Ranked:
    """One as-at snapshot of one service. Arrays have one value per household living in the area.

    `order`: place in the service's order of work, 0 first, ties broken by the household's number; `is_listed`: on the list
    as published, capacity kept; `is_direct`: on it by statute, outside the capacity; `score`: what the order is by, where it
    is one number; `rival_order`: place in the rival order; `groups`: attribute → value; `days_until`: days to the outcome.
    `unplaced`: rows of the list whose household is not among them.
    """

    service: str
    as_at: date
    household: np.ndarray
    outcome: np.ndarray
    order: np.ndarray
    score: np.ndarray
    is_listed: np.ndarray
    is_direct: np.ndarray
    band: np.ndarray
    rival_order: np.ndarray
    unplaced: int
    bands: tuple[str, ...]
    days_until: np.ndarray | None = None
    groups: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.household)


_HOUSEHOLDS = """CREATE OR REPLACE TEMP TABLE seen AS
SELECT p.person_key, p."{service}" AS person_id, t.household_id AS household
FROM pseudonyms p JOIN whose w USING (person_key) JOIN truth_people t ON t.person_id = w.person_id"""

_PLACED = {
    "homelessness_prevention": (
        (
            "already open to the service",
            "0 points",
            "1 to 19",
            "20 to 39",
            "40 to 59: offer help",
            "60 and more: contact now",
            "direct referral",
        ),
        """WITH subjects AS (
            SELECT f.household_id, max(s.household) AS household, sum(points) AS points, count(*) AS rules,
                bool_or(is_direct_referral) AS is_direct, bool_or(is_open_case) AS is_open,
                max(CASE WHEN rule_id = 'H3' THEN fact_value END) AS weeks
            FROM homelessness_prevention.main.household_indicators f JOIN seen s USING (person_id) GROUP BY f.household_id
        ), places AS (
            SELECT subjects.*, l.list_rank, is_direct AND l.household_id IS NOT NULL AS is_referred
            FROM subjects LEFT JOIN homelessness_prevention.main.prevention_list l USING (household_id)
        )
        SELECT household, max(points) AS score, min(list_rank) IS NOT NULL AS is_listed, bool_or(is_referred) AS is_direct,
            CASE WHEN bool_or(is_referred) THEN 6 WHEN bool_or(is_open) THEN 0 WHEN max(points) >= 60 THEN 5 WHEN max(points) >= 40 THEN 4
                WHEN max(points) >= 20 THEN 3 WHEN max(points) > 0 THEN 2 ELSE 1 END AS band,
            row_number() OVER (ORDER BY min(list_rank) NULLS LAST, bool_or(is_open), max(points) DESC, max(rules) DESC,
                max(weeks) DESC NULLS LAST, household) AS place
        FROM places GROUP BY household""",
    ),
    "informed_debt": (
        ("no debt overdue", "standard process", "plan", "support", "refer to a person", "safeguard", "freeze"),
        """SELECT household, max(total_overdue_pence) AS score, min(list_position) IS NOT NULL AS is_listed, false AS is_direct,
            max(CASE lane_code WHEN 'FREEZE' THEN 6 WHEN 'SAFEGUARD' THEN 5 WHEN 'REFER_HUMAN' THEN 4 WHEN 'SUPPORT' THEN 3
                WHEN 'PLAN' THEN 2 ELSE 1 END) AS band,
            row_number() OVER (ORDER BY min(list_position) NULLS LAST, max(CASE WHEN lane_code IN ('STANDARD', 'FREEZE') THEN 0 ELSE 1 END) DESC,
                max(total_overdue_pence) DESC, household) AS place
        FROM informed_debt.main.debt_list JOIN seen USING (person_id) GROUP BY household""",
    ),
    "asb_victim_support": (
        (
            "no report as a victim",
            "reports, not on the list",
            "listed: put the file right",
            "listed: contact this month",
            "listed: contact now",
        ),
        """WITH victims AS (
            SELECT s.household, r.person_id, count(DISTINCT event_id) FILTER (WHERE is_within_6m) AS events FROM
            asb_victim_support.main.victim_reports r JOIN seen s USING (person_id) GROUP BY ALL
        )
        SELECT household, max(events) AS score, min(list_rank) IS NOT NULL AS is_listed, false AS is_direct,
            max(CASE priority_code WHEN 'NOW' THEN 4 WHEN 'MONTH' THEN 3 WHEN 'FILE' THEN 2 ELSE 1 END) AS band,
            row_number() OVER (ORDER BY min(list_rank) NULLS LAST, max(events) DESC, household) AS place
        FROM victims LEFT JOIN asb_victim_support.main.victim_list l USING (person_id) GROUP BY household""",
    ),
}
_LISTS = {
    "homelessness_prevention": "SELECT person_id FROM homelessness_prevention.main.prevention_list",
    "informed_debt": "SELECT person_id FROM informed_debt.main.debt_list WHERE list_position IS NOT NULL",
    "asb_victim_support": "SELECT person_id FROM asb_victim_support.main.victim_list",
}
LISTS = {
    "homelessness_prevention": ("prevention_list", "true"),
    "informed_debt": ("debt_list", "list_position IS NOT NULL"),
    "asb_victim_support": ("victim_list", "true"),
}
# The rival's yardstick: pence overdue per household, a joint debt once; or events of the last six months.
_OVERDUE = """SELECT household, sum(overdue_pence) AS amount FROM (
    SELECT household, debt_id, max(overdue_pence) AS overdue_pence FROM informed_debt.main.debts d
    JOIN (SELECT p.informed_debt AS person_id, t.household_id AS household FROM pseudonyms p JOIN whose w USING (person_key)
        JOIN truth_people t ON t.person_id = w.person_id) s USING (person_id) GROUP BY ALL) GROUP BY household"""
_EVENTS = """SELECT household, count(DISTINCT event_id) FILTER (WHERE is_within_6m) AS amount
    FROM asb_victim_support.main.victim_reports JOIN seen USING (person_id) GROUP BY household"""


def ranked(con, service: str, month: Path, as_at: date) -> Ranked:
    """A service's snapshot at a desk that has met truth. `month`: the truth folder of the as-at date.

    The marts at the desk were built from deliveries up to that date; what came later is read here alone.
    """
    con.execute(_HOUSEHOLDS.format(service=service))
    bands, placed = _PLACED[service]
    con.execute(f"CREATE OR REPLACE TEMP TABLE placed AS {placed}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE rival AS {_EVENTS if service == 'asb_victim_support' else _OVERDUE}")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE snapshot AS
        SELECT o.household_id AS household, coalesce({_HAPPENED[service]}, false) AS outcome, coalesce(p.score, 0) AS score,
            coalesce(p.is_listed, false) AS is_listed, coalesce(p.is_direct, false) AS is_direct,
            coalesce(p.band, {1 if service == "homelessness_prevention" else 0}) AS band,
            row_number() OVER (ORDER BY p.place NULLS LAST, o.household_id) - 1 AS place,
            row_number() OVER (ORDER BY r.amount DESC NULLS LAST, o.household_id) - 1 AS rival_place,
            {"date_diff('day', ?::DATE, o.first_application)" if service == "homelessness_prevention" else "NULL::BIGINT"} AS days_until
        FROM {opening.quoted(month / "outcomes_next_6_months.parquet")} o LEFT JOIN placed p ON p.household = o.household_id
        LEFT JOIN rival r ON r.household = o.household_id ORDER BY o.household_id""",
        [as_at] if service == "homelessness_prevention" else None,
    )
    columns = con.execute("SELECT * FROM snapshot ORDER BY household").fetchnumpy()
    unplaced = con.execute(
        f"""SELECT count(*) FROM ({_LISTS[service]}) l LEFT JOIN seen USING (person_id)
        LEFT JOIN snapshot USING (household) WHERE snapshot.household IS NULL"""
    ).fetchone()[0]
    return Ranked(
        service,
        as_at,
        columns["household"],
        columns["outcome"].astype(bool),
        columns["place"],
        columns["score"].astype(float),
        columns["is_listed"].astype(bool),
        columns["is_direct"].astype(bool),
        np.array(bands)[columns["band"].astype(int)],
        columns["rival_place"],
        unplaced,
        bands,
        np.ma.filled(np.ma.array(columns["days_until"]), 0) if service == "homelessness_prevention" else None,
        _groups(con),
    )


def _groups(con) -> dict[str, np.ndarray]:
    """Per household of the snapshot, the attributes of its head; name origin is known to a test council's truth alone."""
    con.execute(
        """CREATE OR REPLACE TEMP TABLE heads AS SELECT s.household, t.name_group, w.person_key
        FROM snapshot s LEFT JOIN truth_people t ON t.household_id = s.household AND t.role = 0
        LEFT JOIN whose w ON w.person_id = t.person_id
        QUALIFY row_number() OVER (PARTITION BY s.household ORDER BY w.person_key NULLS LAST) = 1"""
    )
    found = {}
    for attribute in monitoring.ATTRIBUTES:
        rows = con.execute(
            "SELECT coalesce(m.value, ?) AS value FROM heads h LEFT JOIN (SELECT * FROM monitored WHERE attribute = ?) m "
            "USING (person_key) ORDER BY h.household", [monitoring.UNKNOWN.get(attribute, monitoring.NOT_HELD), attribute]
        ).fetchall()  # fmt: skip
        found[attribute] = np.array([value for (value,) in rows])
    rows = con.execute("SELECT coalesce(name_group, ?) FROM heads ORDER BY household", [monitoring.NOT_HELD]).fetchall()
    found["name origin"] = np.array([value for (value,) in rows])
    return found


def capacity(ranked: Ranked) -> int:
    """Places of the list that capacity allows: rows on it, less those on it by statute."""
    return int((ranked.is_listed & ~ranked.is_direct).sum())
