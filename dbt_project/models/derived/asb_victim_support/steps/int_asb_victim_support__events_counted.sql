-- Grain: one row per victim with a report in the last six calendar months.
with events as (
    select
        person_key,
        event_key,
        is_deceased,
        bool_or(is_qualifying) as is_qualifying,
        bool_or(is_hate) as is_hate,
        bool_or(is_near_boundary) as is_near_boundary,
        bool_or(is_case_review_requested) as is_case_review_requested,
        max(reported_on) as reported_on
    from {{ ref('int_asb_victim_support__reports_judged') }}
    where is_within_window
    group by person_key, event_key, is_deceased
),

counted as (
    select
        person_key,
        is_deceased,
        count(*) as events_6m_count,
        count(*) filter (where is_qualifying) as qualifying_event_count,
        count(*) filter (where is_hate and is_qualifying) as qualifying_hate_count,
        count(*) filter (where is_hate) as hate_event_count,
        bool_or(is_near_boundary) as is_near_boundary,
        bool_or(is_case_review_requested) as is_case_review_requested,
        max(reported_on) filter (where is_qualifying) as last_qualifying_on,
        max(reported_on) filter (where is_hate and is_qualifying) as last_qualifying_hate_on,
        max(reported_on) filter (where is_hate) as last_hate_on
    from events
    group by person_key, is_deceased
)

select
    counted.*,
    counted.qualifying_event_count >= events_rule.threshold_value as is_eligible_on_events,
    counted.qualifying_hate_count >= hate_rule.threshold_value as is_eligible_on_hate,
    events_rule.rule_version || ', ' || hate_rule.rule_version as rule_version
from counted
inner join {{ ref('int_asb_victim_support__rules_applied') }} as events_rule on events_rule.rule_id = 'A1'
inner join {{ ref('int_asb_victim_support__rules_applied') }} as hate_rule on hate_rule.rule_id = 'A1H'
