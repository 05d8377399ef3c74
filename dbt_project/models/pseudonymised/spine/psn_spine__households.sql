-- Grain: one row per household that has a member on the as-at date.
with members as (
    select
        household_members.household_key,
        count(*) as member_count,
        count(*) filter (where people.age_band = '0-17') as child_count
    from {{ source('identity', 'household_members') }} as household_members
    left join {{ ref('psn_spine__people') }} as people
        on people.person_key = household_members.person_key
    where {{ in_force('household_members.from_on', 'household_members.to_on', as_at()) }}
    group by household_members.household_key
)

select
    households.household_key,
    members.member_count,
    members.child_count,
    households.is_shared,
    households.is_institution,
    properties.ward_code,
    properties.lsoa21,
    coalesce(properties.sensitive_ind, false) as is_address_sensitive
from {{ source('identity', 'households') }} as households
inner join members
    on members.household_key = households.household_key
left join {{ ref('stg_gazetteer__properties') }} as properties
    on properties.uprn = households.uprn
