{# Words and dates of homelessness prevention; engine words only in the dispatched halves. #}

{# Last day of the month `months` before the month of a day: (31 October, 1) is 30 September. #}
{% macro prevention_month_end_before(day, months) -%}
    {{ return(adapter.dispatch('prevention_month_end_before', 'fairview')(day, months)) }}
{%- endmacro %}

{% macro default__prevention_month_end_before(day, months) -%}
    cast(date_trunc('month', {{ day }}) - to_months({{ months - 1 }}) - to_days(1) as date)
{%- endmacro %}

{# Whole months from one day to a later one. #}
{% macro prevention_months_completed(earlier, later) -%}
    {{ return(adapter.dispatch('prevention_months_completed', 'fairview')(earlier, later)) }}
{%- endmacro %}

{% macro default__prevention_months_completed(earlier, later) -%}
    datesub('month', {{ earlier }}, {{ later }})
{%- endmacro %}

{# Months from one day to a later one, a month begun counted as one: a fact exactly six months old is 6, a day older 7. #}
{% macro prevention_months_begun(earlier, later) -%}
    {{ prevention_months_completed(earlier, later) }}
    + case
        when {{ plus_months(later, '-1 * ' ~ prevention_months_completed(earlier, later)) }} > {{ earlier }} then 1
        else 0
    end
{%- endmacro %}

{# 31 October 2026; of what has no day on record, that. #}
{% macro prevention_written_date(day) -%}
    {{ return(adapter.dispatch('prevention_written_date', 'fairview')(day)) }}
{%- endmacro %}

{% macro default__prevention_written_date(day) -%}
    coalesce(strftime({{ day }}, '%-d %B %Y'), 'a day not on record')
{%- endmacro %}

{# A date and how far it is: 20 November 2026, in 20 days; 31 October 2026, today; 20 October 2026, 11 days ago. #}
{% macro prevention_written_distance(day, from_day) -%}
    {{ prevention_written_date(day) }}
    || case
        when {{ day }} is null then ''
        when {{ day }} = {{ from_day }} then ', today'
        when {{ day }} > {{ from_day }} then ', in ' || {{ counted(days_between(from_day, day), 'day') }}
        else ', ' || {{ counted(days_between(day, from_day), 'day') }} || ' ago'
    end
{%- endmacro %}

{# The words of a row of the pack: those for a date that has passed, where it has such. #}
{% macro prevention_template(row, until_on, day) -%}
    case
        when {{ until_on }} < {{ day }} then coalesce({{ row }}.past_template, {{ row }}.sentence_template)
        else {{ row }}.sentence_template
    end
{%- endmacro %}

{# £1,234.50 from whole pence. #}
{% macro prevention_pounds(pence) -%}
    {{ return(adapter.dispatch('prevention_pounds', 'fairview')(pence)) }}
{%- endmacro %}

{% macro default__prevention_pounds(pence) -%}
    '£' || format('{:,}', cast({{ pence }} as bigint) // 100) || '.'
    || lpad(cast(cast({{ pence }} as bigint) % 100 as varchar), 2, '0')
{%- endmacro %}

{# A value in its unit's usual form: days and months with their word, weeks cut to one decimal, pence as pounds, all else whole. #}
{% macro prevention_written_value(value, unit_code) -%}
    case
        when {{ unit_code }} = 'WEEKS' then cast(cast(floor({{ value }} * 10) / 10 as decimal(18, 1)) as varchar)
        when {{ unit_code }} = 'PENCE_A_WEEK' then {{ prevention_pounds(value) }}
        when {{ unit_code }} = 'DAYS' then {{ counted('cast(floor(' ~ value ~ ') as bigint)', 'day') }}
        when {{ unit_code }} = 'MONTHS' then {{ counted('cast(floor(' ~ value ~ ') as bigint)', 'month') }}
        else cast(cast(floor({{ value }}) as bigint) as varchar)
    end
{%- endmacro %}

{# A sentence template with its places filled; a place without a value reads as "not recorded". #}
{% macro prevention_sentence(template, places) -%}
    {%- set rendered = namespace(sql=template) -%}
    {%- for name, value in places.items() -%}
        {%- set rendered.sql = "replace(" ~ rendered.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ value ~ ", 'not recorded'))" -%}
    {%- endfor -%}
    {{ rendered.sql }}
{%- endmacro %}

{# True where a measured value meets a rule's threshold. #}
{% macro prevention_meets(value, comparison, threshold) -%}
    case {{ comparison }}
        when '>=' then {{ value }} >= {{ threshold }}
        when '>' then {{ value }} > {{ threshold }}
        when '<=' then {{ value }} <= {{ threshold }}
        when '<' then {{ value }} < {{ threshold }}
        else false
    end
{%- endmacro %}

{# The value of a parameter of the rule pack in force on the as-at date. #}
{% macro prevention_parameter(code) -%}
    (
        select parameters.value
        from {{ ref('homelessness_prevention_parameters') }} as parameters
        where parameters.parameter_code = '{{ code }}'
            and {{ in_force('parameters.valid_from', 'parameters.valid_to', as_at()) }}
    )
{%- endmacro %}

{# Texts joined in a given order; nulls left out. #}
{% macro prevention_joined(text, separator, order, distinct=false) -%}
    {{ return(adapter.dispatch('prevention_joined', 'fairview')(text, separator, order, distinct)) }}
{%- endmacro %}

{% macro default__prevention_joined(text, separator, order, distinct) -%}
    string_agg({{ 'distinct ' if distinct }}{{ text }}, '{{ separator }}' order by {{ order }})
{%- endmacro %}

{# Generic test: no two rows share the same values in these columns. #}
{% test homelessness_prevention_unique_together(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{# Whether a step of council tax recovery counts as a reminder on a day (rule H15): two years of them, none taken back
   (fitted with its points, Head of Housing Options, since December 2026). #}
{% macro prevention_is_reminder(recovery, day) -%}
    (
        {{ recovery }}.stage in ('REM1', 'REM2', 'FINAL')
        and not {{ recovery }}.reversed_ind
        and {{ recovery }}.stage_date between {{ plus_months(day, -24) }} and {{ day }}
    )
{%- endmacro %}
