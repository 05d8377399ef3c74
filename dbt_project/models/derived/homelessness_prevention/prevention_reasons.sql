-- Grain: one row per household above the threshold and reason, strongest first; the list shows the first five.
select
    subjects.household_id,
    subjects.person_id,
    cast(indicators.reason_rank as bigint) as reason_rank,
    indicators.rule_id,
    indicators.rule_version,
    indicators.sentence,
    indicators.value as fact_value,
    indicators.threshold_value,
    cast(indicators.points as bigint) as points,
    indicators.fact_on,
    indicators.source_label as source,
    ranked.place_code,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__indicators_ranked') }} as indicators
inner join {{ ref('int_homelessness_prevention__subjects_ranked') }} as ranked
    on ranked.subject_key = indicators.subject_key
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = indicators.subject_key
where indicators.day_code = 'NOW'
