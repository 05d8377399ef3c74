-- Written by `fairview generate` from dags/feeds/community_safety/asb_incidents.odcs.yaml; change the contract, not this file.
-- Grain: one row per incident_ref.
select
    reference_1.reference_key as asb_incident_key,
    reference_2.reference_key as asb_case_key,
    reference_3.reference_key as incident_place_key,
    reference_4.reference_key as linked_asb_incident_key,
    feed.reported_at,
    feed.occurred_from,
    feed.occurred_to,
    feed."source",
    feed.asb_group,
    feed.asb_type,
    feed.hate_ind,
    feed.ward_code,
    feed.ram_score,
    feed.ram_date,
    feed.action_taken,
    feed.last_victim_update,
    feed.case_review_requested,
    feed.closed_at,
    feed.closure_reason,
    feed.withdrawn_ind,
    feed.has_support_flag,
    feed.extract_date
from {{ ref('stg_community_safety__asb_incidents') }} as feed
left join {{ ref('stg_spine__references') }} as reference_1
    on reference_1.namespace = 'asb_incident' and reference_1.reference = feed.incident_ref
left join {{ ref('stg_spine__references') }} as reference_2
    on reference_2.namespace = 'asb_case' and reference_2.reference = feed.case_ref
left join {{ ref('stg_spine__references') }} as reference_3
    on reference_3.namespace = 'place' and reference_3.reference = feed.incident_uprn
left join {{ ref('stg_spine__references') }} as reference_4
    on reference_4.namespace = 'asb_incident' and reference_4.reference = feed.linked_incident_ref
