-- Written by `fairview generate` from dags/feeds/revenues/council_tax_accounts.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref.
select
    links.person_key,
    keys_1.reference_key as council_tax_account_key,
    keys_2.reference_key as billing_property_key,
    feed.lead_liab_pos,
    feed.paymeth_code,
    feed.account_status,
    feed.liability_start,
    feed.liability_end,
    feed.prohibit_code,
    feed.prohibit_set,
    feed.prohibit_end,
    feed.employee_ind,
    feed.last_updated,
    feed.is_estate,
    feed.has_handling_need,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_accounts') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'council_tax_accounts' and links.record_key = feed.record_key
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_1
    on keys_1.reference = feed.account_ref
left join {{ ref('stg_spine__billing_property_keys') }} as keys_2
    on keys_2.reference = feed.property_ref
