-- Written by `fairview generate` from dags/feeds/revenues/council_tax_balances.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, fy.
select
    account_ref,
    fy,
    gross_debit_pence,
    discounts_pence,
    ctr_pence,
    payments_pence,
    refunds_pence,
    costs_pence,
    write_off_pence,
    adjustments_pence,
    balance_pence,
    overdue_pence,
    instalments_due,
    instalments_paid,
    right_to_instalments_lost,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('revenues', 'council_tax_balances') }}
