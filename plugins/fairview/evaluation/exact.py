"""Where truth is exact: debts to the penny, case reviews, freezes, and people who must not be in a mart.

Every comparison is counted as equal, explained or unexplained. Explained by linkage: the records of that person (or of
somebody whose records were taken for theirs) are not one key. Explained at the door: a row the comparison rests on stands
in quarantine, as truth's own list of injected faults says it must. Untold: truth knows something no delivered record says.
Anything else is unexplained, and a fault of the house. Refuses to know: names of people; only counts leave.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from fairview.store import opening
from fairview.store.places import WAREHOUSE


@dataclass(frozen=True)
class Compared:
    """One comparison with truth: how many of it are equal, explained (three ways) and not."""

    service: str
    name: str
    equal: int
    by_linkage: int = 0
    at_door: int = 0
    untold: int = 0
    unexplained: int = 0

    @property
    def total(self) -> int:
        return self.equal + self.by_linkage + self.at_door + self.untold + self.unexplained


_REFERENCES = ("council_tax_accounts", "council_tax_parties", "tenancy_people", "benefit_overpayments", "sundry_debts",
    "asb_parties", "deaths", "debt_respite_notices", "data_objections")  # fmt: skip


def prepare(con, truth: Path, month: Path) -> None:
    """At a desk that has met truth, make `excused(person_id, why)`: people whose linkage, or whose rows at the door, explain a
    difference: LINKAGE or DOOR. Whoever shares a key with somebody, or a debt with somebody, is excused by that linkage too."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE withheld AS
        SELECT feed, record_key FROM read_csv({opening.quoted(month / "injected_defects.csv")}, all_varchar = true)
        WHERE expected ILIKE '%quarantine%' AND expected NOT ILIKE '%copy%'"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE restrictions AS
        SELECT person_id, reason FROM read_csv({opening.quoted(month / "frozen_or_restricted.csv")}, all_varchar = true)"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE excused AS
        SELECT person_id, 'LINKAGE' AS why FROM link_states WHERE state <> 'WHOLE'
        UNION
        SELECT s.person_id, 'DOOR' FROM said s JOIN withheld w
            ON split_part(w.record_key, '|', 1) = split_part(s.record_key, '|', 1)
            AND (w.feed = s.feed OR (w.feed LIKE 'council_tax%' AND s.feed LIKE 'council_tax%'))
        WHERE s.person_id IS NOT NULL AND s.feed IN {_REFERENCES}"""
    )


_WHY = """SELECT count(*) FILTER (WHERE is_equal),
    count(*) FILTER (WHERE NOT is_equal AND l.person_id IS NOT NULL),
    count(*) FILTER (WHERE NOT is_equal AND l.person_id IS NULL AND d.person_id IS NOT NULL),
    count(*) FILTER (WHERE NOT is_equal AND l.person_id IS NULL AND d.person_id IS NULL)
