-- Grain: one row per subject and day for the time in the home (H11), one per member who left or joined (H13), one per home
-- rented privately (H14).
-- Whether somebody died is never read: registers of deaths may suppress, not score.
with homes as (
    select
        day_code,
        day,
        subject_key,
        person_key,
        cot as moved_in_on,
        'TENANCIES' as source_code
    from {{ ref('int_homelessness_prevention__tenancies_placed') }}
    where is_current
    union all
    select
        accounts.day_code,
        accounts.day,
        accounts.subject_key,
        accounts.person_key,
        occupations.occupation_date as moved_in_on,
        'COUNCIL_TAX' as source_code
    from {{ ref('psn_revenues__council_tax_occupations') }} as occupations
    inner join {{ ref('int_homelessness_prevention__accounts_placed') }} as accounts
        on accounts.council_tax_account_key = occupations.council_tax_account_key
        and accounts.is_live
    where occupations.occupation_date <= accounts.day
        and (occupations.vacation_date is null or occupations.vacation_date > accounts.day)
),

longest as (
    select
        homes.*,
        row_number() over (
            partition by homes.day_code, homes.subject_key
            order by homes.moved_in_on, homes.source_code desc, homes.person_key
        ) as place
    from homes
),

objectors as (
    select person_key
    from {{ ref('int_homelessness_prevention__people_suppressed') }}
    where reason_code = 'OBJECTION'
),

claim_members as (
    select
        claims.day_code,
        claims.day,
        claims.subject_key,
        claims.person_key,
        claims.application_date,
        claims.cancel_date,
        members.from_date,
        members.to_date
    from {{ ref('psn_benefits__benefit_members') }} as members
    inner join {{ ref('int_homelessness_prevention__claims_placed') }} as claims
        on claims.benefit_claim_key = members.benefit_claim_key
    where members.relation <> 'C'
        and not exists (
            select 1
            from objectors
            where objectors.person_key = members.person_key
        )
),

tenancy_members as (
    select
        tenancies.day_code,
        tenancies.day,
        tenancies.subject_key,
        tenancies.person_key,
        tenancies.cot,
        people.from_date,
        people.to_date
    from {{ ref('psn_housing__tenancy_people') }} as people
    inner join {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
        on tenancies.council_household_key = people.council_household_key
        and tenancies.is_current
    where not exists (
        select 1
        from objectors
        where objectors.person_key = people.person_key
    )
),

changes as (
    select
        day_code,
        day,
        subject_key,
        person_key,
        to_date as changed_on,
        'LEFT_CLAIM' as detail_code,
        'BENEFIT_CLAIMS' as source_code
    from claim_members
    where to_date <= day and (cancel_date is null or cancel_date > to_date)
    union all
    select
        day_code,
        day,
        subject_key,
        person_key,
        from_date as changed_on,
        'JOINED_CLAIM' as detail_code,
        'BENEFIT_CLAIMS' as source_code
    from claim_members
    where from_date <= day and from_date > application_date and cancel_date is null
    union all
    select
        day_code,
        day,
        subject_key,
        person_key,
        to_date as changed_on,
        'LEFT_TENANCY' as detail_code,
        'TENANCIES' as source_code
    from tenancy_members
    where to_date <= day and to_date >= cot
    union all
    select
        day_code,
        day,
        subject_key,
        person_key,
        from_date as changed_on,
        'JOINED_TENANCY' as detail_code,
        'TENANCIES' as source_code
    from tenancy_members
    where from_date <= day and from_date > cot
)

select
    day_code,
    day,
    subject_key,
    person_key,
    'OCCUPATION_MONTHS' as measure_code,
    cast({{ prevention_months_completed('moved_in_on', 'day') }} as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    cast(null as varchar) as detail_code,
    moved_in_on as fact_on,
    cast(null as date) as until_on,
    source_code
from longest
where place = 1
union all
select
    day_code,
    day,
    subject_key,
    person_key,
    'HOUSEHOLD_CHANGE_MONTHS' as measure_code,
    cast({{ prevention_months_begun('changed_on', 'day') }} as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    detail_code,
    changed_on as fact_on,
    cast(null as date) as until_on,
    source_code
from changes
union all
select
    accounts.day_code,
    accounts.day,
    accounts.subject_key,
    accounts.person_key,
    'RENTS_PRIVATELY' as measure_code,
    cast(1 as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    cast(null as varchar) as detail_code,
    accounts.liability_start as fact_on,
    cast(null as date) as until_on,
    'COUNCIL_TAX' as source_code
from {{ ref('int_homelessness_prevention__accounts_placed') }} as accounts
inner join {{ ref('psn_revenues__council_tax_properties') }} as properties
    on properties.billing_property_key = accounts.billing_property_key
    and properties.rented_prop
    and not properties.council_ha_ind
where accounts.is_live
