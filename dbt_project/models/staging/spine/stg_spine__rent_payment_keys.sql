-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per reference number. A table, so that each number is hashed once.
with numbers as (
    select rent_ref as reference from {{ ref('stg_benefits__benefit_claims') }}
    union
    select payref as reference from {{ ref('stg_housing__tenancies') }}
)

select
    reference,
    {{ reference_key("'rent_payment'", 'reference') }} as reference_key
from numbers
where reference is not null
