-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per reference number. A table, so that each number is hashed once.
with numbers as (
    select claim_id as reference from {{ ref('stg_benefits__benefit_awards') }}
    union
    select claim_id as reference from {{ ref('stg_benefits__benefit_claims') }}
    union
    select claim_id as reference from {{ ref('stg_benefits__benefit_members') }}
    union
    select split_part(claim_ref, '/', 1) as reference from {{ ref('stg_benefits__benefit_overpayments') }}
)

select
    reference,
    {{ reference_key("'benefit_claim'", 'reference') }} as reference_key
from numbers
where reference is not null