FROM ({compared}) c
LEFT JOIN (SELECT person_id FROM excused WHERE why = 'LINKAGE') l ON l.person_id IS NOT DISTINCT FROM c.person_id
LEFT JOIN (SELECT person_id FROM excused WHERE why = 'DOOR') d ON d.person_id IS NOT DISTINCT FROM c.person_id"""


def _count(con, service: str, name: str, compared: str, untold: int = 0) -> Compared:
    equal, linkage, door, rest = con.execute(_WHY.format(compared=compared)).fetchone()
    return Compared(service, name, equal, linkage, door, untold, rest)


_KINDS = {
    "COUNCIL_TAX": ("council tax", "ct_balance_pence", "ct_overdue_pence"),
    "RENT": ("rent", "rent_arrears_pence", "rent_arrears_pence"),
    "BENEFIT_OVERPAYMENT": ("benefit overpayments", "hb_overpayment_pence", None),
    "SUNDRY": ("other debts", "sundry_pence", None),
}


def debts(con, month: Path) -> list[Compared]:
    """Pence per person and kind of debt, what is owed and what is overdue. Who objects must have no row at all."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE owed AS SELECT * FROM {opening.quoted(month / "debts.parquet")}
        WHERE person_id NOT IN (SELECT person_id FROM restrictions WHERE reason SIMILAR TO '(OBJ21|RES18):(REV|ALL).*')"""
    )
    found = []
    for code, (words, balance, overdue) in _KINDS.items():
        for measure, column, ours in (("owed", balance, "balance_pence"), ("overdue", overdue, "overdue_pence")):
            if column:
                compared = f"""SELECT coalesce(t.person_id, m.person_id) AS person_id, t.pence IS NOT DISTINCT FROM m.pence AS is_equal
                    FROM (SELECT person_id, {column} AS pence FROM owed WHERE {column} > 0) t FULL JOIN (
                        SELECT w.person_id, d.{ours} AS pence FROM informed_debt.main.debts_by_type d
                        JOIN pseudonyms p ON p.informed_debt = d.person_id LEFT JOIN whose w USING (person_key)
                        WHERE d.debt_type_code = '{code}' AND d.{ours} > 0) m ON m.person_id = t.person_id"""
                found.append(_count(con, "informed_debt", f"{words} {measure}, to the penny, per person", compared))
    return found


def freezes(con) -> list[Compared]:
    """Moratoria freeze every debt of the person and nobody else's; the dead and the objecting are in no contact list."""
    in_marts = """SELECT DISTINCT w.person_id FROM {table} m JOIN pseudonyms p ON p."{service}" = m.person_id
        LEFT JOIN whose w USING (person_key) WHERE {where}"""
    frozen = """SELECT w.person_id, bool_and(d.is_frozen AND d.recoverable_now_pence = 0) AS is_frozen
        FROM informed_debt.main.debts d JOIN pseudonyms p ON p.informed_debt = d.person_id JOIN whose w USING (person_key)
        WHERE d.balance_pence > 0 GROUP BY w.person_id"""
    found = [
        _count(con, "informed_debt", "every debt of a person under debt respite frozen",
            f"""SELECT r.person_id, f.is_frozen AS is_equal FROM (SELECT DISTINCT person_id FROM restrictions
            WHERE reason IN ('STD', 'MHC')) r JOIN ({frozen}) f USING (person_id)"""),
        _count(con, "informed_debt", "a person frozen for debt respite is under it",
            f"""SELECT m.person_id, r.person_id IS NOT NULL AS is_equal FROM (
            {in_marts.format(table="informed_debt.main.debt_list", service="informed_debt", where="deciding_rule_id = 'DEBT-F01'")}) m
            LEFT JOIN (SELECT DISTINCT person_id FROM restrictions WHERE reason IN ('STD', 'MHC')) r USING (person_id)"""),
        _count(con, "informed_debt", "a person frozen as having died has died",
            f"""SELECT m.person_id, r.person_id IS NOT NULL AS is_equal FROM (
            {in_marts.format(table="informed_debt.main.debt_list", service="informed_debt", where="deciding_rule_id = 'DEBT-F02'")}) m
            LEFT JOIN (SELECT DISTINCT person_id FROM restrictions WHERE reason = 'DECEASED') r USING (person_id)"""),
    ]  # fmt: skip
    con.execute(
        """CREATE OR REPLACE TEMP TABLE told_dead AS SELECT DISTINCT r.person_id FROM restrictions r
        JOIN said s ON s.person_id = r.person_id AND s.feed = 'deaths' WHERE r.reason = 'DECEASED'"""
    )
    untold = con.execute(
        "SELECT count(DISTINCT person_id) FROM restrictions WHERE reason = 'DECEASED' AND person_id NOT IN (FROM told_dead)"
    ).fetchone()[0]
    contact = {
        "informed_debt": ("informed_debt.main.debt_list", "is_contact_allowed"),
        "homelessness_prevention": ("homelessness_prevention.main.prevention_list", "true"),
        "asb_victim_support": ("asb_victim_support.main.victim_list", "true"),
    }
    for service, (table, where) in contact.items():
        listed = in_marts.format(table=table, service=service, where=where)
        found.append(
            _count(con, service, "a death the council was told of: no contact",
                f"""SELECT t.person_id, m.person_id IS NULL AS is_equal FROM told_dead t LEFT JOIN ({listed}) m USING (person_id)""",
                untold)
        )  # fmt: skip
    return found


def objections(con) -> list[Compared]:
    """Who objects to a service, or restricts it, is in no table of it."""
    found = []
    for service, scope in (("homelessness_prevention", "HSG"), ("asb_victim_support", "CSF"), ("informed_debt", "REV")):
        present = _present(con, service)
        found.append(
            _count(con, service, "objections and restrictions: in no table",
                f"""SELECT r.person_id, m.person_id IS NULL AS is_equal FROM (SELECT DISTINCT person_id FROM restrictions
                WHERE reason SIMILAR TO '(OBJ21|RES18):({scope}|ALL).*') r LEFT JOIN ({present}) m USING (person_id)""")
        )  # fmt: skip
    return found


