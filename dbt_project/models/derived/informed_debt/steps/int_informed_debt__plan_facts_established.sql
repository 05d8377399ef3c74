-- Grain: one row per listed person, plan or standard rule or note, and fact.
with people as (
    select *
    from {{ ref('int_informed_debt__people_listed') }}
),

debts as (
    select
        debts.*,
        stages.label as stage_label
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    left join {{ ref('informed_debt_stages') }} as stages
        on stages.debt_type_code = debts.debt_type_code
        and stages.stage_code = debts.stage_code
        and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
),

arranged as (
    select
        person_key,
        arranged_on,
        stage_label as fact_value,
        overdue_pence,
        row_number() over (partition by person_key order by overdue_pence desc, arranged_on desc, debt_key) as largest_first
    from debts
    where has_payment_arrangement and overdue_pence > 0
),

broken as (
    select
        debts.person_key,
        debts.arrangement_broken_on,
        steps.stage_label,
        debts.overdue_pence,
        row_number() over (
            partition by debts.person_key
            order by
                debts.arrangement_broken_on desc, debts.overdue_pence desc, debts.debt_key,
                steps.stage_on, steps.stage_order, steps.stage_code
        ) as newest_first
    from debts
    inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as steps
        on steps.council_tax_account_key = debts.account_key
        and steps.financial_year = debts.financial_year
        and steps.stage_on > debts.arrangement_broken_on
        and steps.stage_code not in ('BILL', 'HOLD')
        and not steps.is_arrangement
    where debts.overdue_pence > 0
        and {{ days_between('debts.arrangement_broken_on', 'steps.stage_on') }} <= {{ debt_threshold('DEBT-P02') }}
)

select
    person_key,
    'DEBT-P01' as rule_id,
    fact_value,
    arranged_on as fact_on,
    overdue_pence as amount_pence,
    'debts' as source_code
from arranged
where largest_first = 1

union all

select
    person_key,
    'DEBT-P02' as rule_id,
    stage_label as fact_value,
    arrangement_broken_on as fact_on,
    overdue_pence as amount_pence,
    'council_tax_recovery' as source_code
from broken
where newest_first = 1

union all

select
    person_key,
    'DEBT-P03' as rule_id,
    {{ debt_pounds('overdue_pence') }} as fact_value,
    {{ as_at() }} as fact_on,
    overdue_pence as amount_pence,
    'debts' as source_code
from people
where overdue_pence > 0
    and overdue_pence <= {{ debt_threshold('DEBT-P03') }}

union all

select
    person_key,
    'DEBT-P04' as rule_id,
    {{ debt_pounds('overdue_pence') }} as fact_value,
    oldest_overdue_on as fact_on,
    overdue_pence as amount_pence,
    'debts' as source_code
from people
where overdue_pence > 0
    and not is_any_arrears_old

union all

select
    person_key,
    'DEBT-T01' as rule_id,
    {{ debt_pounds('overdue_pence') }} as fact_value,
    oldest_overdue_on as fact_on,
    overdue_pence as amount_pence,
    'debts' as source_code
from people
where overdue_pence > 0

union all

select
    person_key,
    'DEBT-N01' as rule_id,
    {{ debt_pounds('joint_overdue_pence') }} as fact_value,
    {{ as_at() }} as fact_on,
    joint_overdue_pence as amount_pence,
    'debts' as source_code
from people
where joint_overdue_pence > 0

union all

select
    person_key,
    'DEBT-N02' as rule_id,
    {{ debt_pounds('-credit_pence') }} as fact_value,
    {{ as_at() }} as fact_on,
    -credit_pence as amount_pence,
    'debts' as source_code
from people
where credit_pence < 0
