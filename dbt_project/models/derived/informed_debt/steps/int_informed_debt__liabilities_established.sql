-- Grain: one row per debt and person who owes it. A joint debt stands in full on each, marked joint, never divided.
-- A void, a firm or an unlinked name is no person and has no row; whether a debt is joint is told from the source's own rows.
-- `unsettled_as`: why a named officer has to settle first that this person owes it, blank where the record settles it.
-- Council tax is owed day by day by those liable on the day (Local Government Finance Act 1992 ss 2, 6 and 9).
with council_tax_debts as (
    select
        debts.debt_key,
        debts.account_key,
        accounts.person_key as lead_person_key,
        accounts.lead_liab_pos,
        greatest(accounts.liability_start, {{ debt_year_start('debts.financial_year') }}) as liable_from,
        least(
            coalesce(accounts.liability_end, {{ debt_year_start('debts.financial_year + 1') }}),
            {{ debt_year_start('debts.financial_year + 1') }}
        ) as liable_before
    from {{ ref('int_informed_debt__council_tax_debts_valued') }} as debts
    inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
        on accounts.council_tax_account_key = debts.account_key
),

parties as (
    select
        council_tax_account_key as account_key,
        person_key,
        liab_pos,
        from_date,
        coalesce(to_date, date '9999-12-31') as to_date
    from {{ ref('psn_revenues__council_tax_parties') }}
    where from_date <= {{ as_at() }}
),

-- Liability positions 0 (non-liable) and 9 (void) owe nothing (SPEC lead_liab_pos, R9).
spells as (
    select
        debts.debt_key,
        parties.person_key,
        parties.liab_pos,
        parties.from_date,
        parties.to_date,
        debts.liable_from,
        debts.liable_before,
        debts.liable_from < debts.liable_before
        and parties.from_date < debts.liable_before
        and parties.to_date > debts.liable_from as is_in_year,
        max(parties.to_date) over (partition by debts.debt_key) as latest_end_on,
        -- Of one person's spells: whether days lie between this one and all before it.
        parties.from_date > max(parties.to_date) over (
            partition by debts.debt_key, parties.person_key
            order by parties.from_date, parties.to_date
            rows between unbounded preceding and 1 preceding
        ) as is_after_gap
    from council_tax_debts as debts
    inner join parties
        on parties.account_key = debts.account_key
        and parties.liab_pos not in (0, 9)
),

years as (
    select
        debt_key,
        bool_or(is_in_year) as is_somebody_in_year
    from spells
    group by debt_key
),

-- A charge carried into a year in which nobody was liable is at most the matter of those liable last.
council_tax_owed as (
    select
        spells.debt_key,
        spells.person_key,
        bool_or(spells.liab_pos = 1) as is_joint_by_position,
        case
            when bool_or(spells.liab_pos = 12) then 'payer'
            when bool_or(spells.liab_pos = 11) then 'suspense'
            when bool_or(spells.liab_pos = -1) then 'marked as an error'
            when not bool_and(spells.is_in_year) then 'liable in other years alone'
            when min(spells.from_date) > min(spells.liable_from)
                or max(spells.to_date) < min(spells.liable_before)
                or bool_or(coalesce(spells.is_after_gap, false))
                then 'liable for part of the time'
        end as unsettled_as
    from spells
    inner join years
        on years.debt_key = spells.debt_key
    where spells.is_in_year
        or (not years.is_somebody_in_year and spells.to_date = spells.latest_end_on)
    group by spells.debt_key, spells.person_key
),

-- An account without any party row still has its lead person.
council_tax_leads as (
    select
        debts.debt_key,
        debts.lead_person_key as person_key,
        debts.lead_liab_pos = 1 as is_joint_by_position,
        case
            when debts.lead_liab_pos = 12 then 'payer'
            when debts.liable_from >= debts.liable_before then 'liable in other years alone'
            when parties.account_key is not null then 'a party without liability'
        end as unsettled_as
    from council_tax_debts as debts
    left join years
        on years.debt_key = debts.debt_key
    left join (select distinct account_key from parties) as parties
        on parties.account_key = debts.account_key
    where years.debt_key is null
        and debts.lead_liab_pos not in (0, 9)
),

rent_owed as (
    select
        debts.debt_key,
        tenants.person_key,
        false as is_joint_by_position,
        case when not tenants.is_throughout then 'tenant for part of the time' end as unsettled_as
    from {{ ref('int_informed_debt__rent_debts_valued') }} as debts
    inner join {{ ref('psn_spine__tenants') }} as tenants
        on tenants.tenancy_key = debts.account_key
),

owed as (
    select debt_key, person_key, is_joint_by_position, unsettled_as from council_tax_owed
    union all
    select debt_key, person_key, is_joint_by_position, unsettled_as from council_tax_leads
    union all
    select debt_key, person_key, is_joint_by_position, unsettled_as from rent_owed
    union all
    select debt_key, person_key, false as is_joint_by_position, cast(null as varchar) as unsettled_as
    from {{ ref('int_informed_debt__overpayment_debts_valued') }}
    union all
    select debt_key, person_key, false as is_joint_by_position, cast(null as varchar) as unsettled_as
    from {{ ref('int_informed_debt__sundry_debts_valued') }}
),

counted as (
    select
        debt_key,
        count(distinct person_key) + count(case when person_key is null then 1 end) as debtor_count,
        bool_or(is_joint_by_position) as is_joint_by_position
    from owed
    group by debt_key
)

select
    owed.debt_key,
    owed.person_key,
    counted.debtor_count > 1 or counted.is_joint_by_position as is_joint,
    counted.debtor_count = 1 and not counted.is_joint_by_position as is_sole,
    -- Two records of one person on one debt: what is settled in one is settled.
    case when bool_and(owed.unsettled_as is not null) then max(owed.unsettled_as) end as unsettled_as
from owed
inner join counted
    on counted.debt_key = owed.debt_key
where owed.person_key is not null
group by owed.debt_key, owed.person_key, counted.debtor_count, counted.is_joint_by_position
