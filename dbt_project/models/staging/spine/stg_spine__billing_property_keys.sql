-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per reference number. A table, so that each number is hashed once.
with numbers as (
    select property_ref as reference from {{ ref('stg_revenues__council_tax_accounts') }}
    union
    select property_ref as reference from {{ ref('stg_revenues__council_tax_occupations') }}
    union
    select property_ref as reference from {{ ref('stg_revenues__council_tax_properties') }}
)

select
    reference,
    {{ reference_key("'billing_property'", 'reference') }} as reference_key
from numbers
where reference is not null
