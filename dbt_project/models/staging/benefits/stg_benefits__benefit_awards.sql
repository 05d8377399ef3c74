-- Written by `fairview generate` from dags/feeds/benefits/benefit_awards.odcs.yaml; change the contract, not this file.
-- Grain: one row per award_id.
select
    award_id,
    claim_id,
    award_type,
    from_date,
    to_date,
    weekly_amount_pence,
    eligible_rent_pence,
    contractual_rent_pence,
    passport_ind,
    "decision",
    suspended_ind,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('benefits', 'benefit_awards') }}
