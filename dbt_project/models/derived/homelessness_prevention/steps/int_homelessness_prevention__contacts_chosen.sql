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

-- Who somebody is to the home, the strongest first.
roles as (
    select day_code, subject_key, person_key, 1 as role_order
    from {{ ref('int_homelessness_prevention__indicators_met') }}
    where rule_id = 'H1'
    union all
    select tenancies.day_code, tenancies.subject_key, people.person_key, 2 as role_order
    from {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
    inner join {{ ref('psn_housing__tenancy_people') }} as people
        on people.council_household_key = tenancies.council_household_key
        and people.responsible
        and {{ protects('people.from_date', 'people.to_date', 'tenancies.day') }}
    where tenancies.is_current
    union all
    select day_code, subject_key, person_key, 3 as role_order
    from {{ ref('int_homelessness_prevention__claims_placed') }}
    where status <> 'C'
    union all
    select day_code, subject_key, person_key, 4 as role_order
    from {{ ref('int_homelessness_prevention__accounts_placed') }}
    where is_live
),

strongest as (
    select
        roles.day_code,
        roles.subject_key,
        roles.person_key,
        min(roles.role_order) as role_order
    from roles
    inner join subjects
        on subjects.day_code = roles.day_code
        and subjects.subject_key = roles.subject_key
    group by roles.day_code, roles.subject_key, roles.person_key
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
                coalesce(strongest.role_order, 5),
                members.person_key
        ) as place
    from {{ ref('int_homelessness_prevention__members_placed') }} as members
    inner join subjects
        on subjects.day_code = members.day_code
        and subjects.subject_key = members.subject_key
    left join strongest
        on strongest.day_code = members.day_code
        and strongest.subject_key = members.subject_key
        and strongest.person_key = members.person_key
)

select
    subject_key,
    household_key,
    person_key
from ordered
where place = 1
