-- Grain: one row per listed person, reason and figure behind it, where the debts shown do not tell it.
-- Nothing of a support flag or a death is a figure; of a freeze only the person's own, by its dates.
with facts as (
    select distinct
        person_key,
        rule_id
    from {{ ref('int_informed_debt__reasons_worded') }}
),

freezes as (
    select
        facts.person_key,
        facts.rule_id,
        spells.start_on,
        spells.until_on
    from facts
    inner join {{ ref('int_informed_debt__respite_spells_read') }} as spells
        on spells.person_key = facts.person_key
        and (
            (facts.rule_id = 'DEBT-F01' and spells.state_code = 'IN_FORCE')
            or (facts.rule_id = 'DEBT-R01' and spells.state_code = 'ENDED_LATELY')
            or (facts.rule_id = 'DEBT-R02' and spells.state_code = 'CONTRADICTORY')
            or (facts.rule_id = 'DEBT-R03' and spells.state_code <> 'CONTRADICTORY')
        )
),

-- Every step on record of a debt whose sequence is in doubt or whose arrangement is broken.
faulty as (
    select distinct
        facts.person_key,
        facts.rule_id,
        debts.debt_key,
        debts.account_key,
        debts.financial_year
    from facts
    inner join {{ ref('int_informed_debt__debts_assessed') }} as debts
        on debts.person_key = facts.person_key
    inner join {{ ref('int_informed_debt__record_faults_found') }} as faults
        on faults.debt_key = debts.debt_key
        and faults.rule_id = facts.rule_id
    where facts.rule_id in ('DEBT-R03', 'DEBT-R04')

    union all

    select
        facts.person_key,
        facts.rule_id,
        debts.debt_key,
        debts.account_key,
        debts.financial_year
    from facts
    inner join {{ ref('int_informed_debt__debts_assessed') }} as debts
        on debts.person_key = facts.person_key
        and debts.arrangement_broken_on is not null
        and debts.overdue_pence > 0
    where facts.rule_id = 'DEBT-P02'
),

shares as (
    select
        facts.person_key,
        facts.rule_id,
        reductions.weekly_amount_pence,
        reductions.charge_pence,
        reductions.charged_days,
        row_number() over (
            partition by facts.person_key
            order by coalesce(reductions.share_per_cent, 0) desc, reductions.from_on desc, reductions.benefit_award_key
        ) as strongest_first
    from facts
    inner join {{ ref('int_informed_debt__reductions_read') }} as reductions
        on reductions.person_key = facts.person_key
        and reductions.is_in_force
        and not reductions.is_passported
    where facts.rule_id = 'DEBT-U02'
),

after_death as (
    select distinct
        facts.person_key,
        facts.rule_id,
        debts.debt_key,
        debts.overdue_pence
    from facts
    inner join {{ ref('int_informed_debt__debts_assessed') }} as debts
        on debts.person_key = facts.person_key
        and debts.overdue_pence > 0
        and debts.is_joint
    inner join {{ ref('int_informed_debt__liabilities_established') }} as liabilities
        on liabilities.debt_key = debts.debt_key
    inner join {{ ref('int_informed_debt__estates_recognised') }} as estates
        on estates.person_key = liabilities.person_key
    where facts.rule_id = 'DEBT-R06'
)

select
    person_key,
    rule_id,
    -- Of a start that is not recorded only this is known: it was by now.
    case when start_on is null then 'FREEZE_BEGUN' else 'FREEZE_FROM' end as figure_code,
    cast(null as varchar) as debt_key,
    cast(null as bigint) as amount_pence,
    cast(null as bigint) as figure_days,
    coalesce(start_on, {{ as_at() }}) as figure_on
from freezes

union all

select
    person_key,
    rule_id,
    case when until_on is null then 'FREEZE_OPEN' else 'FREEZE_UNTIL' end as figure_code,
    cast(null as varchar) as debt_key,
    cast(null as bigint) as amount_pence,
    cast(null as bigint) as figure_days,
    until_on as figure_on
from freezes

union all

select
    faulty.person_key,
    faulty.rule_id,
    stages.stage_code as figure_code,
    faulty.debt_key,
    stages.amount_at_stage_pence as amount_pence,
    cast(null as bigint) as figure_days,
    stages.stage_on as figure_on
from faulty
inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as stages
    on stages.council_tax_account_key = faulty.account_key
    and stages.financial_year = faulty.financial_year
    and stages.stage_code <> 'HOLD'

union all

select
    person_key,
    rule_id,
    'WEEKLY_REDUCTION' as figure_code,
    cast(null as varchar) as debt_key,
    weekly_amount_pence as amount_pence,
    cast(null as bigint) as figure_days,
    cast(null as date) as figure_on
from shares
where strongest_first = 1

union all

select
    person_key,
    rule_id,
    'CHARGE' as figure_code,
    cast(null as varchar) as debt_key,
    charge_pence as amount_pence,
    charged_days as figure_days,
    cast(null as date) as figure_on
from shares
where strongest_first = 1

union all

select
    facts.person_key,
    facts.rule_id,
    overpayments.recovery_route as figure_code,
    overpayments.debt_key,
    overpayments.balance_pence as amount_pence,
    cast(null as bigint) as figure_days,
    cast(null as date) as figure_on
from facts
inner join {{ ref('int_informed_debt__overpayment_debts_valued') }} as overpayments
    on overpayments.person_key = facts.person_key
    and overpayments.recovery_route in ('ONGHB', 'DWPPD')
    and overpayments.balance_pence > 0
where facts.rule_id = 'DEBT-U04'

union all

select
    person_key,
    rule_id,
    'JOINT_DEBT' as figure_code,
    debt_key,
    overdue_pence as amount_pence,
    cast(null as bigint) as figure_days,
    cast(null as date) as figure_on
from after_death
