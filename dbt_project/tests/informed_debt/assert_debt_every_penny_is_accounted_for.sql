{{ config(group='informed_debt') }}
-- Ties to the source control totals to the penny: for each feed, the sum of all its balances (the control total the door
-- checked) must be the mart's debts counted once, plus what was left out for a named reason. A row means it is not.
with sources as (
    select 'COUNCIL_TAX' as debt_type_code, sum(balance_pence) as source_pence, count(*) as source_count
    from {{ ref('psn_revenues__council_tax_balances') }} where balance_pence <> 0
    union all
    select 'RENT' as debt_type_code, sum(cur_bal_pence) as source_pence, count(*) as source_count
    from {{ ref('psn_housing__tenancies') }} where cur_bal_pence <> 0
    union all
    select 'BENEFIT_OVERPAYMENT' as debt_type_code, sum(balance_pence) as source_pence, count(*) as source_count
    from {{ ref('psn_benefits__benefit_overpayments') }} where balance_pence <> 0
    union all
    select 'SUNDRY' as debt_type_code, sum(balance_pence) as source_pence, count(*) as source_count
    from {{ ref('psn_corporate__sundry_debts') }} where balance_pence <> 0
),

shown as (
    select debt_id, debt_type_code, max(balance_pence) as balance_pence
    from {{ ref('debts') }}
    group by debt_id, debt_type_code
),

debtors as (
    select liabilities.person_key, objections.person_key is not null as is_objecting, max(debts.balance_pence) as largest_pence
    from {{ ref('int_informed_debt__liabilities_established') }} as liabilities
    inner join {{ ref('int_informed_debt__debts_unioned') }} as debts on debts.debt_key = liabilities.debt_key
    left join {{ ref('int_informed_debt__objections_honoured') }} as objections on objections.person_key = liabilities.person_key
    group by liabilities.person_key, objections.person_key
),

-- Left out: nobody linked owes it (void, firm, unlinked name), or all who owe it objected, or are only in credit.
left_out as (
    select debts.debt_type_code, debts.debt_key, debts.balance_pence
    from {{ ref('int_informed_debt__debts_unioned') }} as debts
    left join {{ ref('int_informed_debt__liabilities_established') }} as liabilities on liabilities.debt_key = debts.debt_key
    left join debtors on debtors.person_key = liabilities.person_key
    group by debts.debt_type_code, debts.debt_key, debts.balance_pence
    having count(case when not debtors.is_objecting and debtors.largest_pence > 0 then 1 end) = 0
),

not_yet as (
    select 'COUNCIL_TAX' as debt_type_code, balance_pence
    from {{ ref('psn_revenues__council_tax_balances') }}
    where balance_pence <> 0 and {{ debt_year_start('fy') }} > {{ as_at() }}
    union all
    select 'BENEFIT_OVERPAYMENT' as debt_type_code, balance_pence
    from {{ ref('psn_benefits__benefit_overpayments') }} where balance_pence <> 0 and created > {{ as_at() }}
    union all
    select 'SUNDRY' as debt_type_code, balance_pence
    from {{ ref('psn_corporate__sundry_debts') }} where balance_pence <> 0 and raised > {{ as_at() }}
),

told as (
    select debt_type_code, balance_pence from shown
    union all
    select debt_type_code, balance_pence from left_out
    union all
    select debt_type_code, balance_pence from not_yet
),

accounted as (
    select debt_type_code, sum(balance_pence) as told_pence, count(*) as told_count
    from told
    group by debt_type_code
)

select sources.debt_type_code
from sources
left join accounted on accounted.debt_type_code = sources.debt_type_code
where sources.source_count > 0
    and (
        coalesce(accounted.told_pence, 0) <> sources.source_pence
        or coalesce(accounted.told_count, 0) <> sources.source_count
    )
