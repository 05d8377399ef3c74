-- Written by `fairview generate` from dags/feeds/corporate/debt_respite_notices.odcs.yaml; change the contract, not this file.
-- Grain: one row per notice_ref.
select
    links.person_key,
    {{ reference_key("'respite_notice'", "feed.notice_ref") }} as respite_notice_key,
    feed.start_date,
    feed.end_date,
    feed.status,
    feed.address_withheld,
    feed.received_at,
    feed.frozen_until,
    feed.extract_date
from {{ ref('stg_corporate__debt_respite_notices') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'debt_respite_notices' and links.record_key = feed.record_key
