-- Grain: one row per person whose area must not be shown, or whose case belongs to the restricted tier (SPEC R10, R11).
with account_people as (
    select distinct
        debts.account_key,
        liabilities.person_key
    from {{ ref('int_informed_debt__council_tax_debts_valued') }} as debts
    inner join {{ ref('int_informed_debt__liabilities_established') }} as liabilities
        on liabilities.debt_key = debts.debt_key
),

signs as (
    select person_key, true as is_address_withheld, false as is_restricted_tier
    from {{ ref('psn_spine__people') }}
    where is_address_sensitive

    union all

    select person_key, true as is_address_withheld, false as is_restricted_tier
    from {{ ref('psn_corporate__debt_respite_notices') }}
    where address_withheld

    union all

    select person_key, true as is_address_withheld, false as is_restricted_tier
    from {{ ref('psn_benefits__benefit_claims') }}
    where unsafe_addr_ind

    union all

    select account_people.person_key, true as is_address_withheld, false as is_restricted_tier
    from {{ ref('psn_benefits__benefit_claims') }} as claims
    inner join account_people
        on account_people.account_key = claims.council_tax_account_key
    where claims.unsafe_addr_ind

    union all

    select account_people.person_key, true as is_address_withheld, true as is_restricted_tier
    from {{ ref('psn_revenues__council_tax_accounts') }} as accounts
    inner join account_people
        on account_people.account_key = accounts.council_tax_account_key
    where accounts.employee_ind
)

select
    person_key,
    bool_or(is_address_withheld) as is_address_withheld,
    bool_or(is_restricted_tier) as is_restricted_tier
from signs
where person_key is not null
group by person_key
