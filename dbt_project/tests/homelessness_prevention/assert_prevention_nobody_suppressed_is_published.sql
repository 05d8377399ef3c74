-- Nobody dead, objecting or restricted is in any table of this mart, under the pseudonym they would have.
{{ config(group='homelessness_prevention') }}
with suppressed as (
    select distinct {{ person_id('person_key') }} as person_id
    from {{ ref('int_homelessness_prevention__people_suppressed') }}
)
{% for table in ['prevention_list', 'household_indicators', 'prevention_reasons', 'prevention_chronology', 'entitlement_gaps',
    'step_down'] %}
select '{{ table }}' as table_name
from {{ ref(table) }} as published
inner join suppressed
    on suppressed.person_id = published.person_id
{{ "union all" if not loop.last }}
{% endfor %}
