-- Written by `fairview generate` from dags/feeds/benefits/benefit_members.odcs.yaml; change the contract, not this file.
-- Grain: one row per claim_id, member_seq, from_date.
select
    links.person_key,
    keys_1.reference_key as benefit_claim_key,
    feed.relation,
    feed.from_date,
    feed.to_date,
    feed.student_ind,
    feed.deceased_date,
    feed.has_support_flag,
    feed.extract_date
from {{ ref('stg_benefits__benefit_members') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'benefit_members' and links.record_key = feed.record_key
left join {{ ref('stg_spine__benefit_claim_keys') }} as keys_1
    on keys_1.reference = feed.claim_id
