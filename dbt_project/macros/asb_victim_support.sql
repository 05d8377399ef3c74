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

{# A count with its word: 1 day, 2 days. #}
{% macro victim_counted(count, word) -%}
    cast({{ count }} as varchar) || case when {{ count }} = 1 then ' {{ word }}' else ' {{ word }}s' end
{%- endmacro %}
