-- Grain: one row per council tax account and financial year with a balance that is not nil.
-- A credit keeps its minus sign and is never set off against another year or debt.
with stages as (
    select
        dated.*,
        last_value(case when dated.stage_code <> 'BILL' then dated.is_arrangement end ignore nulls) over (
            partition by dated.council_tax_account_key, dated.financial_year
            order by dated.stage_on, dated.stage_order, dated.stage_code
            rows between unbounded preceding and 1 preceding
        ) as is_after_arrangement
    from {{ ref('int_informed_debt__council_tax_stages_dated') }} as dated
    where dated.stage_code <> 'HOLD'
),

placed as (
    select
        stages.*,
        row_number() over (
            partition by stages.council_tax_account_key, stages.financial_year
            order by stages.stage_on desc, stages.stage_order desc, stages.stage_code
        ) as newest_first
    from stages
    -- A bill is no recovery step: one sent anew, a reduction having changed, leaves an arrangement as it is.
    where not (stages.stage_code = 'BILL' and coalesce(stages.is_after_arrangement, false))
),

arrangements as (
    select
        council_tax_account_key,
        financial_year,
        max(stage_on) as arranged_on
    from placed
    where stage_code = 'ARR'
    group by council_tax_account_key, financial_year
)

select
    'COUNCIL_TAX|' || cast(balances.council_tax_account_key as varchar) || '|' || cast(balances.fy as varchar) as debt_key,
    'COUNCIL_TAX' as debt_type_code,
    case when accounts.account_status = 'F' then 'FORMER' else 'LIVE' end as debt_sub_type_code,
    balances.council_tax_account_key as account_key,
    balances.fy as financial_year,
    coalesce(placed.stage_code, 'NONE') as stage_code,
    placed.stage_on,
    coalesce(placed.stage_order, 0) as stage_order,
    coalesce(placed.is_enforcement_agent, false) as is_enforcement_agent,
    coalesce(placed.is_from_summons_on, false) as is_from_summons_on,
    balances.balance_pence,
    -- What falls due later this year is not arrears (SPEC council_tax_balances).
    least(greatest(balances.overdue_pence, 0), greatest(balances.balance_pence, 0)) as overdue_pence,
    -- Billed ahead of a move, a debt arises by the as-at date at the latest.
    least(greatest(accounts.liability_start, {{ debt_year_start('balances.fy') }}), {{ as_at() }}) as raised_on,
    coalesce(placed.is_arrangement, false) as has_payment_arrangement,
    case when coalesce(placed.is_arrangement, false) then placed.stage_on end as arranged_on,
    -- An arrangement followed by a further step is broken.
    case when placed.stage_on > arrangements.arranged_on and not placed.is_arrangement then arrangements.arranged_on end
        as arrangement_broken_on,
    coalesce(accounts.account_status = 'F', false) as is_former_account
from {{ ref('psn_revenues__council_tax_balances') }} as balances
inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
    on accounts.council_tax_account_key = balances.council_tax_account_key
left join placed
    on placed.council_tax_account_key = balances.council_tax_account_key
    and placed.financial_year = balances.fy
    and placed.newest_first = 1
left join arrangements
    on arrangements.council_tax_account_key = balances.council_tax_account_key
    and arrangements.financial_year = balances.fy
where balances.balance_pence <> 0
    and {{ debt_year_start('balances.fy') }} <= {{ as_at() }}
