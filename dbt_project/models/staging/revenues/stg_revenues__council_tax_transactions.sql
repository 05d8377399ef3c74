-- Written by `fairview generate` from dags/feeds/revenues/council_tax_transactions.odcs.yaml; change the contract, not this file.
-- Grain: one row per txn_id.
select
    txn_id,
    account_ref,
    fy,
    txn_date,
    posted_date,
    txn_type,
    amount_pence,
    method,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('revenues', 'council_tax_transactions') }}
