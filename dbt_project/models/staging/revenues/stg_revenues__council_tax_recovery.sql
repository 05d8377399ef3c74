-- Written by `fairview generate` from dags/feeds/revenues/council_tax_recovery.odcs.yaml; change the contract, not this file.
-- Grain: one row per recovery_id.
select
    recovery_id,
    account_ref,
    fy,
    stage,
    stage_date,
    court_date,
    amount_at_stage_pence,
    costs_pence,
    agent_code,
    hold_code,
    hold_until,
    reversed_ind,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('revenues', 'council_tax_recovery') }}
where not reversed_ind
