-- Grain: one row per day that a working-day rule starts from, with the working days after it up to the as-at date.
with starts as (
    select reported_on as start_on
    from {{ ref('int_asb_victim_support__reports_judged') }}
    union
    select victim_updated_on as start_on
    from {{ ref('int_asb_victim_support__reports_judged') }}
    where victim_updated_on is not null
)

select
    starts.start_on,
    {{ victim_weekdays_to(as_at()) }} - {{ victim_weekdays_to('starts.start_on') }} - count(holidays.holiday_on) as working_days
from starts
left join {{ ref('asb_victim_support_bank_holidays') }} as holidays
    on holidays.holiday_on > starts.start_on and holidays.holiday_on <= {{ as_at() }}
group by starts.start_on
