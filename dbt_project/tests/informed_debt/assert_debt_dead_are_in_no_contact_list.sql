{{ config(group='informed_debt') }}
-- R8, straight from the deaths feed, whose day may be blank: no lane but the freeze, no contact, no place in the list of the month.
with dead as (
    select distinct {{ person_id('person_key') }} as person_id
    from {{ ref('psn_corporate__deaths') }}
    where not coalesce(withdrawn_ind, false)
        and {{ has_begun('notified_on', as_at()) }}
        and person_key is not null
)

select list.person_id
from {{ ref('debt_list') }} as list
inner join dead on dead.person_id = list.person_id
where list.lane_code <> 'FREEZE' or list.is_contact_allowed or list.list_position is not null
    or list.recoverable_now_pence <> 0
