-- No count under ten is shown, every shown count is a multiple of five, and no topic with a total hides a single cell.
select topic_code
from {{ ref('support_totals') }}
where
    (shown_count is null) <> is_suppressed
    or shown_count < 10
    or mod(shown_count, 5) <> 0
group by topic_code
union all
select topic_code
from {{ ref('support_totals') }}
where topic_code <> 'people_by_reason'
group by topic_code
having
    count(*) filter (where is_suppressed and group_code <> 'TOTAL') = 1
    and count(*) filter (where group_code <> 'TOTAL') > 1
    and count(*) filter (where group_code = 'TOTAL' and not is_suppressed) = 1
