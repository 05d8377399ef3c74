-- Written by `fairview generate` from dags/feeds/corporate/data_objections.odcs.yaml; change the contract, not this file.
-- Grain: one row per objection_id.
select
    links.person_key,
    {{ reference_key("'objection'", "feed.objection_id") }} as objection_key,
    feed.service_scope,
    feed."right",
    feed."received",
    feed."decision",
    feed.decision_date,
    feed.end_date,
    feed.extract_date
from {{ ref('stg_corporate__data_objections') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'data_objections' and links.record_key = feed.record_key
