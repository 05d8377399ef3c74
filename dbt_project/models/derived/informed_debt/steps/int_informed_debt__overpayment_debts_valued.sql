-- Grain: one row per housing benefit overpayment invoice with a balance that is not nil; fraud class never came in (R4).
select
    'BENEFIT_OVERPAYMENT|' || cast(overpayments.overpayment_invoice_key as varchar) as debt_key,
    'BENEFIT_OVERPAYMENT' as debt_type_code,
    overpayments.class as debt_sub_type_code,
    overpayments.overpayment_invoice_key as account_key,
    cast(null as bigint) as financial_year,
    overpayments.stage as stage_code,
    cast(null as date) as stage_on,
    coalesce(stages.stage_order, 0) as stage_order,
    stages.agent_code,
    coalesce(stages.is_from_summons_on, false) as is_from_summons_on,
    overpayments.balance_pence,
    greatest(overpayments.balance_pence, 0) as overdue_pence,
    overpayments.created as raised_on,
    -- A deduction from benefit or earnings is enforcement, agreed with nobody.
    false as has_payment_arrangement,
    cast(null as date) as arranged_on,
    cast(null as date) as arrangement_broken_on,
    false as is_former_account,
    overpayments.person_key,
    overpayments.recovery_route,
    overpayments.last_paid as last_paid_on
from {{ ref('psn_benefits__benefit_overpayments') }} as overpayments
left join {{ ref('informed_debt_stages') }} as stages
    on stages.debt_type_code = 'BENEFIT_OVERPAYMENT'
    and stages.stage_code = overpayments.stage
    and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
where overpayments.balance_pence <> 0
    and overpayments.created <= {{ as_at() }}
