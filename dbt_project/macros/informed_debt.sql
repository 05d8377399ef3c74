{# Words and rules of informed debt; engine words only in the dispatched halves. #}

{# 31 October 2026. #}
{% macro debt_written_date(day) -%}
    {{ return(adapter.dispatch('debt_written_date', 'fairview')(day)) }}
{%- endmacro %}

{% macro default__debt_written_date(day) -%}
    strftime({{ day }}, '%-d %B %Y')
{%- endmacro %}

{# £1,234.50 from whole pence; a credit is -£1,234.50. #}
{% macro debt_pounds(pence) -%}
    {{ return(adapter.dispatch('debt_pounds', 'fairview')(pence)) }}
{%- endmacro %}

{% macro default__debt_pounds(pence) -%}
    case when {{ pence }} < 0 then '-' else '' end
    || '£' || format('{:,}', abs(cast({{ pence }} as bigint)) // 100) || '.'
    || lpad(cast(abs(cast({{ pence }} as bigint)) % 100 as varchar), 2, '0')
{%- endmacro %}

{# Texts of a group in a given order, one after the other. #}
{% macro debt_joined(text, separator, order_by) -%}
    {{ return(adapter.dispatch('debt_joined', 'fairview')(text, separator, order_by)) }}
{%- endmacro %}

{% macro default__debt_joined(text, separator, order_by) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{# First day of a financial year named by its first calendar year: 2026 is 1 April 2026. #}
{% macro debt_year_start(financial_year) -%}
    cast(cast({{ financial_year }} as varchar) || '-04-01' as date)
{%- endmacro %}

{# A sentence template with its places filled; a place without a value reads as "not recorded". #}
{% macro debt_sentence(template, places) -%}
    {%- set rendered = namespace(sql=template) -%}
    {%- for name, value in places.items() -%}
        {%- set rendered.sql = "replace(" ~ rendered.sql ~ ", '{" ~ name ~ "}', coalesce(" ~ value ~ ", 'not recorded'))" -%}
    {%- endfor -%}
    {{ rendered.sql }}
{%- endmacro %}

{# Threshold of the rule in force on the as-at date: whole pence, days, per cent or a count, as the rule's unit says. #}
{% macro debt_threshold(rule_id) -%}
    (
        select max(rules_in_force.threshold_value)
        from {{ ref('informed_debt_rules') }} as rules_in_force
        where rules_in_force.rule_id = '{{ rule_id }}'
            and {{ in_force('rules_in_force.valid_from', 'rules_in_force.valid_to', as_at()) }}
    )
{%- endmacro %}

{# The decision table: of a person's facts, the lane rule with the lowest position wins.

   Every lane rule asks for a fact that is there, never for one that is missing, and positions run from the gentlest
   lane to the statutory process (test_positions_run_from_gentle_to_harsh). So a further fact can only bring in another
   row of the table, and the winner can only move towards the gentle end: that is the brake, and
   tests/services/test_informed_debt.py proves it over every combination of facts. #}
{% macro debt_lanes_decided(facts) -%}
    select
        holding.person_key,
        min(lane_rules.position) as deciding_position
    from {{ facts }} as holding
    inner join {{ ref('informed_debt_rules') }} as lane_rules
        on lane_rules.rule_id = holding.rule_id
        and lane_rules.position is not null
        and {{ in_force('lane_rules.valid_from', 'lane_rules.valid_to', as_at()) }}
    group by holding.person_key
{%- endmacro %}
