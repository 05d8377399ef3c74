-- Grain: one row per person with a debt: sums and dates the rules are computed from. Frozen debts count in every sum but
-- the recoverable one, so that a freeze never makes somebody look better off.
select
    person_key,
    sum(case when balance_pence > 0 then balance_pence else 0 end) as balance_pence,
    sum(case when balance_pence < 0 then balance_pence else 0 end) as credit_pence,
    sum(overdue_pence) as overdue_pence,
    sum(recoverable_now_pence) as recoverable_now_pence,
    sum(case when is_frozen then overdue_pence else 0 end) as frozen_overdue_pence,
    sum(case when is_frozen and balance_pence > 0 then balance_pence else 0 end) as frozen_balance_pence,
    sum(case when is_joint then overdue_pence else 0 end) as joint_overdue_pence,
    count(case when balance_pence > 0 then 1 end) as debt_count,
    count(case when balance_pence > 0 and debt_type_code = 'COUNCIL_TAX' then 1 end) as council_tax_count,
    count(case when balance_pence > 0 and debt_type_code = 'RENT' then 1 end) as rent_count,
    count(case when balance_pence > 0 and debt_type_code = 'BENEFIT_OVERPAYMENT' then 1 end) as benefit_overpayment_count,
    count(case when balance_pence > 0 and debt_type_code = 'SUNDRY' then 1 end) as sundry_count,
    count(distinct case when overdue_pence > 0 then debt_type_code end) as overdue_type_count,
    min(case when balance_pence > 0 then raised_on end) as oldest_debt_on,
    min(case when overdue_pence > 0 then raised_on end) as oldest_overdue_on,
    max(case when overdue_pence > 0 then raised_on end) as newest_overdue_on,
    -- Past a first reminder, or owed from an earlier year, a former account or an agent: not new.
    coalesce(bool_or(
        overdue_pence > 0
        and (
            case when debt_type_code = 'COUNCIL_TAX'
                then stage_order > 2 or {{ debt_year_start('financial_year + 1') }} <= {{ as_at() }}
                else age_days > {{ debt_threshold('DEBT-P04') }}
            end
        )
    ), false) as is_any_arrears_old,
    coalesce(bool_or(is_joint and balance_pence > 0), false) as is_joint_any,
    coalesce(bool_or(has_payment_arrangement and balance_pence > 0), false) as has_payment_arrangement,
    coalesce(bool_or(is_frozen and balance_pence > 0), false) as is_any_frozen,
    coalesce(bool_or(agent_code = 'ENFORCEMENT' and overdue_pence > 0), false) as is_with_enforcement_agent,
    coalesce(bool_or(agent_code = 'RETURNED' and overdue_pence > 0), false) as is_returned_by_enforcement_agent,
    coalesce(bool_or(is_from_summons_on and not has_payment_arrangement and overdue_pence > 0), false) as is_any_court_step_open
from {{ ref('int_informed_debt__debts_assessed') }}
group by person_key
