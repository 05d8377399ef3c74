-- Grain: one row per subject with a rule met or a gap found: the adult to speak to, on the later of the two days the
-- subject had anybody. The applicant of a live notice first, then a tenant, a benefit claimant, the lead council tax
-- payer; then whoever the key order gives.
with subjects as (
    select distinct day_code, subject_key
    from {{ ref('int_homelessness_prevention__indicators_met') }}
    union
    select distinct 'NOW' as day_code, subject_key
    from {{ ref('int_homelessness_prevention__gaps_found') }}
),

notices as (
    select distinct day_code, subject_key, person_key
    from {{ ref('int_homelessness_prevention__indicators_met') }}
    where rule_id = 'H1'
),

tenants as (
    select distinct tenancies.day_code, tenancies.subject_key, people.person_key
    from {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
    inner join {{ ref('psn_housing__tenancy_people') }} as people
        on people.council_household_key = tenancies.council_household_key
        and people.responsible
        and people.to_date is null
    where tenancies.is_current
),

claimants as (
    select distinct day_code, subject_key, person_key
    from {{ ref('int_homelessness_prevention__claims_placed') }}
    where status <> 'C'
),

payers as (
    select distinct day_code, subject_key, person_key
    from {{ ref('int_homelessness_prevention__accounts_placed') }}
    where is_live
),

ordered as (
    select
        members.subject_key,
        members.household_key,
        members.person_key,
        row_number() over (
            partition by members.subject_key
            order by
                case when members.day_code = 'NOW' then 0 else 1 end,
                case when members.is_child then 1 else 0 end,
                case
                    when notices.person_key is not null then 1
                    when tenants.person_key is not null then 2
                    when claimants.person_key is not null then 3
                    when payers.person_key is not null then 4
                    else 5
                end,
                members.person_key
        ) as place
    from {{ ref('int_homelessness_prevention__members_placed') }} as members
    inner join subjects
        on subjects.day_code = members.day_code
        and subjects.subject_key = members.subject_key
    left join notices
        on notices.day_code = members.day_code
        and notices.subject_key = members.subject_key
        and notices.person_key = members.person_key
    left join tenants
        on tenants.day_code = members.day_code
        and tenants.subject_key = members.subject_key
        and tenants.person_key = members.person_key
    left join claimants
        on claimants.day_code = members.day_code
        and claimants.subject_key = members.subject_key
        and claimants.person_key = members.person_key
    left join payers
        on payers.day_code = members.day_code
        and payers.subject_key = members.subject_key
        and payers.person_key = members.person_key
)

select
    subject_key,
    household_key,
    person_key
from ordered
where place = 1
