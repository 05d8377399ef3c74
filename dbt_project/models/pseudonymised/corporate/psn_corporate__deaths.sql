-- Written by `fairview generate` from dags/feeds/corporate/deaths.odcs.yaml; change the contract, not this file.
-- Grain: one row per death_id.
select
    links.person_key,
    {{ reference_key("'death'", "feed.death_id") }} as death_key,
    feed.dod,
    feed.notified_on,
    feed.withdrawn_ind,
    feed.extract_date
from {{ ref('stg_corporate__deaths') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'deaths' and links.record_key = feed.record_key
