-- Written by `fairview generate` from dags/feeds/revenues/council_tax_transactions.odcs.yaml; change the contract, not this file.
-- Grain: one row per txn_id.
select
    keys_1.reference_key as council_tax_account_key,
    feed.fy,
    feed.txn_date,
    feed.posted_date,
    feed.txn_type,
    feed.amount_pence,
    feed.method,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_transactions') }} as feed
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_1
    on keys_1.reference = feed.account_ref
