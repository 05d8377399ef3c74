-- Grain: one row per living victim: how often they and their household were victims, what is open, which flags are up.
-- A support flag is the corporate register's or a report's own; what it is about was never loaded.
with reports as (
    select *
    from {{ ref('int_asb_victim_support__reports_judged') }}
    where not is_deceased
),

registered as (
    select
        entries.person_key,
        bool_or(coalesce({{ plus_days('entries.review_by', 'rules.threshold_value') }} < {{ as_at() }}, false)) as is_stale
    from {{ ref('psn_corporate__vulnerability_register') }} as entries
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as rules on rules.rule_id = 'L3'
    where entries.needs_care and {{ protects('entries.start_date', 'entries.end_date', as_at()) }}
    group by entries.person_key
),

homes as (
    select
        people.person_key,
        people.age_band,
        people.ward_code,
        case when not households.is_shared and not households.is_institution then people.household_key end as household_key
    from {{ ref('psn_spine__people') }} as people
    left join {{ ref('psn_spine__households') }} as households
        on households.household_key = people.household_key
),

repeats as (
    select
        reports.person_key,
        homes.household_key,
        reports.event_key,
        reports.reported_on
    from reports
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as rules on rules.rule_id = 'A3'
    left join homes on homes.person_key = reports.person_key
    where {{ days_between('reports.reported_on', as_at()) }} < rules.window_days
),

own_repeats as (
    select
        person_key,
        count(distinct event_key) as event_count,
        max(reported_on) as reported_on
    from repeats
    group by person_key
),

household_repeats as (
    select
        household_key,
        count(distinct event_key) as event_count,
        max(reported_on) as reported_on
    from repeats
    where household_key is not null
    group by household_key
),

household_events as (
    select
        homes.household_key,
        count(distinct reports.event_key) as event_count
    from reports
    inner join homes on homes.person_key = reports.person_key
    where reports.is_within_window and homes.household_key is not null
    group by homes.household_key
),

own_reports as (
    select
        person_key,
        is_address_withheld,
        max(reported_on) as last_reported_on,
        count(*) filter (where is_open) as open_report_count,
        max(victim_updated_on) as victim_updated_on,
        bool_or(is_within_window) as is_within_window,
        count(distinct event_key) filter (where is_within_window) as event_count,
        bool_or(is_case_review_requested and is_within_window) as is_case_review_requested,
        bool_or(has_support_flag) as has_support_flag
    from reports
    group by person_key, is_address_withheld
)

select
    own_reports.person_key,
    own_reports.is_address_withheld,
    own_reports.last_reported_on,
    own_reports.open_report_count,
    own_reports.victim_updated_on,
    own_reports.is_within_window,
    own_reports.is_case_review_requested,
    coalesce(homes.age_band, 'unknown') as age_band,
    case when not own_reports.is_address_withheld then homes.ward_code end as ward_code,
    own_reports.has_support_flag or registered.person_key is not null as has_support_flag,
    coalesce(registered.is_stale, false) as is_support_flag_stale,
    case when own_reports.has_support_flag then 1 else 0 end
    + case when registered.person_key is not null then 1 else 0 end as support_flag_count,
    greatest(own_reports.event_count, coalesce(household_events.event_count, 0)) as household_event_count,
    greatest(coalesce(own_repeats.event_count, 0), coalesce(household_repeats.event_count, 0)) as repeat_event_count,
    greatest(
        coalesce(own_repeats.reported_on, household_repeats.reported_on),
        coalesce(household_repeats.reported_on, own_repeats.reported_on)
    ) as last_repeat_on
from own_reports
left join homes on homes.person_key = own_reports.person_key
left join registered on registered.person_key = own_reports.person_key
left join own_repeats on own_repeats.person_key = own_reports.person_key
left join household_repeats on household_repeats.household_key = homes.household_key
left join household_events on household_events.household_key = homes.household_key
