-- Grain: one row per listed person, freeze rule and fact.
with agents as (
    select
        debts.person_key,
        debts.is_frozen,
        debts.stage_on,
        debts.stage_code,
        debts.debt_type_code,
        debts.overdue_pence,
        row_number() over (
            partition by debts.person_key
            order by debts.stage_order desc, debts.stage_on desc, debts.debt_key
        ) as strongest_first
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    where debts.agent_code in ('ENFORCEMENT', 'COLLECTION') and debts.is_frozen and debts.overdue_pence > 0
)

select
    spells.person_key,
    'DEBT-F01' as rule_id,
    case
        when bool_or(spells.start_on is null)
            then 'since a day that is not on record (in force on ' || {{ debt_written_date(as_at()) }} || ')'
        else 'since ' || {{ debt_written_date('min(spells.start_on)') }}
    end
    || case
        when bool_or(spells.until_on is null) then ', with no end yet'
        else ', until ' || {{ debt_written_date('max(spells.until_on)') }}
    end as fact_value,
    case when bool_or(spells.start_on is null) then {{ as_at() }} else min(spells.start_on) end as fact_on,
    cast(null as bigint) as amount_pence,
    -- The notice says more than a marker of ours.
    max(spells.source_code) as source_code
from {{ ref('int_informed_debt__respite_spells_read') }} as spells
inner join {{ ref('int_informed_debt__people_listed') }} as people
    on people.person_key = spells.person_key
where spells.state_code = 'IN_FORCE'
group by spells.person_key

union all

select
    estates.person_key,
    'DEBT-F02' as rule_id,
    'estate' as fact_value,
    estates.known_on as fact_on,
    cast(null as bigint) as amount_pence,
    estates.source_code
from {{ ref('int_informed_debt__estates_recognised') }} as estates
inner join {{ ref('int_informed_debt__people_listed') }} as people
    on people.person_key = estates.person_key

union all

select
    people.person_key,
    'DEBT-F03' as rule_id,
    case
        when people.overdue_pence > 0 then 'Everything overdue, ' || {{ debt_pounds('people.overdue_pence') }} || ','
        else 'A balance of ' || {{ debt_pounds('people.frozen_balance_pence') }} || ', none of it due yet,'
    end as fact_value,
    {{ as_at() }} as fact_on,
    case when people.overdue_pence > 0 then people.overdue_pence else people.frozen_balance_pence end as amount_pence,
    'debts' as source_code
from {{ ref('int_informed_debt__people_listed') }} as people
where people.frozen_overdue_pence = people.overdue_pence

union all

select
    agents.person_key,
    'DEBT-F04' as rule_id,
    stages.label as fact_value,
    coalesce(agents.stage_on, {{ as_at() }}) as fact_on,
    agents.overdue_pence as amount_pence,
    'debts' as source_code
from agents
inner join {{ ref('informed_debt_stages') }} as stages
    on stages.debt_type_code = agents.debt_type_code
    and stages.stage_code = agents.stage_code
    and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
where agents.strongest_first = 1
