-- Written by `fairview generate` from dags/feeds/housing/rent_transactions.odcs.yaml; change the contract, not this file.
-- Grain: one row per txn_ref.
select
    keys_1.reference_key as tenancy_key,
    feed.post_date,
    feed.post_year,
    feed.post_prdno,
    feed.trans_type,
    feed.real_value_pence,
    feed.extract_date
from {{ ref('stg_housing__rent_transactions') }} as feed
left join {{ ref('stg_spine__tenancy_keys') }} as keys_1
    on keys_1.reference = feed.tag_ref
