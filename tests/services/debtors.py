"""Invented debtors, one per combination of circumstances, written straight into a warehouse of their own.

Knows which records a department would send for each circumstance. Refuses to know any rule: what follows from the
records is for the mart to say. Each debtor is alone with their records, so that two who differ in one record show what
that record does; a joint debtor has a partner with a debt of their own, who must never fare worse for it either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
from tests.services import warehouses

from fairview.contracts.catalogue import Catalogue
from fairview.store.keys import Keyring
from fairview.store.places import Places

AS_AT = date(2026, 10, 31)
SERVICE = "informed_debt"
# Records that may only protect: each is there or not.
BRAKES = (
    "respite_in_force", "respite_ended_lately", "respite_cancelled", "death", "executors", "register",
    "support_discount", "recovery_hold", "tenancy_flag",
)  # fmt: skip
PROHIBITS = ("", "BSP", "DEC", "DISP", "VULN")
# A moratorium in force has an end in half of the kinds (the standard one) and none in the other half (the mental health
# crisis one); an objection is upheld in half of them and a restriction still to be decided in the other half.
# Kinds of debtor: a first reminder, joint; four kinds of debt with agents, joint; a liability order; an arrangement on
# full reduction.
KINDS = ("reminder", "agents", "order", "arrangement")

_TABLES = {
    "psn_revenues__council_tax_accounts": """person_key UUID, council_tax_account_key UUID, lead_liab_pos BIGINT,
        account_status VARCHAR, liability_start DATE, liability_end DATE, prohibit_code VARCHAR, prohibit_set DATE,
        prohibit_end DATE, employee_ind BOOLEAN, is_estate BOOLEAN, has_handling_need BOOLEAN""",
    "psn_revenues__council_tax_parties": """person_key UUID, council_tax_account_key UUID, liab_pos BIGINT,
        from_date DATE, to_date DATE""",
    "psn_revenues__council_tax_balances": """council_tax_account_key UUID, fy BIGINT, gross_debit_pence BIGINT,
        discounts_pence BIGINT, balance_pence BIGINT, overdue_pence BIGINT""",
    "psn_revenues__council_tax_recovery": """council_tax_account_key UUID, fy BIGINT, stage VARCHAR, stage_date DATE,
        amount_at_stage_pence BIGINT, hold_code VARCHAR, hold_until DATE, reversed_ind BOOLEAN""",
    "psn_revenues__council_tax_transactions": """council_tax_account_key UUID, fy BIGINT, txn_date DATE,
        txn_type VARCHAR, amount_pence BIGINT""",
    "psn_revenues__council_tax_discounts": """council_tax_account_key UUID, start_date DATE, end_date DATE,
        is_support_discount BOOLEAN, is_deceased_exemption BOOLEAN""",
    "psn_revenues__council_tax_occupations": """council_tax_account_key UUID, live_ind BOOLEAN,
        transit_ind BOOLEAN""",
    "psn_housing__tenancies": """tenancy_key UUID, council_household_key UUID, tenure VARCHAR, cot DATE, eot DATE,
        cur_bal_pence BIGINT, uc_flag BOOLEAN, hb_flag BOOLEAN""",
    "psn_housing__tenancy_people": """person_key UUID, council_household_key UUID, responsible BOOLEAN,
        has_support_flag BOOLEAN""",
    "psn_housing__rent_transactions": """tenancy_key UUID, post_date TIMESTAMP, trans_type VARCHAR,
        real_value_pence BIGINT""",
    "psn_benefits__benefit_awards": """benefit_award_key UUID, benefit_claim_key UUID, award_type VARCHAR,
        from_date DATE, to_date DATE, weekly_amount_pence BIGINT, passport_ind BOOLEAN""",
    "psn_benefits__benefit_claims": """person_key UUID, benefit_claim_key UUID, council_tax_account_key UUID,
        unsafe_addr_ind BOOLEAN""",
    "psn_benefits__benefit_overpayments": """person_key UUID, overpayment_invoice_key UUID, class VARCHAR,
        created DATE, balance_pence BIGINT, recovery_route VARCHAR, stage VARCHAR, last_paid DATE""",
    "psn_corporate__sundry_debts": """person_key UUID, sundry_account_key UUID, debt_type VARCHAR, raised DATE,
        balance_pence BIGINT, stage VARCHAR""",
    "psn_corporate__debt_respite_notices": """person_key UUID, start_date DATE, frozen_until DATE, status VARCHAR,
        address_withheld BOOLEAN""",
    "psn_corporate__vulnerability_register": """person_key UUID, start_date DATE, review_by DATE, end_date DATE,
        handling_code VARCHAR, needs_care BOOLEAN""",
    "psn_corporate__deaths": "person_key UUID, notified_on DATE, withdrawn_ind BOOLEAN",
    "psn_corporate__data_objections": """person_key UUID, service_scope VARCHAR, received DATE, decision VARCHAR,
        end_date DATE""",
    "psn_spine__people": "person_key UUID, ward_code VARCHAR, is_address_sensitive BOOLEAN",
    "psn_spine__tenants": "tenancy_key UUID, person_key UUID, is_throughout BOOLEAN",
}

# Every combination: the number of a case holds its circumstances as digits.
_CASES = f"""
create temp table cases as
select
    n as case_number,
    md5('person ' || n)::uuid as person_key,
    md5('partner ' || n)::uuid as partner_key,
    md5('account ' || n)::uuid as account_key,
    md5('tenancy ' || n)::uuid as tenancy_key,
    md5('household ' || n)::uuid as household_key,
    {", ".join(f"(n >> {bit}) & 1 = 1 as {name}" for bit, name in enumerate(BRAKES))},
    {list(PROHIBITS)}[1 + (n >> {len(BRAKES)}) % 5] as prohibit,
    (n >> {len(BRAKES)}) // 5 % 2 = 1 as objection,
    (n >> {len(BRAKES)}) // 10 % 2 = 1 as liability_error,
    {list(KINDS)}[1 + (n >> {len(BRAKES)}) // 20] as kind,
    (n >> {len(BRAKES)}) // 20 < 2 as joint
from range((1 << {len(BRAKES)}) * 80) as numbers(n)
"""

_RECORDS = {
    "psn_revenues__council_tax_accounts": """
        select person_key, account_key, case when liability_error then -1 when joint then 1 else 4 end, 'L',
            date '2019-04-01', null, nullif(prohibit, ''), case when prohibit <> '' then date '2026-09-01' end, null,
            false, executors, false from cases""",
    "psn_revenues__council_tax_parties": """
        select person_key, account_key, case when joint then 1 else 4 end, date '2019-04-01', null from cases
        union all
        select partner_key, account_key, 1, date '2019-04-01', null from cases where joint""",
    "psn_revenues__council_tax_balances": """
        select account_key, 2026, 160000, 0, 60000, 10000 from cases where kind = 'reminder'
        union all
        select account_key, 2025, 160000, 0, 80000, 80000 from cases where kind <> 'reminder'
        union all
        select account_key, 2026, 160000, 0, 40000, 0 from cases where kind <> 'reminder'""",
    "psn_revenues__council_tax_recovery": """
        select account_key, case when kind = 'reminder' then 2026 else 2025 end, step.stage, step.stage_on, 100,
            null, null, false
        from cases
        cross join (values (1, 'REM1', date '2025-06-01'), (2, 'SUMM', date '2025-08-01'), (2, 'LO', date '2025-09-01'),
            (3, 'ARR', date '2025-11-01'), (4, 'EA1', date '2025-12-01')) as step(place, stage, stage_on)
        where step.place = 1 or kind <> 'reminder' and step.place = 2
            or kind = 'arrangement' and step.place = 3 or kind = 'agents' and step.place = 4
        union all
        select account_key, 2025, 'HOLD', date '2026-10-01', 100, 'BSP', null, false from cases where recovery_hold
        union all
        select account_key, 2026, 'HOLD', date '2026-10-01', 100, 'BSP', null, false from cases where recovery_hold""",
    "psn_revenues__council_tax_discounts": """
        select account_key, date '2024-01-01', null, true, false from cases where support_discount""",
    "psn_housing__tenancies": """
        select tenancy_key, household_key, 'SEC', date '2018-01-01', null, case when kind = 'agents' then 30000 else 0 end,
            false, false from cases""",
    "psn_housing__tenancy_people": "select person_key, household_key, true, tenancy_flag from cases",
    "psn_housing__rent_transactions": """
        select tenancy_key, timestamp '2026-05-04', 'RNT', 30000 from cases where kind = 'agents'""",
    "psn_benefits__benefit_awards": """
        select md5('award ' || case_number)::uuid, md5('claim ' || case_number)::uuid, 'CTR', date '2025-04-01', null, 3000,
            true from cases where kind = 'arrangement'""",
    "psn_benefits__benefit_claims": """
        select person_key, md5('claim ' || case_number)::uuid, account_key, false from cases where kind = 'arrangement'""",
    "psn_benefits__benefit_overpayments": """
        select person_key, md5('invoice ' || case_number)::uuid, 'CLM', date '2025-01-10', 15000, 'INV', 'FIN', null
        from cases where kind = 'agents'""",
    "psn_corporate__sundry_debts": """
        select person_key, md5('sundry ' || case_number)::uuid, 'GARAGE', date '2025-02-10', 20000, 'REM2'
        from cases where kind = 'agents'
        union all
        select partner_key, md5('partner sundry ' || case_number)::uuid, 'OTHER', date '2025-02-10', 21000, 'REM2'
        from cases where joint""",
    "psn_corporate__debt_respite_notices": """
        select person_key, date '2026-10-11', case when kind in ('reminder', 'arrangement') then date '2026-12-10' end, 'ACTV',
            false from cases where respite_in_force
        union all
        select person_key, date '2026-08-21', date '2026-10-20', 'ENDD', false from cases where respite_ended_lately
        union all
        select person_key, date '2026-10-01', date '2026-11-30', 'CANC', false from cases where respite_cancelled""",
    "psn_corporate__vulnerability_register": """
        select person_key, date '2023-01-01', date '2026-01-01', null, 'NOEA', true from cases where register""",
    "psn_corporate__deaths": "select person_key, date '2026-10-05', false from cases where death",
    "psn_corporate__data_objections": """
        select person_key, 'REV', date '2026-09-01', case when kind in ('reminder', 'agents') then 'UPHELD' else 'PENDING' end,
            null from cases where objection""",
    "psn_spine__tenants": "select tenancy_key, person_key, true from cases",
    "psn_spine__people": """
        select person_key, 'E05002229', false from cases
        union all
        select partner_key, 'E05002229', false from cases""",
}


@dataclass(frozen=True)
class Debtor:
    """One named debtor of a kind, with the further records that departments hold; `joint` gives a partner.

    `records` are (table, values) with the places {person}, {partner}, {account}, {tenancy} and {household}.
    """

    name: str
    kind: str
    records: tuple[tuple[str, str], ...] = ()
    joint: bool = False


def person_key(name: str, role: str = "person") -> str:
    """SQL of the warehouse key of a named debtor (or their partner, account, tenancy, household)."""
    return f"md5('{role} {name}')::uuid"


def named(debtors: list[Debtor]) -> list[str]:
    """Statements that write named debtors: the records of their kind, then their own."""
    cases = " union all ".join(
        f"select '{debtor.name}' as case_number, '{debtor.kind}' as kind, {str(debtor.joint).lower()} as joint"
        for debtor in debtors
    )
    plain = ", ".join(f"false as {brake}" for brake in (*BRAKES, "objection", "liability_error"))
    keys = ", ".join(
        f"md5('{role} ' || case_number)::uuid as {role}_key"
        for role in ("person", "partner", "account", "tenancy", "household")
    )
    statements = [
        f"create or replace temp table cases as select *, {keys}, {plain}, '' as prohibit from ({cases}) as debtors"
    ]
    statements += [f"insert into {table} {records}" for table, records in _RECORDS.items()]
    for debtor in debtors:
        places = {
            role: person_key(debtor.name, role) for role in ("person", "partner", "account", "tenancy", "household")
        }
        statements += [f"insert into {table} values ({values.format(**places)})" for table, values in debtor.records]
    return statements


def write_warehouse(places: Places, keyring: Keyring, statements: list[str]) -> None:
    """A warehouse whose pseudonymised tables are filled by `statements`, made current."""
    warehouses.write(places, keyring, AS_AT, _TABLES, statements)


def every_combination() -> list[str]:
    """Statements that write one debtor, and where joint a partner, per combination of circumstances."""
    return [_CASES, *(f"insert into {table} {records}" for table, records in _RECORDS.items())]


def judge(catalogue: Catalogue, places: Places, keyring: Keyring, as_at: date = AS_AT) -> duckdb.DuckDBPyConnection:
    """Build the mart of informed debt from the current warehouse and open it as `mart`; the caller closes the connection."""
    return warehouses.judge(catalogue, places, keyring, SERVICE, as_at)


def outcomes_of_every_combination(con: duckdb.DuckDBPyConnection) -> None:
    """Lay `outcomes` beside the mart: case number, role, circumstances, severity (-1: in no lane), recoverable pence."""
    con.execute(_CASES)
    con.execute("""
        create temp table outcomes as
        with people as (
            select 'debtor' as role, person_key as key, * from cases
            union all
            select 'partner' as role, partner_key as key, * from cases where joint
        ),
        named as materialized (select *, lent_pseudonym(key::varchar)::uuid as person_id from people),
        asked as (select person_id, sum(recoverable_now_pence) as pence from mart.main.debts group by person_id)
        select named.*, coalesce(list.lane_severity, -1) as severity, coalesce(asked.pence, 0)::bigint as recoverable_pence
        from named
        left join mart.main.debt_list as list on list.person_id = named.person_id
        left join asked on asked.person_id = named.person_id""")
