-- Written by `fairview generate` from dags/feeds/corporate/deaths.odcs.yaml; change the contract, not this file.
-- Grain: one row per death_id.
select
    links.person_key,
    reference_1.reference_key as death_key,
    feed.dod,
    feed.notified_on,
    feed.withdrawn_ind,
    feed.extract_date
from {{ ref('stg_corporate__deaths') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'deaths' and links.record_key = feed.record_key
left join {{ ref('stg_spine__references') }} as reference_1
    on reference_1.namespace = 'death' and reference_1.reference = feed.death_id
