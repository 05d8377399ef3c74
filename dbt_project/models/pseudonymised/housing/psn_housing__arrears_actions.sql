-- Written by `fairview generate` from dags/feeds/housing/arrears_actions.odcs.yaml; change the contract, not this file.
-- Grain: one row per tag_ref, action_no.
select
    keys_1.reference_key as tenancy_key,
    feed.action_code,
    feed.action_date,
    feed.balance_pence,
    feed.next_action_date,
    feed.extract_date
from {{ ref('stg_housing__arrears_actions') }} as feed
left join {{ ref('stg_spine__tenancy_keys') }} as keys_1
    on keys_1.reference = feed.tag_ref
