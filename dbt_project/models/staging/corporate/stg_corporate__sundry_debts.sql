-- Written by `fairview generate` from dags/feeds/corporate/sundry_debts.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_no.
select
    account_no,
    debt_type,
    debtor_name,
    addr1,
    postcode,
    raised,
    original_pence,
    balance_pence,
    stage,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('corporate', 'sundry_debts') }}
