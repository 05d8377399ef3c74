-- Grain: one row per breakdown and category, with a total per breakdown. Disclosure-controlled: anything under 10 people or
-- debts (nought included) or ruled by one debt is hidden; counts are rounded to 5 and sums to £100.
-- Where one cell of a breakdown alone would be hidden, or all hidden ones together are under 10, the next smallest goes
-- with them, so that no total gives them away.
with judged as (
    select
        counted.*,
        counted.people_count < 10
        or coalesce(counted.debt_count, 10) < 10
        or coalesce(2 * counted.largest_pence > counted.balance_pence, false) as is_unsafe
    from {{ ref('int_informed_debt__totals_counted') }} as counted
),

ranked as (
    select
        judged.*,
        count(case when is_unsafe then 1 end) over (partition by breakdown_code) as unsafe_count,
        sum(case when is_unsafe then people_count else 0 end) over (partition by breakdown_code) as unsafe_people_count,
        row_number() over (
            partition by breakdown_code
            order by case when is_unsafe then 1 else 0 end, people_count, category_code
        ) as smallest_safe_first
    from judged
),

cells as (
    select
        ranked.*,
        is_unsafe
        or (
            smallest_safe_first = 1
            and (unsafe_count = 1 or (unsafe_count > 1 and unsafe_people_count < 10))
        ) as is_hidden
    from ranked
),

-- People owe more than one type of debt: their number over all types is no sum of the cells.
debtors as (
    select count(distinct person_key) as people_count
    from {{ ref('int_informed_debt__debts_assessed') }}
    where balance_pence > 0
),

sums as (
    select
        cells.breakdown_code,
        'TOTAL' as category_code,
        'All' as category_label,
        max(case when cells.breakdown_code = 'DEBT_TYPE' then debtors.people_count end) as debtor_count,
        sum(cells.people_count) as people_count,
        sum(cells.debt_count) as debt_count,
        sum(cells.balance_pence) as balance_pence,
        sum(cells.overdue_pence) as overdue_pence,
        sum(cells.recoverable_now_pence) as recoverable_now_pence,
        coalesce(2 * max(cells.largest_pence) > sum(cells.balance_pence), false) as is_ruled_by_one,
        bool_and(cells.is_hidden) as is_all_hidden
    from cells
    cross join debtors
    group by cells.breakdown_code
),

rows_out as (
    select
        breakdown_code,
        category_code,
        category_label,
        people_count,
        debt_count,
        balance_pence,
        overdue_pence,
        recoverable_now_pence,
        is_hidden
    from cells

    union all

    select
        breakdown_code,
        category_code,
        category_label,
        coalesce(debtor_count, people_count) as people_count,
        debt_count,
        balance_pence,
        overdue_pence,
        recoverable_now_pence,
        coalesce(debtor_count, people_count) < 10
        or coalesce(debt_count, 10) < 10
        or is_ruled_by_one
        or is_all_hidden as is_hidden
    from sums
)

select
    breakdown_code,
    category_code,
    category_label,
    case when not is_hidden then cast(round(people_count / 5.0) * 5 as bigint) end as people_count,
    case when not is_hidden then cast(round(debt_count / 5.0) * 5 as bigint) end as debt_count,
    case when not is_hidden then cast(round(balance_pence / 10000.0) * 10000 as bigint) end as balance_pence,
    case when not is_hidden then cast(round(overdue_pence / 10000.0) * 10000 as bigint) end as overdue_pence,
    case when not is_hidden then cast(round(recoverable_now_pence / 10000.0) * 10000 as bigint) end as recoverable_now_pence,
    is_hidden as is_suppressed,
    {{ as_at() }} as as_at_on
from rows_out
