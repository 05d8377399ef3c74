-- Grain: one row per listed person whose lane asks an officer to do something, in the order of work.
-- A lane without work_order is nobody's case: a freeze is left alone. The statutory process runs by itself, unless an
-- enforcement agent is at work or has returned a debt. A joint debt is one case: it takes the place of the debtor who comes
-- first, and the other has a place for debts of their own alone.
with ordered as (
    select
        people.person_key,
        row_number() over (
            order by
                -- Harm under way first: an agent at work, then a court step; within that by lane, then by sum.
                case when people.is_with_enforcement_agent then 0 when people.is_any_court_step_open then 1 else 2 end,
                lanes.work_order,
                people.overdue_pence desc,
                people.oldest_overdue_on,
                people.person_key
        ) as place
    from {{ ref('int_informed_debt__people_listed') }} as people
    inner join {{ ref('int_informed_debt__lanes_decided') }} as lanes
        on lanes.person_key = people.person_key
        and lanes.work_order is not null
        and (
            not lanes.is_worked_after_agent_alone
            or people.is_with_enforcement_agent
            or people.is_returned_by_enforcement_agent
        )
),

first_debtors as (
    select
        debts.debt_key,
        min(ordered.place) as place
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    inner join ordered
        on ordered.person_key = debts.person_key
    where debts.overdue_pence > 0
    group by debts.debt_key
)

select
    ordered.person_key,
    row_number() over (order by ordered.place) as work_position
from ordered
where ordered.place in (select first_debtors.place from first_debtors)
