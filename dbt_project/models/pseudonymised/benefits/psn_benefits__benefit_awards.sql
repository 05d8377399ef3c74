-- Written by `fairview generate` from dags/feeds/benefits/benefit_awards.odcs.yaml; change the contract, not this file.
-- Grain: one row per award_id.
select
    {{ reference_key("'benefit_award'", "feed.award_id") }} as benefit_award_key,
    keys_2.reference_key as benefit_claim_key,
    feed.award_type,
    feed.from_date,
    feed.to_date,
    feed.weekly_amount_pence,
    feed.eligible_rent_pence,
    feed.contractual_rent_pence,
    feed.passport_ind,
    feed."decision",
    feed.suspended_ind,
    feed.extract_date
from {{ ref('stg_benefits__benefit_awards') }} as feed
left join {{ ref('stg_spine__benefit_claim_keys') }} as keys_2
    on keys_2.reference = feed.claim_id
