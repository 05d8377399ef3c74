"""The equality monitoring store: who is reached, by sex, ethnic group, age band and tenure. Totals only.

Knows: the columns contracts permit for monitoring (purpose MON), read inside the vault and nowhere else; and that each group
also says for how many its attribute is not held at all. Refuses to know: any service's rules. What it keeps and gives out
are counts under disclosure control (`domain.disclosure`): fewer than ten are hidden. No attribute of a person leaves here.
Law: Equality Act 2010 s149 (duty to have due regard).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairview.contracts.catalogue import Catalogue
from fairview.domain import disclosure
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

NOT_HELD = "not held"
# What stands where an attribute is unknown: a tenure the council does not know is no other than an owner's to it.
UNKNOWN = {"tenure": f"owner, other or {NOT_HELD}"}
# Codes of the feeds (specification, section 6) in plain words; any other code is "not held".
_WORDS = {
    "sex": {"1": "male", "M": "male", "2": "female", "F": "female"},
    "ethnic group": {"1": "white", "2": "black", "3": "asian", "4": "mixed", "5": "other"},
}
_COLUMNS = {
    "gender": "sex",
    "ethnic_id": "ethnic group",
    "ethnic_origin": "ethnic group",
    "ethnic_group": "ethnic group",
}
ATTRIBUTES = ("sex", "ethnic group", "age band", "tenure")
_TOTALS = """service VARCHAR, as_at_on DATE, attribute VARCHAR, group_label VARCHAR, people_count BIGINT, listed_count BIGINT"""


@dataclass(frozen=True)
class Total:
    """One group of one attribute: people the service looked at and people on its list, each as it may be told."""

    attribute: str
    group: str
    people: disclosure.Told
    listed: disclosure.Told


def gather(con, catalogue: Catalogue) -> None:
    """At a desk, make `monitored(person_key, attribute, value)`: one row per person of the spine and attribute.

    Where records of one person disagree, what most say stands. Tenure says only what the council knows itself.
    """
    said = []
    for contract in catalogue.feeds:
        for column in contract.columns:
            attribute = _COLUMNS.get(column.name)
            if attribute and "MON" in column.purposes and contract.is_person_bearing:
                cases = " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in _WORDS[attribute].items())
                said.append(
                    f"SELECT person_key, '{attribute}' AS attribute, CASE \"{column.staged_name}\"::VARCHAR {cases} END AS value "
                    f'FROM vault.identity.record_person JOIN vault.staged."{contract.feed}" USING (record_key) '
                    f"WHERE feed = '{contract.feed}'"
                )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE monitored AS
        WITH votes AS (
            SELECT person_key, attribute, value, count(*) AS votes FROM ({" UNION ALL ".join(said)}) WHERE value IS NOT NULL
            GROUP BY person_key, attribute, value QUALIFY row_number() OVER (PARTITION BY person_key, attribute ORDER BY votes DESC, value) = 1
        ),
        tenants AS (
            SELECT DISTINCT links.person_key FROM vault.identity.record_person links
            JOIN vault.staged.tenancy_people p ON links.feed = 'tenancy_people' AND p.record_key = links.record_key
            JOIN vault.staged.tenancies t ON t.house_ref = p.house_ref WHERE t.eot IS NULL OR t.eot > t.extract_date
        ),
        helped AS (
            SELECT DISTINCT links.person_key FROM vault.identity.record_person links
            JOIN vault.staged.benefit_claims c ON links.feed = 'benefit_claims' AND c.record_key = links.record_key
            JOIN vault.staged.benefit_awards a ON a.claim_id = c.claim_id AND a.award_type = 'HB' AND a.to_date IS NULL
        ),
        everybody AS (SELECT person_key, age_band FROM warehouse.pseudonymised.psn_spine__people)
        SELECT person_key, attribute, coalesce(value, '{NOT_HELD}') AS value
        FROM (SELECT person_key, unnest(['sex', 'ethnic group']) AS attribute FROM everybody) LEFT JOIN votes USING (person_key, attribute)
        UNION ALL SELECT person_key, 'age band', CASE WHEN age_band = 'unknown' THEN '{NOT_HELD}' ELSE age_band END FROM everybody
        UNION ALL SELECT person_key, 'tenure', CASE WHEN t.person_key IS NOT NULL THEN 'council tenant'
            WHEN h.person_key IS NOT NULL THEN 'other tenant on housing benefit' ELSE '{UNKNOWN["tenure"]}' END
        FROM everybody LEFT JOIN tenants t USING (person_key) LEFT JOIN helped h USING (person_key)"""
    )


def totals(con, service: str, list_table: str, where: str = "true") -> list[Total]:
    """Of everybody in the spine and everybody on a service's list: counts by group, as they may be told."""
    rows = con.execute(
        f"""SELECT attribute, value, count(*), count(l.person_id)
        FROM monitored JOIN pseudonyms USING (person_key)
        LEFT JOIN (SELECT DISTINCT person_id FROM "{service}".main."{list_table}" WHERE {where}) l ON l.person_id = pseudonyms."{service}"
        GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    told = []
    for attribute in ATTRIBUTES:
        people, _ = disclosure.breakdown({value: n for name, value, n, _ in rows if name == attribute})
        listed, _ = disclosure.breakdown({value: n for name, value, _, n in rows if name == attribute})
        told += [Total(attribute, value, people[value], listed[value]) for value in people]
    return told


def keep(places: Places, keyring: Keyring, service: str, as_at: date, found: list[Total]) -> None:
    """Write a service's totals into the vault's monitoring store, in place of those of the same date."""
    with opening.vault(places, keyring) as con:
        con.execute("CREATE SCHEMA IF NOT EXISTS monitoring")
        con.execute(f"CREATE TABLE IF NOT EXISTS monitoring.totals ({_TOTALS})")
        con.execute("DELETE FROM monitoring.totals WHERE service = ? AND as_at_on = ?", [service, as_at])
        con.executemany(
            "INSERT INTO monitoring.totals VALUES (?, ?, ?, ?, ?, ?)",
            [[service, as_at, one.attribute, one.group, one.people.value, one.listed.value] for one in found],
        )
