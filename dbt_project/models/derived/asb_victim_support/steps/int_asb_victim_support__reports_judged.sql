-- Grain: one row per victim and report kept (rule L1: the look-back, and older reports still open).
-- Of all reports of one event one at most qualifies: the first in time and not anonymous within the six months.
with judged as (
    select
        victims.person_key,
        victims.is_deceased,
        victims.is_address_withheld,
        events.event_key,
        reports.asb_incident_key,
        reports.incident_place_key,
        reports.source,
        reports.asb_group,
        reports.asb_type,
        reports.is_hate,
        reports.is_case_review_requested,
        reports.has_support_flag,
        reports.ward_code,
        reports.reported_on,
        reports.began_on,
        reports.occurred_on,
        reports.risk_score,
        reports.risk_assessed_on,
        reports.victim_updated_on,
        reports.closed_on,
        reports.closure_code,
        reports.is_open,
        {{ days_between('reports.occurred_on', 'reports.reported_on') }} as days_to_report,
        reports.reported_on > {{ plus_months(as_at(), '-window_rule.window_months') }} as is_within_window,
        reports.source = 'ANON' or victims.is_unnamed_by_wish as is_anonymous,
        reports.reported_on <= {{ plus_months('reports.occurred_on', 'time_rule.threshold_value') }} as is_in_time,
        {{ days_between('reports.occurred_on', 'reports.reported_on') }}
        between boundary_rule.threshold_value and 31 as is_near_boundary
    from {{ ref('int_asb_victim_support__victims_selected') }} as victims
    inner join {{ ref('int_asb_victim_support__reports_dated') }} as reports
        on reports.asb_incident_key = victims.asb_incident_key
    inner join {{ ref('int_asb_victim_support__events_joined') }} as events
        on events.asb_incident_key = reports.asb_incident_key
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as window_rule on window_rule.rule_id = 'A1'
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as time_rule on time_rule.rule_id = 'Q1'
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as boundary_rule on boundary_rule.rule_id = 'Q3'
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as kept_rule on kept_rule.rule_id = 'L1'
    where
        reports.is_open
        or reports.reported_on > {{ plus_months(as_at(), '-kept_rule.threshold_value') }}
),

ordered as (
    select
        *,
        is_within_window and is_in_time and not is_anonymous as is_countable,
        row_number() over (
            partition by person_key, event_key
            order by
                case when is_within_window and is_in_time and not is_anonymous then 0 else 1 end,
                reported_on,
                asb_incident_key
        ) as place_in_event
    from judged
)

select
    *,
    is_countable and place_in_event = 1 as is_qualifying,
    case
        when not is_within_window then 'OLD'
        when is_anonymous then 'ANON'
        when not is_in_time then 'LATE'
        when place_in_event > 1 then 'SAME'
    end as not_qualifying_code
from ordered
