{# Dates through dispatched macros, so that the same models can run on another engine. #}

{# The date the rules are computed at. #}
{% macro as_at() -%}
    cast('{{ var("as_at") }}' as date)
{%- endmacro %}

{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'fairview')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    datediff('day', cast({{ earlier }} as date), cast({{ later }} as date))
{%- endmacro %}

{% macro plus_days(day, days) -%}
    {{ return(adapter.dispatch('plus_days', 'fairview')(day, days)) }}
{%- endmacro %}

{% macro default__plus_days(day, days) -%}
    cast({{ day }} + to_days(cast({{ days }} as integer)) as date)
{%- endmacro %}

{# Calendar months, the last day of a shorter month standing in for a day it lacks. #}
{% macro plus_months(day, months) -%}
    {{ return(adapter.dispatch('plus_months', 'fairview')(day, months)) }}
{%- endmacro %}

{% macro default__plus_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{# Whole years of age on a day. #}
{% macro age_on(birth_date, day) -%}
    {{ return(adapter.dispatch('age_on', 'fairview')(birth_date, day)) }}
{%- endmacro %}

{% macro default__age_on(birth_date, day) -%}
    datesub('year', {{ birth_date }}, {{ day }})
{%- endmacro %}

{# True while a spell without end, or with an end not yet passed, covers a day (ends are last days in force). #}
{% macro in_force(start_on, end_on, day) -%}
    ({{ start_on }} <= {{ day }} and ({{ end_on }} is null or {{ end_on }} >= {{ day }}))
{%- endmacro %}

{# True once a spell has begun; of a brake, or of a sign of need, whose start is not recorded it is taken to have begun. #}
{% macro has_begun(start_on, day) -%}
    coalesce({{ start_on }} <= {{ day }}, true)
{%- endmacro %}

{# As in_force, for what protects somebody or makes recovery gentler: a start or an end that is not recorded never protects less
   than one that is (the engineers, since November 2026). #}
{% macro protects(start_on, end_on, day) -%}
    ({{ has_begun(start_on, day) }} and coalesce({{ end_on }} >= {{ day }}, true))
{%- endmacro %}

{# A count with its word: 1 day, 2 days. #}
{% macro counted(count, word) -%}
    cast({{ count }} as varchar) || case when {{ count }} = 1 then ' {{ word }}' else ' {{ word }}s' end
{%- endmacro %}
