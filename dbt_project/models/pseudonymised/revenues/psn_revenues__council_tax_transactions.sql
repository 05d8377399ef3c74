-- Written by `fairview generate` from dags/feeds/revenues/council_tax_transactions.odcs.yaml; change the contract, not this file.
-- Grain: one row per txn_id.
select
    reference_1.reference_key as council_tax_account_key,
    feed.fy,
    feed.txn_date,
    feed.posted_date,
    feed.txn_type,
    feed.amount_pence,
    feed.method,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_transactions') }} as feed
left join {{ ref('stg_spine__references') }} as reference_1
    on reference_1.namespace = 'council_tax_account' and reference_1.reference = feed.account_ref
