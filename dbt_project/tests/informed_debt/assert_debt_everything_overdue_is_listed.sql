{{ config(group='informed_debt') }}
-- Whoever has something overdue, or a frozen debt, is on the list, in a lane, once; nobody else is.
with due as (
    select person_id
    from {{ ref('debts') }}
    group by person_id
    having sum(overdue_pence) > 0 or bool_or(is_frozen and balance_pence > 0)
)

select coalesce(due.person_id, list.person_id) as person_id
from due
full outer join {{ ref('debt_list') }} as list
    on list.person_id = due.person_id
where due.person_id is null or list.person_id is null
