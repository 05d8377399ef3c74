-- Row rules R6 and R8: whoever objects is nowhere, the dead are on no list. Read from the registers themselves.
with objecting as (
    select {{ person_id('person_key') }} as person_id
    from {{ ref('psn_corporate__data_objections') }}
    where
        person_key is not null
        and coalesce(service_scope, 'ALL') in ('CSF', 'ALL')
        and coalesce(decision <> 'REFUSED', true)
        and {{ protects('received', 'end_date', as_at()) }}
),

dead as (
    select {{ person_id('person_key') }} as person_id
    from {{ ref('psn_corporate__deaths') }}
    where
        person_key is not null
        and not coalesce(withdrawn_ind, false)
        and {{ has_begun('dod', as_at()) }}
        and {{ has_begun('notified_on', as_at()) }}
)

select victim_reports.person_id
from {{ ref('victim_reports') }} as victim_reports
inner join objecting on objecting.person_id = victim_reports.person_id
union all
select case_review.person_id
from {{ ref('case_review') }} as case_review
inner join objecting on objecting.person_id = case_review.person_id
union all
select victim_list.person_id
from {{ ref('victim_list') }} as victim_list
inner join objecting on objecting.person_id = victim_list.person_id
union all
select victim_list.person_id
from {{ ref('victim_list') }} as victim_list
inner join dead on dead.person_id = victim_list.person_id
union all
select victim_chronology.person_id
from {{ ref('victim_chronology') }} as victim_chronology
inner join dead on dead.person_id = victim_chronology.person_id
