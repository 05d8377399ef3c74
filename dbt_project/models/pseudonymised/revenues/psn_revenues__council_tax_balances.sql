-- Written by `fairview generate` from dags/feeds/revenues/council_tax_balances.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, fy.
select
    keys_1.reference_key as council_tax_account_key,
    feed.fy,
    feed.gross_debit_pence,
    feed.discounts_pence,
    feed.ctr_pence,
    feed.payments_pence,
    feed.refunds_pence,
    feed.costs_pence,
    feed.write_off_pence,
    feed.adjustments_pence,
    feed.balance_pence,
    feed.overdue_pence,
    feed.instalments_due,
    feed.instalments_paid,
    feed.right_to_instalments_lost,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_balances') }} as feed
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_1
    on keys_1.reference = feed.account_ref
