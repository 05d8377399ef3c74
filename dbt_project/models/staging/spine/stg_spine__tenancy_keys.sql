-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per reference number. A table, so that each number is hashed once.
with numbers as (
    select tag_ref as reference from {{ ref('stg_housing__arrears_actions') }}
    union
    select tag_ref as reference from {{ ref('stg_housing__rent_transactions') }}
    union
    select tag_ref as reference from {{ ref('stg_housing__tenancies') }}
)

select
    reference,
    {{ reference_key("'tenancy'", 'reference') }} as reference_key
from numbers
where reference is not null
