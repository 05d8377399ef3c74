-- Grain: one row per benefit claim and day it had been made by, with the claimant's subject.
-- Liability goes on while the claim's own council tenancy or council tax account does.
with tenancies as (
    select distinct
        days.day_code,
        tenancies.rent_payment_key
    from {{ ref('psn_housing__tenancies') }} as tenancies
    inner join {{ ref('int_homelessness_prevention__days_compared') }} as days
        on {{ in_force('tenancies.cot', 'tenancies.eot', 'days.day') }}
    where tenancies.rent_payment_key is not null
),

accounts as (
    select distinct
        days.day_code,
        accounts.council_tax_account_key
    from {{ ref('psn_revenues__council_tax_accounts') }} as accounts
    inner join {{ ref('int_homelessness_prevention__days_compared') }} as days
        on accounts.liability_start <= days.day
        and (accounts.liability_end is null or accounts.liability_end > days.day)
)

select
    members.day_code,
    members.day,
    members.subject_key,
    claims.person_key,
    claims.benefit_claim_key,
    claims.status,
    claims.application_date,
    claims.cancel_date,
    claims.susp_date,
    tenancies.rent_payment_key is not null or accounts.council_tax_account_key is not null as is_liability_live
from {{ ref('psn_benefits__benefit_claims') }} as claims
inner join {{ ref('int_homelessness_prevention__members_placed') }} as members
    on members.person_key = claims.person_key
    and claims.application_date <= members.day
left join tenancies
    on tenancies.day_code = members.day_code
    and tenancies.rent_payment_key = claims.rent_payment_key
left join accounts
    on accounts.day_code = members.day_code
    and accounts.council_tax_account_key = claims.council_tax_account_key
