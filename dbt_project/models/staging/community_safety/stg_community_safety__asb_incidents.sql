-- Written by `fairview generate` from dags/feeds/community_safety/asb_incidents.odcs.yaml; change the contract, not this file.
-- Grain: one row per incident_ref.
select
    incident_ref,
    case_ref,
    reported_at,
    occurred_from,
    occurred_to,
    "source",
    asb_group,
    asb_type,
    hate_ind,
    incident_uprn,
    ward_code,
    linked_incident_ref,
    ram_score,
    ram_date,
    vulnerability_disclosed,
    action_taken,
    last_victim_update,
    case_review_requested,
    closed_at,
    closure_reason,
    withdrawn_ind,
    vulnerability_disclosed as has_support_flag,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('community_safety', 'asb_incidents') }}
where not withdrawn_ind
