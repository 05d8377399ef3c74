-- Grain: one row per subject, day and rule met: the strongest tier of the rule, on the strongest measure.
-- The rule is the one in force on the day, so the same case on two dates may have two answers.
with met as (
    select
        measures.*,
        rules.rule_id,
        rules.tier_code,
        rules.tier_order,
        rules.comparison,
        rules.threshold_value,
        rules.unit_code,
        rules.points,
        rules.is_direct_referral,
        rules.name as rule_name,
        rules.rule_version,
        rules.sentence_template,
        rules.recompute_code,
        cast(substr(rules.rule_id, 2) as integer) as rule_number
    from {{ ref('int_homelessness_prevention__measures_gathered') }} as measures
    inner join {{ ref('homelessness_prevention_rules') }} as rules
        on rules.measure_code = measures.measure_code
        and {{ in_force('rules.valid_from', 'rules.valid_to', 'measures.day') }}
    where {{ prevention_meets('measures.value', 'rules.comparison', 'rules.threshold_value') }}
),

strongest as (
    select
        met.*,
        row_number() over (
            partition by met.day_code, met.subject_key, met.rule_id
            order by
                met.is_direct_referral desc,
                met.points desc,
                met.tier_order desc,
                case when met.comparison in ('<', '<=') then -met.value else met.value end desc,
                met.amount_pence desc nulls last,
                met.fact_on desc,
                met.until_on nulls last,
                met.detail_code nulls last,
                met.person_key
        ) as place
    from met
),

worded as (
    select
        strongest.*,
        coalesce(details.label, strongest.detail_code) as detail_label,
        sources.label as source_label
    from strongest
    left join {{ ref('homelessness_prevention_labels') }} as details
        on details.code_list = strongest.measure_code
        and details.code = strongest.detail_code
    left join {{ ref('homelessness_prevention_labels') }} as sources
        on sources.code_list = 'source'
        and sources.code = strongest.source_code
    where strongest.place = 1
)

select
    worded.day_code,
    worded.day,
    worded.subject_key,
    worded.person_key,
    worded.rule_id,
    worded.rule_number,
    worded.tier_code,
    worded.rule_name,
    worded.rule_version,
    worded.measure_code,
    worded.value,
    worded.comparison,
    worded.threshold_value,
    worded.unit_code,
    worded.amount_pence,
    worded.detail_code,
    worded.detail_label,
    worded.points,
    worded.is_direct_referral,
    worded.fact_on,
    worded.until_on,
    worded.source_label,
    worded.recompute_code,
    worded.record_key,
    {{ prevention_sentence('worded.sentence_template', {
        'value': prevention_written_value('worded.value', 'worded.unit_code'),
        'threshold': prevention_written_value('worded.threshold_value', 'worded.unit_code'),
        'amount': prevention_pounds('worded.amount_pence'),
        'detail': 'worded.detail_label',
        'fact_on': prevention_written_date('worded.fact_on'),
        'until_on': prevention_written_date('worded.until_on'),
        'source': 'worded.source_label',
    }) }} as sentence
from worded
