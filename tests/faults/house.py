"""A house small enough to be broken thousands of times: the real contracts, walk and floors, a dbt project of a dozen models.

Deliveries, door, vault and linking are the real ones; what dbt builds is cut down to the tables of one tiny service, since
a fault at a call that changes a file does not care how many models came before it.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fairview import walk
from fairview.contracts.catalogue import HOUSE, Catalogue, catalogue
from fairview.intake import deliveries
from fairview.store import generations
from fairview.store.generations import Generation
from fairview.store.places import places

SERVICE = "tiny"
ATS = (datetime(2026, 10, 5, 6, 0, tzinfo=UTC), datetime(2026, 11, 5, 6, 0, tzinfo=UTC))
LATE = datetime(2027, 3, 5, 6, 0, tzinfo=UTC)  # long after every source fell silent
RESIDENTS, SEED = 100, 3

_COPIED = (
    "macros/keys.sql", "macros/dates.sql", "macros/generate_schema_name.sql", "profiles.yml",
    "models/staging/corporate/_corporate__sources.yml", "models/staging/corporate/stg_corporate__deaths.sql",
    "models/staging/gazetteer/_gazetteer__sources.yml", "models/staging/gazetteer/stg_gazetteer__properties.sql",
    "models/staging/housing/_housing__sources.yml", "models/staging/housing/stg_housing__arrears_actions.sql",
    "models/staging/housing/stg_housing__rent_transactions.sql", "models/staging/housing/stg_housing__tenancies.sql",
    "models/staging/housing/stg_housing__tenancy_people.sql", "models/staging/spine/_spine__sources.yml",
    "models/staging/spine/stg_spine__council_household_keys.sql", "models/staging/spine/stg_spine__tenancy_keys.sql",
    "models/pseudonymised/corporate/psn_corporate__deaths.sql", "models/pseudonymised/housing/psn_housing__tenancy_people.sql",
    "models/pseudonymised/spine/psn_spine__people.sql",
)  # fmt: skip
_OWN = {
    "dbt_project.yml": """
name: fairview
version: "1.0.0"
profile: fairview
flags: {send_anonymous_usage_stats: false, partial_parse: true, use_colors: false}
vars: {as_at: "1970-01-01"}
models:
  fairview:
    staging: {+database: vault, +schema: staging, +materialized: view, spine: {+materialized: table}}
    pseudonymised: {+database: warehouse, +schema: pseudonymised, +materialized: table}
    derived: {tiny: {+database: tiny, +schema: main, +materialized: table}}
seeds: {fairview: {+database: rules, +schema: rules}}
""",
    "models/pseudonymised/spine/_people.yml": """
version: 2
models: [{name: psn_spine__people, columns: [{name: person_key, data_tests: [unique, not_null]}]}]
""",
    "models/derived/tiny/people_list.sql": """
select person_id, row_number() over (order by person_id) as list_rank, 'Known since 2026-01-01' as reasons, as_at_on
from {{ ref('facts') }} order by person_id limit 20
""",
    "models/derived/tiny/facts.sql": """
select {{ person_id('people.person_key') }} as person_id, rules.rule_id, (1 + length(people.age_band))::bigint as amount_pence,
    {{ as_at() }} as as_at_on
from {{ ref('psn_spine__people') }} as people cross join {{ ref('rules') }} as rules
where people.person_key in (select person_key from {{ ref('psn_housing__tenancy_people') }})
""",
    "models/derived/tiny/totals.sql": """
select rule_id as group_code, case when count(*) >= 10 then (round(count(*) / 5.0) * 5)::bigint end as shown_count,
    count(*) < 10 as is_suppressed, {{ as_at() }} as as_at_on
from {{ ref('facts') }} group by rule_id
""",
}


def small_house(folder: Path) -> Catalogue:
    """The real feeds, one tiny service, a dbt project of a dozen models."""
    from tests.tiny_house import tiny_house

    made = tiny_house(folder)
    project = folder / "dbt_project"
    for name in _COPIED:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HOUSE / "dbt_project" / name, project / name)
    for name, text in _OWN.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text.lstrip(), encoding="utf-8")
    # Whom the service may know are the people of its feeds; the tiny house has no feed of people.
    cards = tuple(
        replace(card, feeds=("housing.tenancies", "housing.tenancy_people", "corporate.deaths"))
        for card in made.services
    )
    return Catalogue(folder, catalogue().feeds, cards)


def opened(declared: Catalogue, point: Path) -> walk.House:
    """The house on the state of one point, as every process of the walk opens it."""
    return walk.house(declared, places(point / "state"))


def waiting(here: walk.House) -> Generation:
    """The candidate that stands beside what is published."""
    standing = generations.current(here.places, SERVICE)
    (found,) = [
        path for path in here.places.zone(SERVICE).glob("gen-*") if standing is None or path.name != standing.name
    ]
    return Generation(SERVICE, found)


def months(folder: Path) -> list[list]:
    """Deliveries by month, oldest first."""
    found = deliveries.find(folder)
    return [[one for one in found if one.extract_date == day] for day in sorted({one.extract_date for one in found})]
