-- Grain: one row per listed victim, report and kind of event: what happened when, coded, without free text.
with reports as (
    select
        named.person_id,
        reports_named.incident_id,
        reports.occurred_on,
        reports.reported_on,
        reports.risk_assessed_on,
        reports.victim_updated_on,
        reports.closed_on,
        reports.asb_type,
        reports.source,
        reports.closure_code,
        reports.risk_score
    from {{ ref('int_asb_victim_support__reports_judged') }} as reports
    inner join {{ ref('int_asb_victim_support__people_ranked') }} as ranked
        on ranked.person_key = reports.person_key
    inner join {{ ref('int_asb_victim_support__people_named') }} as named
        on named.person_key = reports.person_key
    inner join {{ ref('int_asb_victim_support__reports_named') }} as reports_named
        on reports_named.asb_incident_key = reports.asb_incident_key
    where ranked.is_listed
),

dated as (
    select
        person_id,
        incident_id,
        occurred_on as happened_on,
        1 as order_in_day,
        'HAPPENED' as event_code,
        'asb_type' as detail_list,
        asb_type as detail_code,
        cast(null as bigint) as risk_score
    from reports
    union all
    select
        person_id,
        incident_id,
        reported_on as happened_on,
        2 as order_in_day,
        'REPORTED' as event_code,
        'source' as detail_list,
        source as detail_code,
        cast(null as bigint) as risk_score
    from reports
    union all
    select
        person_id,
        incident_id,
        risk_assessed_on as happened_on,
        3 as order_in_day,
        'ASSESSED' as event_code,
        cast(null as varchar) as detail_list,
        cast(null as varchar) as detail_code,
        risk_score
    from reports
    where risk_assessed_on is not null
    union all
    select
        person_id,
        incident_id,
        victim_updated_on as happened_on,
        4 as order_in_day,
        'UPDATED' as event_code,
        cast(null as varchar) as detail_list,
        cast(null as varchar) as detail_code,
        cast(null as bigint) as risk_score
    from reports
    where victim_updated_on is not null
    union all
    select
        person_id,
        incident_id,
        closed_on as happened_on,
        5 as order_in_day,
        'CLOSED' as event_code,
        'closure_reason' as detail_list,
        closure_code as detail_code,
        cast(null as bigint) as risk_score
    from reports
    where closed_on is not null
)

select
    dated.person_id,
    dated.happened_on as event_on,
    dated.event_code,
    event_labels.label as event_label,
    dated.detail_code,
    coalesce(detail_labels.label, dated.detail_code) as detail_label,
    dated.risk_score,
    dated.incident_id,
    'community_safety' as source_code,
    {{ as_at() }} as as_at_on
from dated
left join {{ ref('asb_victim_support_labels') }} as event_labels
    on event_labels.code_list = 'chronology' and event_labels.code = dated.event_code
left join {{ ref('asb_victim_support_labels') }} as detail_labels
    on detail_labels.code_list = dated.detail_list and detail_labels.code = dated.detail_code
order by dated.person_id, dated.happened_on, dated.order_in_day, dated.incident_id
