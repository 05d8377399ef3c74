-- Written by `fairview generate` from dags/feeds/revenues/council_tax_occupations.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, occupation_date.
select
    reference_1.reference_key as council_tax_account_key,
    reference_2.reference_key as billing_property_key,
    feed.occupation_date,
    feed.vacation_date,
    feed.live_ind,
    feed.transit_ind,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_occupations') }} as feed
left join {{ ref('stg_spine__references') }} as reference_1
    on reference_1.namespace = 'council_tax_account' and reference_1.reference = feed.account_ref
left join {{ ref('stg_spine__references') }} as reference_2
    on reference_2.namespace = 'billing_property' and reference_2.reference = feed.property_ref
