-- Written by `fairview generate` from dags/feeds/housing/rent_transactions.odcs.yaml; change the contract, not this file.
-- Grain: one row per txn_ref.
select
    txn_ref,
    tag_ref,
    post_date,
    post_year,
    post_prdno,
    trans_type,
    real_value_pence,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('housing', 'rent_transactions') }}
