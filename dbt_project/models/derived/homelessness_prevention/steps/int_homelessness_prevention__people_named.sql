-- Grain: one row per person whose own record gives a published fact, with the pseudonym published for them.
select
    people.person_key,
    {{ person_id('people.person_key') }} as person_id
from (
    select person_key from {{ ref('int_homelessness_prevention__indicators_met') }}
    union
    select person_key from {{ ref('int_homelessness_prevention__gaps_found') }}
) as people
