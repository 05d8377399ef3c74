-- Written by `fairview generate` from dags/feeds/benefits/benefit_overpayments.odcs.yaml; change the contract, not this file.
-- Grain: one row per invoice_no.
select
    invoice_no,
    claim_ref,
    debtor_name,
    nino,
    "class",
    created,
    original_pence,
    balance_pence,
    recovery_route,
    stage,
    last_paid,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('benefits', 'benefit_overpayments') }}
