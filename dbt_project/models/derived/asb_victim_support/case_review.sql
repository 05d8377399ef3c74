-- Grain: one row per victim with an event in the last six calendar months.
-- The dead stay, marked: a review may be asked for on their behalf, but no officer writes to them (row rule R8).
with decided as (
    select
        *,
        case
            when is_eligible_on_events and is_eligible_on_hate then 'BOTH'
            when is_eligible_on_events then 'EVENTS'
            when is_eligible_on_hate then 'HATE'
            when is_eligible_on_group then 'GROUP'
            else 'NONE'
        end as eligibility_code
    from {{ ref('int_asb_victim_support__events_counted') }}
)

select
    named.person_id,
    cast(decided.events_6m_count as bigint) as events_6m_count,
    cast(decided.qualifying_event_count as bigint) as qualifying_event_count,
    cast(decided.complaint_count as bigint) as complaint_count,
    decided.qualifying_hate_count > 0 as has_hate_event,
    decided.eligibility_code <> 'NONE' as is_eligible,
    decided.eligibility_code,
    labels.label as eligibility_label,
    decided.is_near_boundary,
    decided.is_case_review_requested,
    not decided.is_deceased as is_contact_allowed,
    decided.last_qualifying_on,
    case when decided.eligibility_code <> 'NONE' then decided.apply_by_on end as apply_by_on,
    {{ plus_days(plus_months(as_at(), '-rules.window_months'), 1) }} as counted_from_on,
    decided.rule_version,
    {{ as_at() }} as as_at_on
from decided
inner join {{ ref('int_asb_victim_support__people_named') }} as named
    on named.person_key = decided.person_key
inner join {{ ref('int_asb_victim_support__rules_applied') }} as rules
    on rules.rule_id = 'A1'
left join {{ ref('asb_victim_support_labels') }} as labels
    on labels.code_list = 'eligibility' and labels.code = decided.eligibility_code
order by named.person_id
