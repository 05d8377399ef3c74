-- Written by `fairview generate` from dags/feeds/revenues/council_tax_discounts.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, disc_code, start_date.
select
    keys_1.reference_key as council_tax_account_key,
    feed.start_date,
    feed.end_date,
    feed.pct,
    feed.is_support_discount,
    feed.is_deceased_exemption,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_discounts') }} as feed
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_1
    on keys_1.reference = feed.account_ref
