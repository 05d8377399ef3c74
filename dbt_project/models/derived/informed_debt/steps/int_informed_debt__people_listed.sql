-- Grain: one row per person on the officers' list: something is overdue, or a debt is frozen and must be left alone.
-- A bill being paid as it falls due is in the facts and on no list.
select *
from {{ ref('int_informed_debt__people_summed') }}
where overdue_pence > 0 or is_any_frozen
