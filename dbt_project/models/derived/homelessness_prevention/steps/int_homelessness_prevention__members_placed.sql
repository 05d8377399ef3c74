-- Grain: one row per person and day, without those who must be in no table.
select people.*
from {{ ref('int_homelessness_prevention__people_placed') }} as people
where not exists (
    select 1
    from {{ ref('int_homelessness_prevention__people_suppressed') }} as suppressed
    where suppressed.person_key = people.person_key
)
