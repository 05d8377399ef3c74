{# Working days and dates in words, dispatched like the other dates, so that models stay free of engine-only syntax. #}

{# Mondays to Fridays from Monday 1 January 1900 to a day, that day included. The difference of two is the weekdays
   after the earlier day up to the later one; bank holidays are taken off by the model that counts. #}
{% macro victim_weekdays_to(day) -%}
    {{ return(adapter.dispatch('victim_weekdays_to', 'fairview')(day)) }}
{%- endmacro %}

{% macro default__victim_weekdays_to(day) -%}
    (
        cast(floor({{ days_between("date '1900-01-01'", day) }} / 7.0) as integer) * 5
        + least(mod({{ days_between("date '1900-01-01'", day) }}, 7) + 1, 5)
    )
{%- endmacro %}

{# A date as a letter would write it: 3 August 2026. #}
{% macro victim_spoken_day(day) -%}
    {{ return(adapter.dispatch('victim_spoken_day', 'fairview')(day)) }}
{%- endmacro %}

{% macro default__victim_spoken_day(day) -%}
    strftime({{ day }}, '%-d %B %Y')
{%- endmacro %}

{# Who lives in a household of its own, as the body of a CTE: shared houses and institutions say nothing of one another. #}
{% macro victim_homes() -%}
    select
        people.person_key,
        people.household_key
    from {{ ref('psn_spine__people') }} as people
    inner join {{ ref('psn_spine__households') }} as households
        on households.household_key = people.household_key
        and not households.is_shared
        and not households.is_institution
{%- endmacro %}
