-- The case review row of every person can be recomputed from that person's reports alone.
with recomputed as (
    select
        person_id,
        count(distinct event_id) as events_6m_count,
        count(*) filter (where is_qualifying) as qualifying_event_count
    from {{ ref('victim_reports') }}
    where is_within_6m
    group by person_id
)

select coalesce(recomputed.person_id, case_review.person_id) as person_id
from recomputed
full outer join {{ ref('case_review') }} as case_review
    on case_review.person_id = recomputed.person_id
where
    recomputed.person_id is null
    or case_review.person_id is null
    or recomputed.events_6m_count <> case_review.events_6m_count
    or recomputed.qualifying_event_count <> case_review.qualifying_event_count
    or case_review.qualifying_event_count > case_review.events_6m_count
