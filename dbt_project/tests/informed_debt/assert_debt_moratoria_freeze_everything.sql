{{ config(group='informed_debt') }}
-- R7, straight from the notices: whoever has a moratorium in force has no debt that is not frozen, and no other lane.
with frozen as (
    select distinct {{ person_id('person_key') }} as person_id
    from {{ ref('psn_corporate__debt_respite_notices') }}
    where {{ protects('start_date', 'frozen_until', as_at()) }}
        and coalesce(status, '') <> 'CANC'
        and person_key is not null
)

select debts.person_id
from {{ ref('debts') }} as debts
inner join frozen on frozen.person_id = debts.person_id
where not debts.is_frozen or debts.recoverable_now_pence <> 0

union all

select list.person_id
from {{ ref('debt_list') }} as list
inner join frozen on frozen.person_id = list.person_id
where list.lane_code <> 'FREEZE'
