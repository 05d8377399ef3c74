-- Grain: one row per person and debt (or credit), for everybody who owes the council something and has not objected.
-- Recoverable now: the overdue part, unless anything holds it. Adding a hold can only take away.
with holds as (
    select
        person_key,
        debt_key,
        bool_or(is_freeze) as is_frozen,
        bool_or(not is_freeze) as is_held_for_review,
        case when bool_or(is_freeze and until_on is null) then null else max(case when is_freeze then until_on end) end
            as frozen_until_on,
        -- One label: a freeze before a review; among freezes the one that says most.
        min(case hold_code
            when 'RESPITE' then '1RESPITE'
            when 'ESTATE' then '2ESTATE'
            when 'PROTECTED' then '3PROTECTED'
            when 'DISPUTE' then '4DISPUTE'
            when 'SOURCE' then '5SOURCE'
            when 'INHIBITED' then '6INHIBITED'
            else '7REVIEW'
        end) as first_hold
    from {{ ref('int_informed_debt__holds_applied') }}
    group by person_key, debt_key
),

owed as (
    select
        liabilities.person_key,
        liabilities.is_joint,
        debts.*,
        coalesce(holds.is_frozen, false) as is_frozen,
        coalesce(holds.is_held_for_review, false) as is_held_for_review,
        holds.frozen_until_on,
        substring(holds.first_hold, 2) as hold_code
    from {{ ref('int_informed_debt__liabilities_established') }} as liabilities
    inner join {{ ref('int_informed_debt__debts_unioned') }} as debts
        on debts.debt_key = liabilities.debt_key
    left join {{ ref('int_informed_debt__objections_honoured') }} as objections
        on objections.person_key = liabilities.person_key
    left join holds
        on holds.person_key = liabilities.person_key
        and holds.debt_key = liabilities.debt_key
    where objections.person_key is null
),

-- A person who is only in credit owes nothing and is nobody's business here.
debtors as (
    select person_key
    from owed
    where balance_pence > 0
    group by person_key
),

priorities as (
    select
        debt_type_code,
        debt_sub_type_code,
        priority
    from {{ ref('informed_debt_priorities') }}
    where {{ in_force('valid_from', 'valid_to', as_at()) }}
)

select
    owed.*,
    case when owed.is_frozen or owed.is_held_for_review then 0 else owed.overdue_pence end as recoverable_now_pence,
    {{ days_between('owed.raised_on', as_at()) }} as age_days,
    row_number() over (
        partition by owed.person_key
        order by
            case when owed.overdue_pence > 0 then 0 when owed.balance_pence > 0 then 1 else 2 end,
            coalesce(own_priority.priority, type_priority.priority, 99),
            owed.stage_order desc,
            owed.raised_on,
            owed.balance_pence desc,
            owed.debt_key
    ) as priority_rank
from owed
inner join debtors
    on debtors.person_key = owed.person_key
left join priorities as own_priority
    on own_priority.debt_type_code = owed.debt_type_code
    and own_priority.debt_sub_type_code = owed.debt_sub_type_code
left join priorities as type_priority
    on type_priority.debt_type_code = owed.debt_type_code
    and type_priority.debt_sub_type_code = '*'
