-- Written by `fairview generate` from dags/feeds/benefits/benefit_claims.odcs.yaml; change the contract, not this file.
-- Grain: one row per claim_id.
select
    links.person_key,
    keys_1.reference_key as benefit_claim_key,
    keys_2.reference_key as council_tax_account_key,
    keys_3.reference_key as rent_payment_key,
    feed.status,
    feed.application_date,
    feed.cancel_date,
    feed.end_reason,
    feed.susp_reason_code,
    feed.susp_date,
    feed.unsafe_addr_ind,
    feed.has_handling_need,
    feed.extract_date
from {{ ref('stg_benefits__benefit_claims') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'benefit_claims' and links.record_key = feed.record_key
left join {{ ref('stg_spine__benefit_claim_keys') }} as keys_1
    on keys_1.reference = feed.claim_id
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_2
    on keys_2.reference = left(feed.ctax_ref, 8)
left join {{ ref('stg_spine__rent_payment_keys') }} as keys_3
    on keys_3.reference = feed.rent_ref
