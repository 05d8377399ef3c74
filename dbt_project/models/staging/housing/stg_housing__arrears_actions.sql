-- Written by `fairview generate` from dags/feeds/housing/arrears_actions.odcs.yaml; change the contract, not this file.
-- Grain: one row per tag_ref, action_no.
select
    tag_ref,
    action_no,
    action_code,
    action_date,
    balance_pence,
    next_action_date,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('housing', 'arrears_actions') }}
