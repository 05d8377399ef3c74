{{ config(group='informed_debt') }}
-- No frozen or held debt is recoverable now, and no debt for more than is overdue.
select person_id, debt_id
from {{ ref('debts') }}
where ((is_frozen or is_held_for_review) and recoverable_now_pence <> 0)
    or recoverable_now_pence > overdue_pence
    or recoverable_now_pence < 0
    or overdue_pence > greatest(balance_pence, 0)
