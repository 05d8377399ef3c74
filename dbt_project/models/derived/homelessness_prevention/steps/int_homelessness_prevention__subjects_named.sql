-- Grain: one row per subject, with the pseudonyms it is published under. Computed once per subject, not per row.
select
    subject_key,
    household_key,
    person_key,
    case
        when household_key is not null and subject_key like 'household|%'
            then {{ service_id('household', 'household_key') }}
        else {{ service_id('household_of_one', 'person_key') }}
    end as household_id,
    {{ person_id('person_key') }} as person_id
from {{ ref('int_homelessness_prevention__contacts_chosen') }}
