-- Written by `fairview generate` from dags/feeds/housing/tenancy_people.odcs.yaml; change the contract, not this file.
-- Grain: one row per house_ref, person_no.
select
    links.person_key,
    keys_1.reference_key as council_household_key,
    feed.responsible,
    feed.relationship,
    feed.from_date,
    feed.to_date,
    feed.has_support_flag,
    feed.extract_date
from {{ ref('stg_housing__tenancy_people') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'tenancy_people' and links.record_key = feed.record_key
left join {{ ref('stg_spine__council_household_keys') }} as keys_1
    on keys_1.reference = feed.house_ref
