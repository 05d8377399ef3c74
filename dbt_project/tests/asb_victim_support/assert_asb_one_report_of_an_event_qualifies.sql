-- Several reports of one event count once.
select
    person_id,
    event_id
from {{ ref('victim_reports') }}
where is_qualifying
group by person_id, event_id
having count(*) > 1
