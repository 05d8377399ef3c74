-- Grain: one row per council tax account, financial year with a debt or credit, and recovery step up to the as-at date;
-- reversed steps left out.
-- `is_out_of_order`: the law in force on the day of the step asks for an earlier step that is not on record by then.
-- Only years whose whole history was delivered can be judged (the first delivery starts two financial years back).
-- `is_open`: taken since the debt was last cleared.
with owing as (
    select
        council_tax_account_key,
        fy
    from {{ ref('psn_revenues__council_tax_balances') }}
    where balance_pence <> 0
),

-- Steps of the years that owe something; of the other years of such an account a hold alone, which may tell of a freeze.
recovery as (
    select recovery.*
    from {{ ref('psn_revenues__council_tax_recovery') }} as recovery
    inner join owing
        on owing.council_tax_account_key = recovery.council_tax_account_key
        and owing.fy = recovery.fy

    union all

    select recovery.*
    from {{ ref('psn_revenues__council_tax_recovery') }} as recovery
    where recovery.stage = 'HOLD'
        and recovery.council_tax_account_key in (select owing.council_tax_account_key from owing)
        and not exists (
            select 1
            from owing
            where owing.council_tax_account_key = recovery.council_tax_account_key
                and owing.fy = recovery.fy
        )
),

events as (
    select
        recovery.council_tax_account_key,
        recovery.fy as financial_year,
        recovery.stage as stage_code,
        recovery.stage_date as stage_on,
        recovery.hold_code,
        recovery.hold_until as hold_until_on,
        recovery.amount_at_stage_pence
    from recovery
    where not coalesce(recovery.reversed_ind, false)
        and recovery.stage_date <= {{ as_at() }}
),

steps as (
    select
        events.*,
        stages.stage_order,
        stages.progress,
        stages.label as stage_label,
        stages.is_arrangement,
        stages.agent_code,
        stages.is_from_summons_on
    from events
    left join {{ ref('informed_debt_stages') }} as stages
        on stages.debt_type_code = 'COUNCIL_TAX'
        and stages.stage_code = events.stage_code
        and {{ in_force('stages.valid_from', 'stages.valid_to', 'events.stage_on') }}
),

needed as (
    select
        steps.council_tax_account_key,
        steps.financial_year,
        steps.stage_code,
        steps.stage_on,
        -- One earlier step that the law of the day accepts is enough.
        bool_or(coalesce({{ plus_days('earlier.stage_on', 'before.minimum_days') }} <= steps.stage_on, false)) as is_preceded
    from steps
    inner join {{ ref('informed_debt_steps_before') }} as before
        on before.debt_type_code = 'COUNCIL_TAX'
        and before.stage_code = steps.stage_code
        and {{ in_force('before.valid_from', 'before.valid_to', 'steps.stage_on') }}
    left join steps as earlier
        on earlier.council_tax_account_key = steps.council_tax_account_key
        and earlier.financial_year = steps.financial_year
        and earlier.stage_code = before.earlier_code
    group by steps.council_tax_account_key, steps.financial_year, steps.stage_code, steps.stage_on
)

select
    steps.council_tax_account_key,
    steps.financial_year,
    steps.stage_code,
    steps.stage_on,
    steps.hold_code,
    steps.hold_until_on,
    steps.amount_at_stage_pence,
    steps.stage_order,
    steps.progress,
    coalesce(steps.stage_label, steps.stage_code) as stage_label,
    coalesce(steps.is_arrangement, false) as is_arrangement,
    steps.agent_code,
    coalesce(steps.is_from_summons_on, false) as is_from_summons_on,
    coalesce(not needed.is_preceded, false) as is_out_of_order,
    clearances.cleared_on is null or steps.stage_on > clearances.cleared_on as is_open
from steps
left join {{ ref('int_informed_debt__council_tax_clearances_dated') }} as clearances
    on clearances.council_tax_account_key = steps.council_tax_account_key
    and clearances.financial_year = steps.financial_year
left join needed
    on needed.council_tax_account_key = steps.council_tax_account_key
    and needed.financial_year = steps.financial_year
    and needed.stage_code = steps.stage_code
    and needed.stage_on = steps.stage_on
