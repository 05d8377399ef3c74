-- Grain: one row per person and day: the subject a person's facts count towards.
-- The subject is the household in force on the day. Where an address is shared by strangers or is an institution, and
-- where a person has no household, the person stands alone, so that nobody's facts show on another's row.
with days as (
    select * from {{ ref('int_homelessness_prevention__days_compared') }}
),

memberships as (
    select
        days.day_code,
        members.person_key,
        members.household_key,
        row_number() over (
            partition by days.day_code, members.person_key
            order by members.from_on desc, members.household_key
        ) as place
    from {{ ref('psn_spine__household_members') }} as members
    inner join days
        on {{ in_force('members.from_on', 'members.to_on', 'days.day') }}
)

select
    days.day_code,
    days.day,
    people.person_key,
    memberships.household_key,
    people.age_band = '0-17' as is_child,
    case
        when memberships.household_key is null or households.is_shared or households.is_institution
            then 'person|' || cast(people.person_key as varchar)
        else 'household|' || cast(memberships.household_key as varchar)
    end as subject_key
from {{ ref('psn_spine__people') }} as people
cross join days
left join memberships
    on memberships.day_code = days.day_code
    and memberships.person_key = people.person_key
    and memberships.place = 1
left join {{ ref('psn_spine__households') }} as households
    on households.household_key = memberships.household_key
