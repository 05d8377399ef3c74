{{ config(group='informed_debt') }}
-- Small cells hidden, counts rounded, never one hidden cell alone in a breakdown that shows its total.
select breakdown_code, category_code
from {{ ref('debt_totals') }}
where people_count < 10 or people_count % 5 <> 0 or debt_count < 10 or debt_count % 5 <> 0
    or balance_pence % 10000 <> 0 or overdue_pence % 10000 <> 0 or recoverable_now_pence % 10000 <> 0
    or (is_suppressed and coalesce(people_count, debt_count, balance_pence, overdue_pence, recoverable_now_pence) is not null)

union all

select breakdown_code, 'TOTAL' as category_code
from {{ ref('debt_totals') }}
group by breakdown_code
having count(case when is_suppressed and category_code <> 'TOTAL' then 1 end) = 1
    and bool_or(category_code = 'TOTAL' and not is_suppressed)
