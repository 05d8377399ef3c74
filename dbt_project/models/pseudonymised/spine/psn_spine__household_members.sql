-- Grain: one row per household, person and first day.
select
    household_key,
    person_key,
    from_on,
    to_on
from {{ source('identity', 'household_members') }}
