-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per reference number. A table, so that each number is hashed once.
with numbers as (
    select house_ref as reference from {{ ref('stg_housing__tenancies') }}
    union
    select house_ref as reference from {{ ref('stg_housing__tenancy_people') }}
)

select
    reference,
    {{ reference_key("'council_household'", 'reference') }} as reference_key
from numbers
where reference is not null
