-- Beyond the last year of the calendar a bank holiday would count as a working day: extend the seed.
{{ config(severity='warn') }}
select max(holiday_on) as last_holiday_on
from {{ ref('asb_victim_support_bank_holidays') }}
having max(holiday_on) < {{ as_at() }}
