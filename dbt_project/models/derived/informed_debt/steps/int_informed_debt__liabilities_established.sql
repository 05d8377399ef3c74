-- Grain: one row per debt and person who owes it. A joint debt stands in full on each, marked joint, never divided.
-- A void, a firm or an unlinked name is no person and has no row; whether a debt is joint is told from the source's own rows.
with council_tax_debts as (
    select debt_key, account_key, financial_year
    from {{ ref('int_informed_debt__council_tax_debts_valued') }}
),

-- Liability positions 0 (non-liable) and 9 (void) owe nothing (SPEC lead_liab_pos, R9).
parties as (
    select
        person_key,
        council_tax_account_key,
        liab_pos,
        from_date,
        to_date
    from {{ ref('psn_revenues__council_tax_parties') }}
    where liab_pos not in (0, 9)
        and from_date <= {{ as_at() }}
),

candidates as (
    select
        debts.debt_key,
        parties.person_key,
        parties.liab_pos,
        parties.from_date < {{ debt_year_start('debts.financial_year + 1') }}
        and (parties.to_date is null or parties.to_date > {{ debt_year_start('debts.financial_year') }}) as is_in_year
    from council_tax_debts as debts
    inner join parties
        on parties.council_tax_account_key = debts.account_key
),

-- A charge may be carried into a year in which nobody was liable any more: then it stays with those who were.
years as (
    select
        debt_key,
        bool_or(is_in_year) as is_somebody_in_year
    from candidates
    group by debt_key
),

council_tax_owed as (
    select
        candidates.debt_key,
        candidates.person_key,
        candidates.liab_pos
    from candidates
    inner join years
        on years.debt_key = candidates.debt_key
    where candidates.is_in_year or not years.is_somebody_in_year
),

-- An account without any party row still has its lead person.
council_tax_leads as (
    select
        debts.debt_key,
        accounts.person_key,
        accounts.lead_liab_pos as liab_pos
    from council_tax_debts as debts
    inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
        on accounts.council_tax_account_key = debts.account_key
        and accounts.lead_liab_pos not in (0, 9)
    left join years
        on years.debt_key = debts.debt_key
    where years.debt_key is null
),

rent_owed as (
    select
        debts.debt_key,
        people.person_key
    from {{ ref('int_informed_debt__rent_debts_valued') }} as debts
    inner join {{ ref('psn_housing__tenancies') }} as tenancies
        on tenancies.tenancy_key = debts.account_key
    inner join {{ ref('psn_housing__tenancy_people') }} as people
        on people.council_household_key = tenancies.council_household_key
        and people.responsible
),

owed as (
    select debt_key, person_key, liab_pos = 1 as is_joint_by_position from council_tax_owed
    union all
    select debt_key, person_key, liab_pos = 1 as is_joint_by_position from council_tax_leads
    union all
    select debt_key, person_key, false as is_joint_by_position from rent_owed
    union all
    select debt_key, person_key, false as is_joint_by_position from {{ ref('int_informed_debt__overpayment_debts_valued') }}
    union all
    select debt_key, person_key, false as is_joint_by_position from {{ ref('int_informed_debt__sundry_debts_valued') }}
),

counted as (
    select
        debt_key,
        count(distinct person_key) + count(case when person_key is null then 1 end) as debtor_count,
        bool_or(is_joint_by_position) as is_joint_by_position
    from owed
    group by debt_key
)

select distinct
    owed.debt_key,
    owed.person_key,
    counted.debtor_count > 1 or counted.is_joint_by_position as is_joint,
    counted.debtor_count = 1 and not counted.is_joint_by_position as is_sole
from owed
inner join counted
    on counted.debt_key = owed.debt_key
where owed.person_key is not null
