-- Grain: one row per day the rules are worked out for: the as-at date, and the month end before it for the step-down.
select
    'NOW' as day_code,
    {{ as_at() }} as day
union all
select
    'BEFORE' as day_code,
    {{ prevention_month_end_before(as_at(), 1) }} as day
