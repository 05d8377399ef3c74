-- Grain: one row per sundry debtor account with a balance that is not nil; parking never came in (R3).
select
    'SUNDRY|' || cast(sundry.sundry_account_key as varchar) as debt_key,
    'SUNDRY' as debt_type_code,
    sundry.debt_type as debt_sub_type_code,
    sundry.sundry_account_key as account_key,
    cast(null as bigint) as financial_year,
    sundry.stage as stage_code,
    cast(null as date) as stage_on,
    coalesce(stages.stage_order, 0) as stage_order,
    stages.agent_code,
    coalesce(stages.is_from_summons_on, false) as is_from_summons_on,
    sundry.balance_pence,
    greatest(sundry.balance_pence, 0) as overdue_pence,
    sundry.raised as raised_on,
    false as has_payment_arrangement,
    cast(null as date) as arranged_on,
    cast(null as date) as arrangement_broken_on,
    false as is_former_account,
    sundry.person_key
from {{ ref('psn_corporate__sundry_debts') }} as sundry
left join {{ ref('informed_debt_stages') }} as stages
    on stages.debt_type_code = 'SUNDRY'
    and stages.stage_code = sundry.stage
    and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
where sundry.balance_pence <> 0
    and sundry.raised <= {{ as_at() }}
