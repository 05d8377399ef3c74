-- Written by `fairview generate` from dags/feeds/corporate/sundry_debts.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_no.
select
    links.person_key,
    {{ reference_key("'sundry_account'", "feed.account_no") }} as sundry_account_key,
    feed.debt_type,
    feed.raised,
    feed.original_pence,
    feed.balance_pence,
    feed.stage,
    feed.extract_date
from {{ ref('stg_corporate__sundry_debts') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'sundry_debts' and links.record_key = feed.record_key
