-- Grain: one row per person in the mart, with this service's pseudonym of them, computed once.
select
    person_key,
    {{ person_id('person_key') }} as person_id
from (
    select distinct person_key
    from {{ ref('int_informed_debt__debts_assessed') }}
) as people
