{{ config(materialized='view') }}
-- Grain: one row per measure of a subject on a day. Every family of measures has the same columns; a rent measure says of
-- which tenancy it is. A view: it is read once, and most measures meet no rule.
{% set families = ['housing_options', 'rents', 'council_tax', 'debts', 'benefits', 'households'] %}
{%- for family in families %}
select
    day_code,
    day,
    subject_key,
    person_key,
    measure_code,
    value,
    amount_pence,
    detail_code,
    fact_on,
    until_on,
    source_code,
    {{ 'cast(record_key as varchar)' if family == 'rents' else 'cast(null as varchar)' }} as record_key
from {{ ref('int_homelessness_prevention__' ~ family ~ '_measured') }}
{{ "union all" if not loop.last }}
{%- endfor %}
