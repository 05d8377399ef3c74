-- Written by `fairview generate` from dags/feeds/revenues/council_tax_occupations.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, occupation_date.
select
    keys_1.reference_key as council_tax_account_key,
    keys_2.reference_key as billing_property_key,
    feed.occupation_date,
    feed.vacation_date,
    feed.live_ind,
    feed.transit_ind,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_occupations') }} as feed
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_1
    on keys_1.reference = feed.account_ref
left join {{ ref('stg_spine__billing_property_keys') }} as keys_2
    on keys_2.reference = feed.property_ref
