-- Grain: one row per council tax account and financial year with a balance that is not nil.
-- `stage_code`: the arrangement that stands, or else the furthest step since the debt was last cleared.
-- A credit keeps its minus sign and is never set off against another year or debt.
with steps as (
    select
        *,
        -- A bill is no recovery step: one sent anew, a reduction having changed, breaks no arrangement.
        row_number() over (
            partition by council_tax_account_key, financial_year
            order by case when stage_code = 'BILL' then 1 else 0 end, stage_on desc, stage_order desc, stage_code
        ) as newest_first
    from {{ ref('int_informed_debt__council_tax_stages_dated') }}
    where is_open and stage_code <> 'HOLD'
),

-- Of the ways to enforce a liability order one is taken at a time, so the newest of them counts (CTAER 1992 reg 52).
placed as (
    select
        steps.*,
        row_number() over (
            partition by council_tax_account_key, financial_year
            order by
                case when is_arrangement and newest_first = 1 then 0 else 1 end,
                coalesce(progress, -1) desc,
                stage_on desc,
                stage_code
        ) as furthest_first
    from steps
),

arrangements as (
    select
        council_tax_account_key,
        financial_year,
        max(stage_on) as arranged_on
    from steps
    where is_arrangement
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
    placed.agent_code,
    coalesce(placed.is_from_summons_on, false) as is_from_summons_on,
    balances.balance_pence,
    -- What falls due later this year is not arrears (SPEC council_tax_balances).
    least(greatest(balances.overdue_pence, 0), greatest(balances.balance_pence, 0)) as overdue_pence,
    -- Billed ahead of a move, a debt arises by the as-at date at the latest.
    least(greatest(accounts.liability_start, {{ debt_year_start('balances.fy') }}), {{ as_at() }}) as raised_on,
    coalesce(placed.is_arrangement, false) as has_payment_arrangement,
    case when coalesce(placed.is_arrangement, false) then placed.stage_on end as arranged_on,
    -- An arrangement followed by a further step is broken.
    case when not placed.is_arrangement then arrangements.arranged_on end as arrangement_broken_on,
    coalesce(accounts.account_status = 'F', false) as is_former_account
from {{ ref('psn_revenues__council_tax_balances') }} as balances
inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
    on accounts.council_tax_account_key = balances.council_tax_account_key
left join placed
    on placed.council_tax_account_key = balances.council_tax_account_key
    and placed.financial_year = balances.fy
    and placed.furthest_first = 1
left join arrangements
    on arrangements.council_tax_account_key = balances.council_tax_account_key
    and arrangements.financial_year = balances.fy
where balances.balance_pence <> 0
    and {{ debt_year_start('balances.fy') }} <= {{ as_at() }}
