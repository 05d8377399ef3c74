-- Grain: one row per person and debt (or credit). A joint debt stands in full on each person who owes it.
select
    named.person_id,
    named_debts.debt_id,
    debts.debt_type_code,
    types.label as debt_type_label,
    debts.debt_sub_type_code,
    coalesce(sub_types.label, debts.debt_sub_type_code) as debt_sub_type_label,
    cast(debts.financial_year as bigint) as financial_year,
    debts.stage_code,
    coalesce(stages.label, debts.stage_code) as stage_label,
    debts.stage_on,
    cast(debts.balance_pence as bigint) as balance_pence,
    cast(debts.overdue_pence as bigint) as overdue_pence,
    cast(debts.recoverable_now_pence as bigint) as recoverable_now_pence,
    debts.is_joint,
    debts.is_frozen,
    debts.frozen_until_on,
    debts.is_held_for_review,
    holds.label as hold_label,
    debts.raised_on,
    cast(debts.age_days as bigint) as age_days,
    debts.has_payment_arrangement,
    debts.is_former_account,
    cast(debts.priority_rank as bigint) as priority_rank,
    {{ as_at() }} as as_at_on
from {{ ref('int_informed_debt__debts_assessed') }} as debts
inner join {{ ref('int_informed_debt__people_named') }} as named
    on named.person_key = debts.person_key
inner join {{ ref('int_informed_debt__debts_named') }} as named_debts
    on named_debts.debt_key = debts.debt_key
inner join {{ ref('informed_debt_labels') }} as types
    on types.code_list = 'debt_type'
    and types.code = debts.debt_type_code
left join {{ ref('informed_debt_labels') }} as sub_types
    on sub_types.code_list = 'debt_sub_type'
    and sub_types.code = debts.debt_type_code || '/' || debts.debt_sub_type_code
left join {{ ref('informed_debt_labels') }} as holds
    on holds.code_list = 'hold'
    and holds.code = debts.hold_code
left join {{ ref('informed_debt_stages') }} as stages
    on stages.debt_type_code = debts.debt_type_code
    and stages.stage_code = debts.stage_code
    and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
