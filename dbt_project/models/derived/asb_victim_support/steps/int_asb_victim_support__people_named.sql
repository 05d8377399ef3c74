-- Grain: one row per victim, with this service's own pseudonym: computed once a person.
select
    person_key,
    {{ person_id('person_key') }} as person_id
from (
    select distinct person_key
    from {{ ref('int_asb_victim_support__reports_judged') }}
) as victims
