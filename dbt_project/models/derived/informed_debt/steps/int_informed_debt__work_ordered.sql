-- Grain: one row per listed person whose lane asks an officer to do something, in the order of work.
-- A lane without work_order is nobody's case: a freeze is left alone, the statutory process runs by itself.
select
    people.person_key,
    row_number() over (
        order by
            -- Harm under way first: an agent at work, then a court step; within that by lane.
            case when people.is_with_enforcement_agent then 0 when people.is_any_court_step_open then 1 else 2 end,
            lanes.work_order,
            people.overdue_pence desc,
            people.oldest_overdue_on,
            people.person_key
    ) as work_position
from {{ ref('int_informed_debt__people_listed') }} as people
inner join {{ ref('int_informed_debt__lanes_decided') }} as lanes
    on lanes.person_key = people.person_key
    and lanes.work_order is not null
