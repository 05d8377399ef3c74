-- Grain: one row per council tenancy and day it had begun by, with the one subject it counts towards.
-- Its subject is where most of its people live, so that a tenant who has moved away does not take the tenancy along;
-- at least one tenant must be among them. A tenancy that has ended is a debt, not a home.
with tenancies as (
    select
        days.day_code,
        days.day,
        tenancies.tenancy_key,
        tenancies.council_household_key,
        tenancies.rent_payment_key,
        tenancies.cot,
        tenancies.eot,
        tenancies.rent_pence,
        tenancies.service_pence,
        tenancies.other_charge_pence,
        tenancies.cur_bal_pence,
        tenancies.nosp,
        tenancies.nosp_date,
        tenancies.nosp_expire,
        tenancies.courtdate,
        tenancies.possorder,
        tenancies.evictdate,
        tenancies.uc_flag,
        tenancies.eot is null or tenancies.eot >= days.day as is_current
    from {{ ref('psn_housing__tenancies') }} as tenancies
    inner join {{ ref('int_homelessness_prevention__days_compared') }} as days
        on tenancies.cot <= days.day
),

candidates as (
    select
        tenancies.day_code,
        tenancies.tenancy_key,
        members.subject_key,
        min(members.person_key) filter (where people.responsible) as person_key,
        count(*) as people_count,
        count(*) filter (where people.responsible) as tenant_count
    from tenancies
    inner join {{ ref('psn_housing__tenancy_people') }} as people
        on people.council_household_key = tenancies.council_household_key
        and (people.from_date is null or people.from_date <= tenancies.day)
        and (people.to_date is null or people.to_date >= tenancies.day or not tenancies.is_current)
    inner join {{ ref('int_homelessness_prevention__members_placed') }} as members
        on members.day_code = tenancies.day_code
        and members.person_key = people.person_key
    group by tenancies.day_code, tenancies.tenancy_key, members.subject_key
),

chosen as (
    select
        candidates.*,
        row_number() over (
            partition by candidates.day_code, candidates.tenancy_key
            order by candidates.people_count desc, candidates.tenant_count desc, candidates.subject_key
        ) as place
    from candidates
    where candidates.tenant_count > 0
)

select
    tenancies.*,
    chosen.subject_key,
    chosen.person_key,
    tenancies.rent_pence + tenancies.service_pence + tenancies.other_charge_pence as gross_rent_pence
from tenancies
inner join chosen
    on chosen.day_code = tenancies.day_code
    and chosen.tenancy_key = tenancies.tenancy_key
    and chosen.place = 1
