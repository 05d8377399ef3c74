{{ config(group='informed_debt') }}
-- Every figure of the list can be recomputed from the facts shown, every row has its first reason, every listed person facts.
with facts as (
    select
        person_id,
        sum(case when balance_pence > 0 then balance_pence else 0 end) as balance_pence,
        sum(case when balance_pence < 0 then balance_pence else 0 end) as credit_pence,
        sum(overdue_pence) as overdue_pence,
        sum(recoverable_now_pence) as recoverable_now_pence,
        count(case when balance_pence > 0 then 1 end) as debt_count
    from {{ ref('debts') }}
    group by person_id
),

types as (
    select person_id, sum(balance_pence) as balance_pence, sum(overdue_pence) as overdue_pence, sum(debt_count) as debt_count
    from {{ ref('debts_by_type') }}
    group by person_id
)

select list.person_id
from {{ ref('debt_list') }} as list
left join facts on facts.person_id = list.person_id
left join types on types.person_id = list.person_id
left join {{ ref('debt_reasons') }} as reasons
    on reasons.person_id = list.person_id
    and reasons.reason_rank = 1
where coalesce(list.total_balance_pence <> facts.balance_pence, true)
    or coalesce(list.credit_pence <> facts.credit_pence, true)
    or coalesce(list.total_overdue_pence <> facts.overdue_pence, true)
    or coalesce(list.recoverable_now_pence <> facts.recoverable_now_pence, true)
    or coalesce(list.debt_count <> facts.debt_count, true)
    or coalesce(types.balance_pence <> facts.balance_pence, true)
    or coalesce(types.overdue_pence <> facts.overdue_pence, true)
    or coalesce(types.debt_count <> facts.debt_count, true)
    or coalesce(reasons.rule_id <> list.deciding_rule_id, true)
