-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per reference number. A table, so that each number is hashed once.
with numbers as (
    select left(ctax_ref, 8) as reference from {{ ref('stg_benefits__benefit_claims') }}
    union
    select account_ref as reference from {{ ref('stg_revenues__council_tax_accounts') }}
    union
    select account_ref as reference from {{ ref('stg_revenues__council_tax_balances') }}
    union
    select account_ref as reference from {{ ref('stg_revenues__council_tax_discounts') }}
    union
    select account_ref as reference from {{ ref('stg_revenues__council_tax_occupations') }}
    union
    select account_ref as reference from {{ ref('stg_revenues__council_tax_parties') }}
    union
    select account_ref as reference from {{ ref('stg_revenues__council_tax_recovery') }}
    union
    select account_ref as reference from {{ ref('stg_revenues__council_tax_transactions') }}
)

select
    reference,
    {{ reference_key("'council_tax_account'", 'reference') }} as reference_key
from numbers
where reference is not null
