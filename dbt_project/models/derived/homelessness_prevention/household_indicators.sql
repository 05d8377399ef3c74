-- Grain: one row per household and rule met on the as-at date, whether or not the household is on the list.
select
    subjects.household_id,
    people.person_id,
    indicators.rule_id,
    indicators.tier_code,
    rules.name as rule_name,
    indicators.rule_version,
    indicators.measure_code,
    indicators.value as fact_value,
    indicators.comparison as comparison_code,
    indicators.threshold_value,
    indicators.unit_code,
    units.label as unit_label,
    indicators.amount_pence,
    indicators.detail_code,
    indicators.detail_label,
    cast(indicators.points as bigint) as points,
    indicators.is_direct_referral,
    indicators.fact_on,
    indicators.until_on,
    indicators.source_label as source,
    banded.is_open_case,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__indicators_met') }} as indicators
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = indicators.subject_key
inner join {{ ref('int_homelessness_prevention__people_named') }} as people
    on people.person_key = indicators.person_key
inner join {{ ref('int_homelessness_prevention__subjects_banded') }} as banded
    on banded.day_code = indicators.day_code
    and banded.subject_key = indicators.subject_key
inner join {{ ref('homelessness_prevention_rules') }} as rules
    on rules.rule_id = indicators.rule_id
    and rules.tier_code = indicators.tier_code
    and {{ in_force('rules.valid_from', 'rules.valid_to', as_at()) }}
left join {{ ref('homelessness_prevention_labels') }} as units
    on units.code_list = 'unit' and units.code = indicators.unit_code
where indicators.day_code = 'NOW'
