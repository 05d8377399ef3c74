-- Grain: one row per subject, day and rule met: the strongest tier of the rule, on the strongest measure.
-- The rule is the one in force on the day, so the same case on two dates may have two answers. Words come later, where
-- they are read: most rules met lead to no list.
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
        rules.rule_version,
        rules.recompute_code
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
)

select
    strongest.day_code,
    strongest.day,
    strongest.subject_key,
    strongest.person_key,
    strongest.rule_id,
    cast(substr(strongest.rule_id, 2) as integer) as rule_number,
    strongest.tier_code,
    strongest.rule_version,
    strongest.measure_code,
    strongest.value,
    strongest.comparison,
    strongest.threshold_value,
    strongest.unit_code,
    strongest.amount_pence,
    strongest.detail_code,
    coalesce(details.label, strongest.detail_code) as detail_label,
    strongest.points,
    strongest.is_direct_referral,
    strongest.fact_on,
    strongest.until_on,
    sources.label as source_label,
    strongest.recompute_code,
    strongest.record_key
from strongest
left join {{ ref('homelessness_prevention_labels') }} as details
    on details.code_list = strongest.measure_code
    and details.code = strongest.detail_code
left join {{ ref('homelessness_prevention_labels') }} as sources
    on sources.code_list = 'source'
    and sources.code = strongest.source_code
where strongest.place = 1
