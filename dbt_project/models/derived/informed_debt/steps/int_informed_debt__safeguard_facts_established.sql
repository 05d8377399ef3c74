-- Grain: one row per listed person, safeguard rule and fact. No value here tells what a flag is for or who set it.
with flagged as (
    select flags.*
    from {{ ref('int_informed_debt__support_flags_gathered') }} as flags
    inner join {{ ref('int_informed_debt__people_listed') }} as people
        on people.person_key = flags.person_key
),

agents as (
    select
        debts.person_key,
        debts.stage_on,
        debts.stage_code,
        debts.debt_type_code,
        debts.overdue_pence,
        row_number() over (
            partition by debts.person_key
            order by debts.stage_order desc, debts.stage_on desc, debts.debt_key
        ) as strongest_first
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    where debts.agent_code in ('ENFORCEMENT', 'COLLECTION') and debts.overdue_pence > 0
)

select
    person_key,
    'DEBT-S01' as rule_id,
    'in force' as fact_value,
    {{ as_at() }} as fact_on,
    cast(null as bigint) as amount_pence,
    'support' as source_code
from flagged

union all

select
    person_key,
    'DEBT-S02' as rule_id,
    'overdue' as fact_value,
    review_by_on as fact_on,
    cast(null as bigint) as amount_pence,
    'support' as source_code
from flagged
where is_review_due

union all

select
    flagged.person_key,
    'DEBT-S03' as rule_id,
    stages.label as fact_value,
    coalesce(agents.stage_on, {{ as_at() }}) as fact_on,
    agents.overdue_pence as amount_pence,
    'debts' as source_code
from flagged
inner join agents
    on agents.person_key = flagged.person_key
    and agents.strongest_first = 1
inner join {{ ref('informed_debt_stages') }} as stages
    on stages.debt_type_code = agents.debt_type_code
    and stages.stage_code = agents.stage_code
    and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
