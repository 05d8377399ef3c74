-- Written by `fairview generate` from dags/feeds/community_safety/asb_incidents.odcs.yaml; change the contract, not this file.
-- Grain: one row per incident_ref.
select
    keys_1.reference_key as asb_incident_key,
    {{ reference_key("'asb_case'", "feed.case_ref") }} as asb_case_key,
    {{ reference_key("'place'", "feed.incident_uprn") }} as incident_place_key,
    keys_4.reference_key as linked_asb_incident_key,
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
left join {{ ref('stg_spine__asb_incident_keys') }} as keys_1
    on keys_1.reference = feed.incident_ref
left join {{ ref('stg_spine__asb_incident_keys') }} as keys_4
    on keys_4.reference = feed.linked_incident_ref
