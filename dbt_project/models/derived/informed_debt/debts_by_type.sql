-- Grain: one row per person and type of debt, to the penny; credits beside the debts, never set off.
with by_type as (
    select
        person_key,
        debt_type_code,
        sum(case when balance_pence > 0 then balance_pence else 0 end) as balance_pence,
        sum(case when balance_pence < 0 then balance_pence else 0 end) as credit_pence,
        sum(overdue_pence) as overdue_pence,
        sum(recoverable_now_pence) as recoverable_now_pence,
        count(case when balance_pence > 0 then 1 end) as debt_count,
        coalesce(bool_or(is_joint and balance_pence > 0), false) as is_joint,
        coalesce(bool_or(is_frozen and balance_pence > 0), false) as is_any_frozen,
        min(case when balance_pence > 0 then raised_on end) as oldest_debt_on
    from {{ ref('int_informed_debt__debts_assessed') }}
    group by person_key, debt_type_code
)

select
    named.person_id,
    by_type.debt_type_code,
    labels.label as debt_type_label,
    cast(by_type.balance_pence as bigint) as balance_pence,
    cast(by_type.credit_pence as bigint) as credit_pence,
    cast(by_type.overdue_pence as bigint) as overdue_pence,
    cast(by_type.recoverable_now_pence as bigint) as recoverable_now_pence,
    cast(by_type.debt_count as bigint) as debt_count,
    by_type.is_joint,
    by_type.is_any_frozen,
    by_type.oldest_debt_on,
    {{ as_at() }} as as_at_on
from by_type
inner join {{ ref('int_informed_debt__people_named') }} as named
    on named.person_key = by_type.person_key
inner join {{ ref('informed_debt_labels') }} as labels
    on labels.code_list = 'debt_type'
    and labels.code = by_type.debt_type_code
