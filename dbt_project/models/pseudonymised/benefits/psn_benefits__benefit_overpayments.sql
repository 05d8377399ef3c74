-- Written by `fairview generate` from dags/feeds/benefits/benefit_overpayments.odcs.yaml; change the contract, not this file.
-- Grain: one row per invoice_no.
select
    links.person_key,
    {{ reference_key("'overpayment_invoice'", "feed.invoice_no") }} as overpayment_invoice_key,
    keys_2.reference_key as benefit_claim_key,
    feed."class",
    feed.created,
    feed.original_pence,
    feed.balance_pence,
    feed.recovery_route,
    feed.stage,
    feed.last_paid,
    feed.extract_date
from {{ ref('stg_benefits__benefit_overpayments') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'benefit_overpayments' and links.record_key = feed.record_key
left join {{ ref('stg_spine__benefit_claim_keys') }} as keys_2
    on keys_2.reference = split_part(feed.claim_ref, '/', 1)
