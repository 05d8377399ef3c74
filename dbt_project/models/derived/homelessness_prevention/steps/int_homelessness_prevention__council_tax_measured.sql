-- Grain: one row per financial year of an account that is overdue and has reached a step of recovery (rule H5).
select
    day_code,
    day,
    subject_key,
    person_key,
    'COUNCIL_TAX_STEP' as measure_code,
    cast(step_level as decimal(18, 2)) as value,
    overdue_pence as amount_pence,
    stage_code as detail_code,
    stage_on as fact_on,
    cast(null as date) as until_on,
    'COUNCIL_TAX' as source_code
from {{ ref('int_homelessness_prevention__council_tax_debts_dated') }}
where overdue_pence > 0 and step_level > 0
