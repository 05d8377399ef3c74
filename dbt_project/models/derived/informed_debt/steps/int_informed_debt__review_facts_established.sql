-- Grain: one row per listed person, refer-to-a-person rule and fact.
with people as (
    select person_key
    from {{ ref('int_informed_debt__people_listed') }}
),

-- A co-debtor's debt waits as well; the end of somebody else's freeze is told as the debt's own.
ended as (
    select
        holds.person_key,
        max(spells.until_on) as until_on,
        bool_or(spells.person_key = holds.person_key) as is_own
    from {{ ref('int_informed_debt__holds_applied') }} as holds
    inner join {{ ref('int_informed_debt__liabilities_established') }} as liabilities
        on liabilities.debt_key = holds.debt_key
    inner join {{ ref('int_informed_debt__respite_spells_read') }} as spells
        on spells.person_key = liabilities.person_key
        and spells.state_code = 'ENDED_LATELY'
        and spells.start_on is not distinct from holds.since_on
    where holds.hold_code = 'REVIEW'
    group by holds.person_key
),

contradictory as (
    select
        person_key,
        coalesce(max(start_on), {{ as_at() }}) as start_on
    from {{ ref('int_informed_debt__respite_spells_read') }}
    where state_code = 'CONTRADICTORY'
    group by person_key
),

faults as (
    select
        debts.person_key,
        faults.rule_id,
        faults.fact_value,
        faults.fact_on,
        debts.overdue_pence as amount_pence,
        row_number() over (
            partition by debts.person_key, faults.rule_id
            order by faults.fact_on desc, faults.stage_order desc, debts.overdue_pence desc, debts.debt_key, faults.fact_value
        ) as newest_first
    from {{ ref('int_informed_debt__record_faults_found') }} as faults
    inner join {{ ref('int_informed_debt__debts_assessed') }} as debts
        on debts.debt_key = faults.debt_key
        and debts.overdue_pence > 0
        and (faults.person_key is null or faults.person_key = debts.person_key)
),

after_death as (
    select
        debts.person_key,
        sum(debts.overdue_pence) as amount_pence
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    left join {{ ref('int_informed_debt__estates_recognised') }} as own_estate
        on own_estate.person_key = debts.person_key
    where debts.overdue_pence > 0
        and own_estate.person_key is null
        and debts.debt_key in (
            select liabilities.debt_key
            from {{ ref('int_informed_debt__liabilities_established') }} as liabilities
            inner join {{ ref('int_informed_debt__estates_recognised') }} as estates
                on estates.person_key = liabilities.person_key
            where liabilities.is_joint
        )
    group by debts.person_key
)

select
    ended.person_key,
    'DEBT-R01' as rule_id,
    cast({{ days_between('ended.until_on', as_at()) }} as varchar) as fact_value,
    ended.until_on as fact_on,
    cast(null as bigint) as amount_pence,
    case when ended.is_own then 'respite' else 'debts' end as source_code
from ended
inner join people on people.person_key = ended.person_key

union all

select
    contradictory.person_key,
    'DEBT-R02' as rule_id,
    'cancelled, not run out' as fact_value,
    contradictory.start_on as fact_on,
    cast(null as bigint) as amount_pence,
    'respite' as source_code
from contradictory
inner join people on people.person_key = contradictory.person_key

union all

select
    faults.person_key,
    faults.rule_id,
    faults.fact_value,
    faults.fact_on,
    faults.amount_pence,
    case faults.rule_id
        when 'DEBT-R05' then 'debts'
        when 'DEBT-R08' then 'overpayments'
        else 'council_tax_recovery'
    end as source_code
from faults
inner join people on people.person_key = faults.person_key
where faults.newest_first = 1

union all

select
    after_death.person_key,
    'DEBT-R06' as rule_id,
    'joint account' as fact_value,
    {{ as_at() }} as fact_on,
    after_death.amount_pence,
    'council_tax' as source_code
from after_death
inner join people on people.person_key = after_death.person_key
