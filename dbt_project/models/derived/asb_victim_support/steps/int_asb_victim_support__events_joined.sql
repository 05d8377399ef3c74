-- Grain: one row per report, with the event it is of: reports matched with one another, directly or through others, are one.
with recursive pairs as (
    select
        first_key,
        second_key
    from {{ ref('int_asb_victim_support__reports_matched') }}
    union
    select
        second_key as first_key,
        first_key as second_key
    from {{ ref('int_asb_victim_support__reports_matched') }}
),

reached as (
    select
        first_key as start_key,
        second_key as reached_key
    from pairs
    union
    select
        reached.start_key,
        pairs.second_key as reached_key
    from reached
    inner join pairs on pairs.first_key = reached.reached_key
),

smallest as (
    select
        start_key,
        min(reached_key) as smallest_key
    from reached
    group by start_key
)

select
    reports.asb_incident_key,
    coalesce(least(smallest.smallest_key, reports.asb_incident_key), reports.asb_incident_key) as event_key
from {{ ref('int_asb_victim_support__reports_dated') }} as reports
left join smallest on smallest.start_key = reports.asb_incident_key
