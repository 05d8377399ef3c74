-- Grain: one row per victim with something to act on, as many as the card's officers can take, strongest reason first.
with numbered as (
    select
        person_key,
        sentence,
        source,
        priority_code,
        next_step_code,
        fact_value,
        fact_on,
        rule_id,
        row_number() over (partition by person_key order by strength_rank) as reason_rank
    from {{ ref('int_asb_victim_support__indicators_met') }}
),

worded as (
    select
        person_key,
        {{ dbt.listagg("sentence || ' Source: ' || source || '.'", "' '", "order by reason_rank") }} as reasons
    from numbered
    where reason_rank <= 5
    group by person_key
),

flags as (
    select
        person_key,
        bool_or(rule_id in ('A1', 'A1H', 'A1G')) as is_case_review_eligible,
        bool_or(rule_id = 'A2') as has_hate_report,
        bool_or(rule_id = 'A3') as is_repeat_victim,
        bool_or(rule_id = 'A5') as has_high_risk_score,
        bool_or(rule_id = 'A6') as has_missing_risk_assessment
    from numbered
    group by person_key
),

strongest as (
    select
        person_key,
        priority_code,
        next_step_code
    from numbered
    where reason_rank = 1
),

steps as (
    select
        strongest.person_key,
        strongest.priority_code,
        case
            when strongest.next_step_code = 'TELL_REVIEW' and people.is_case_review_requested then 'FOLLOW_REVIEW'
            else strongest.next_step_code
        end as next_step_code
    from strongest
    inner join {{ ref('int_asb_victim_support__people_measured') }} as people
        on people.person_key = strongest.person_key
)

select
    named.person_id,
    ranked.list_rank,
    steps.priority_code,
    priority_labels.label as priority_label,
    steps.next_step_code,
    step_labels.label as next_step_label,
    worded.reasons,
    ranked.reason_count,
    flags.is_case_review_eligible,
    people.is_case_review_requested,
    flags.has_hate_report,
    flags.is_repeat_victim,
    flags.has_high_risk_score,
    flags.has_missing_risk_assessment,
    people.has_support_flag,
    people.is_support_flag_stale,
    case when flags.is_case_review_eligible then counted.apply_by_on end as apply_by_on,
    {{ plus_days(as_at(), 'expiry.threshold_value') }} as expires_on,
    coalesce(counted.events_6m_count, 0) as events_6m_count,
    coalesce(counted.qualifying_event_count, 0) as qualifying_event_count,
    people.repeat_event_count as repeat_events_90d_count,
    people.open_report_count,
    people.last_reported_on,
    people.victim_updated_on as last_updated_on,
    people.age_band as age_band_code,
    people.ward_code,
    people.is_address_withheld,
    {{ as_at() }} as as_at_on
from {{ ref('int_asb_victim_support__people_ranked') }} as ranked
inner join {{ ref('int_asb_victim_support__people_named') }} as named
    on named.person_key = ranked.person_key
inner join {{ ref('int_asb_victim_support__people_measured') }} as people
    on people.person_key = ranked.person_key
inner join worded on worded.person_key = ranked.person_key
inner join flags on flags.person_key = ranked.person_key
inner join steps on steps.person_key = ranked.person_key
inner join {{ ref('int_asb_victim_support__rules_applied') }} as expiry
    on expiry.rule_id = 'L4'
left join {{ ref('int_asb_victim_support__events_counted') }} as counted
    on counted.person_key = ranked.person_key
left join {{ ref('asb_victim_support_labels') }} as priority_labels
    on priority_labels.code_list = 'priority' and priority_labels.code = steps.priority_code
left join {{ ref('asb_victim_support_labels') }} as step_labels
    on step_labels.code_list = 'next_step' and step_labels.code = steps.next_step_code
where ranked.is_listed
order by ranked.list_rank
