-- Grain: one row per subject: what softens the contact, and whether the address is withheld (row rules R10 and R11).
-- Only that care is needed, how to make contact and that debts are frozen may be told; never why.
with members as (
    select
        members.subject_key,
        members.household_key,
        members.person_key
    from {{ ref('int_homelessness_prevention__members_placed') }} as members
    inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
        on subjects.subject_key = members.subject_key
    where members.day_code = 'NOW'
),

needs as (
    select
        members.subject_key,
        register.handling_code
    from {{ ref('psn_corporate__vulnerability_register') }} as register
    inner join members
        on members.person_key = register.person_key
    where register.needs_care
        and {{ protects('register.start_date', 'register.end_date', as_at()) }}
    union
    select
        members.subject_key,
        'STD' as handling_code
    from {{ ref('psn_benefits__benefit_members') }} as claim_members
    inner join members
        on members.person_key = claim_members.person_key
    where claim_members.has_support_flag
        and {{ protects('claim_members.from_date', 'claim_members.to_date', as_at()) }}
    union
    select
        members.subject_key,
        'STD' as handling_code
    from {{ ref('psn_housing__tenancy_people') }} as tenants
    inner join members
        on members.person_key = tenants.person_key
    where tenants.has_support_flag
        and {{ protects('tenants.from_date', 'tenants.to_date', as_at()) }}
    union
    select
        members.subject_key,
        'FORMAT' as handling_code
    from {{ ref('psn_benefits__benefit_claims') }} as claims
    inner join members
        on members.person_key = claims.person_key
    where claims.has_handling_need
    union
    select
        members.subject_key,
        'FORMAT' as handling_code
    from {{ ref('psn_revenues__council_tax_accounts') }} as accounts
    inner join members
        on members.person_key = accounts.person_key
    where accounts.has_handling_need
),

instructions as (
    select
        needs.subject_key,
        max(case when needs.handling_code <> 'FORMAT' then 1 else 0 end) = 1 as has_support_flag,
        {{ prevention_joined('labels.label', '; ', 'labels.label', distinct=true) }} as handling
    from needs
    left join {{ ref('homelessness_prevention_labels') }} as labels
        on labels.code_list = 'handling' and labels.code = needs.handling_code
    group by needs.subject_key
),

withheld as (
    select members.subject_key
    from members
    inner join {{ ref('psn_spine__people') }} as people
        on people.person_key = members.person_key
    where people.is_address_sensitive
    union
    select members.subject_key
    from members
    inner join {{ ref('psn_benefits__benefit_claims') }} as claims
        on claims.person_key = members.person_key
    where claims.unsafe_addr_ind
    union
    select members.subject_key
    from members
    inner join {{ ref('psn_corporate__debt_respite_notices') }} as notices
        on notices.person_key = members.person_key
    where notices.address_withheld
    union
    select members.subject_key
    from members
    inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
        on accounts.person_key = members.person_key
    where accounts.employee_ind
)

select
    subjects.subject_key,
    coalesce(instructions.has_support_flag, false) as has_support_flag,
    instructions.handling,
    freezes.subject_key is not null as has_debt_freeze,
    withheld.subject_key is not null as is_address_withheld,
    case when withheld.subject_key is null then people.ward_code end as ward_code
from {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
left join {{ ref('psn_spine__people') }} as people
    on people.person_key = subjects.person_key
left join instructions
    on instructions.subject_key = subjects.subject_key
left join (
    select distinct subject_key
    from {{ ref('int_homelessness_prevention__circumstances_established') }}
    where fact_code = 'DEBT_FREEZE'
) as freezes
    on freezes.subject_key = subjects.subject_key
left join withheld
    on withheld.subject_key = subjects.subject_key
