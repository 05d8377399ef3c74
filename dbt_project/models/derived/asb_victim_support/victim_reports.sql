-- Grain: one row per victim and report, with whether it counts for a case review and why not.
-- Where the address is never shown (row rule R10), neither ward nor place is.
select
    people_named.person_id,
    reports_named.incident_id,
    reports_named.event_id,
    reports.reported_on,
    reports.began_on,
    reports.occurred_on,
    cast(reports.days_to_report as bigint) as days_to_report,
    reports.is_within_window as is_within_6m,
    reports.is_in_time as is_reported_in_time,
    reports.is_anonymous,
    reports.is_near_boundary,
    reports.is_qualifying,
    reports.not_qualifying_code,
    reason_labels.label as not_qualifying_label,
    reports.source as source_code,
    coalesce(source_labels.label, reports.source) as source_label,
    reports.asb_group as asb_group_code,
    coalesce(group_labels.label, reports.asb_group) as asb_group_label,
    reports.asb_type as asb_type_code,
    coalesce(type_labels.label, reports.asb_type) as asb_type_label,
    reports.is_hate as is_hate_motivated,
    reports.has_support_flag,
    reports.is_case_review_requested,
    reports.risk_score,
    reports.risk_assessed_on,
    reports.victim_updated_on,
    reports.is_open,
    reports.closed_on,
    case when not reports.is_address_withheld then reports_named.place_id end as place_id,
    case when not reports.is_address_withheld then reports.ward_code end as ward_code,
    not reports.is_deceased as is_contact_allowed,
    {{ as_at() }} as as_at_on
from {{ ref('int_asb_victim_support__reports_judged') }} as reports
inner join {{ ref('int_asb_victim_support__people_named') }} as people_named
    on people_named.person_key = reports.person_key
inner join {{ ref('int_asb_victim_support__reports_named') }} as reports_named
    on reports_named.asb_incident_key = reports.asb_incident_key
left join {{ ref('asb_victim_support_labels') }} as reason_labels
    on reason_labels.code_list = 'not_qualifying' and reason_labels.code = reports.not_qualifying_code
left join {{ ref('asb_victim_support_labels') }} as source_labels
    on source_labels.code_list = 'source' and source_labels.code = reports.source
left join {{ ref('asb_victim_support_labels') }} as group_labels
    on group_labels.code_list = 'asb_group' and group_labels.code = reports.asb_group
left join {{ ref('asb_victim_support_labels') }} as type_labels
    on type_labels.code_list = 'asb_type' and type_labels.code = reports.asb_type
order by people_named.person_id, reports.reported_on, reports_named.incident_id
