-- Grain: one row per dated, coded event of a household on the list.
select
    subjects.household_id,
    subjects.person_id,
    cast(
        row_number() over (
            partition by subjects.household_id
            order by events.event_on, events.event_code, events.amount_pence nulls last, events.source_label
        ) as bigint
    ) as event_number,
    events.event_on,
    events.event_code,
    events.event_label,
    events.amount_pence,
    events.source_label as source,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__events_dated') }} as events
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = events.subject_key