def _present(con, service: str) -> str:
    """Query of truth's people met under their pseudonym in any table of a mart."""
    tables = con.execute(
        "SELECT DISTINCT table_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = 'main' AND column_name = 'person_id'",
        [service],
    ).fetchall()
    union = " UNION ".join(f'SELECT person_id FROM "{service}".main."{table}"' for (table,) in tables)
    return f"""SELECT DISTINCT c.person_id FROM ({union}) m JOIN pseudonyms p ON p."{service}" = m.person_id JOIN cells c USING (person_key)"""


def case_reviews(con, month: Path) -> list[Compared]:
    """Who may be eligible for a case review, on how many events; those who object to the service must be absent."""
    compared = f"""SELECT coalesce(t.person_id, m.person_id) AS person_id,
        coalesce(t.eligible = (m.eligibility_code IN ('EVENTS', 'HATE', 'BOTH')) AND t.qualifying_events = m.qualifying_event_count AND t.events_6m = m.events_6m_count
            AND t.hate = m.has_hate_event, false) AS is_equal
        FROM (SELECT * FROM read_csv({opening.quoted(month / "case_review.csv")}) WHERE person_id NOT IN (
            SELECT person_id FROM restrictions WHERE reason SIMILAR TO '(OBJ21|RES18):(CSF|ALL).*')) t
        FULL JOIN (SELECT w.person_id, r.* EXCLUDE (person_id) FROM asb_victim_support.main.case_review r
            JOIN pseudonyms p ON p.asb_victim_support = r.person_id LEFT JOIN whose w USING (person_key)) m
        ON m.person_id = t.person_id"""
    return [_count(con, "asb_victim_support", "case review: events, hate, eligibility, per victim", compared)]


_SCOPES = {"HSG": "homelessness_prevention", "CSF": "asb_victim_support", "REV": "informed_debt"}
# Kinds of canary that no table after staging may know: their rows are dropped or discarded at the door.
# (A victim who is a perpetrator elsewhere may also be a resident with records of their own: that is no trace of the deed.)
_OWN_RECORDS_COUNT = {"victim_and_perpetrator"}
_NEVER_STAGED = {"perpetrator_only", "witness_only", "dropped_column_only", "parking_only", "children_source_only"}


def canaries(con, truth: Path) -> list[Compared]:
    """Impossible people: their name in no text of warehouse or marts, their person only where they may be."""
    planted = json.loads((truth / "canaries.json").read_text(encoding="utf-8"))
    found = []
    for database in (*_SCOPES.values(), WAREHOUSE):
        met = _names_met(con, database, [one["surname"] for one in planted])
        name = "a canary's name in no column"
        found.append(Compared(database, name, len(planted) - len(met), unexplained=len(met)))
    never = [one["surname"] for one in planted if one["kind"] in _NEVER_STAGED]
    met = _names_met(con, "vault", never)
    found.append(
        Compared(
            "vault", "who is dropped at the door: name in no staged row", len(never) - len(met), unexplained=len(met)
        )
    )
    for scope, service in _SCOPES.items():
        barred = [
            one["person_id"]
            for one in planted
            if scope not in one["allowed_in"].split() and not (one["kind"] in _OWN_RECORDS_COUNT and scope != "CSF")
        ]
        present = {person for (person,) in con.execute(_present(con, service)).fetchall()}
        wrong = sum(person in present for person in barred)
        found.append(
            Compared(service, "a canary barred from the service: in no table", len(barred) - wrong, unexplained=wrong)
        )
    return found


def _names_met(con, database: str, names: list[str]) -> set[str]:
    """Of the names, those met in any text of a database, lower case; [] of names are met nowhere."""
    if not names:
        return set()
    columns = con.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND regexp_matches(data_type, '^(VARCHAR|MAP|STRUCT)')",
        [database],
    ).fetchall()
    sought = "|".join(re.escape(name.lower()) for name in names)
    met: set[str] = set()
    for schema, table, column in columns:
        rows = con.execute(
            f'SELECT DISTINCT regexp_extract(lower("{column}"::VARCHAR), ?) FROM "{database}"."{schema}"."{table}" '
            f'WHERE regexp_matches(lower("{column}"::VARCHAR), ?)', [sought, sought]
        ).fetchall()  # fmt: skip
        met |= {name for (name,) in rows}
    return met


def everything(con, truth: Path, month: Path) -> list[Compared]:
    """Every exact comparison the truth folder has the files for, at a desk that has met truth."""
    prepare(con, truth, month)
    found = [*debts(con, month), *freezes(con), *objections(con)]
    if (month / "case_review.csv").exists():
        found += case_reviews(con, month)
    if (truth / "canaries.json").exists():
        found += canaries(con, truth)
    return found
