-- Written by `fairview generate` from dags/feeds/revenues/council_tax_parties.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, party_seq.
select
    links.person_key,
    keys_1.reference_key as council_tax_account_key,
    feed.liab_pos,
    feed.from_date,
    feed.to_date,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_parties') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'council_tax_parties' and links.record_key = feed.record_key
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_1
    on keys_1.reference = feed.account_ref
