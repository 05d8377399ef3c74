-- Grain: one row per debt and fault of its record which a person has to settle before it is asked for; `person_key` where the
-- fault is one debtor's alone, blank where it is everybody's.
-- Of the record itself only debts with something overdue: a fault of the past on a cleared year asks nothing of anybody.
with overdue as (
    select *
    from {{ ref('int_informed_debt__debts_unioned') }}
    where overdue_pence > 0
),

spells as (
    select distinct
        liabilities.debt_key,
        spells.start_on,
        spells.until_on
    from {{ ref('int_informed_debt__respite_spells_read') }} as spells
    inner join {{ ref('int_informed_debt__liabilities_established') }} as liabilities
        on liabilities.person_key = spells.person_key
    where spells.state_code <> 'CONTRADICTORY'
),

-- A step from summons on, dated within a freeze that covered the debt, has no force.
steps_in_freeze as (
    select
        overdue.debt_key,
        'DEBT-R03' as rule_id,
        stages.stage_on as fact_on,
        stages.stage_label as fact_value,
        stages.stage_order
    from overdue
    inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as stages
        on stages.council_tax_account_key = overdue.account_key
        and stages.financial_year = overdue.financial_year
        and stages.is_from_summons_on
        and stages.is_open
    inner join spells
        on spells.debt_key = overdue.debt_key
        -- Of a freeze whose start is not recorded nobody can say that a step fell into it, so none is called void.
        and spells.start_on >= overdue.raised_on
        and stages.stage_on > spells.start_on
        and (spells.until_on is null or stages.stage_on <= spells.until_on)
    where overdue.debt_type_code = 'COUNCIL_TAX'
),

steps_out_of_order as (
    select
        overdue.debt_key,
        'DEBT-R04' as rule_id,
        stages.stage_on as fact_on,
        stages.stage_label as fact_value,
        stages.stage_order
    from overdue
    inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as stages
        on stages.council_tax_account_key = overdue.account_key
        and stages.financial_year = overdue.financial_year
        and stages.is_out_of_order
        and stages.is_open
    where overdue.debt_type_code = 'COUNCIL_TAX'
),

unsettled_positions as (
    select
        overdue.debt_key,
        'DEBT-R05' as rule_id,
        {{ as_at() }} as fact_on,
        case when accounts.lead_liab_pos = 11 then 'suspense' else 'marked as an error' end as fact_value,
        0 as stage_order
    from overdue
    inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
        on accounts.council_tax_account_key = overdue.account_key
        and accounts.lead_liab_pos in (-1, 11)
    where overdue.debt_type_code = 'COUNCIL_TAX'

    union all

    select
        overdue.debt_key,
        'DEBT-R05' as rule_id,
        {{ as_at() }} as fact_on,
        'account being moved' as fact_value,
        0 as stage_order
    from overdue
    inner join {{ ref('psn_revenues__council_tax_occupations') }} as occupations
        on occupations.council_tax_account_key = overdue.account_key
        and occupations.transit_ind
        and occupations.live_ind
    where overdue.debt_type_code = 'COUNCIL_TAX'
),

-- What was written off is no longer asked for; what is still owed then contradicts the step.
written_off as (
    select
        overdue.debt_key,
        'DEBT-R07' as rule_id,
        max(stages.stage_on) as fact_on,
        'written off' as fact_value,
        0 as stage_order
    from overdue
    inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as stages
        on stages.council_tax_account_key = overdue.account_key
        and stages.financial_year = overdue.financial_year
        and stages.stage_code = 'WOFF'
        and stages.is_open
    where overdue.debt_type_code = 'COUNCIL_TAX'
    group by overdue.debt_key
),

-- LAE is the council's own error, DWP the department's: both official errors.
official_errors as (
    select
        debt_key,
        'DEBT-R08' as rule_id,
        raised_on as fact_on,
        'official error' as fact_value,
        0 as stage_order
    from overdue
    where debt_type_code = 'BENEFIT_OVERPAYMENT' and debt_sub_type_code in ('LAE', 'DWP')
),

-- What one of the debtors owes may be unsettled while the other's liability is plain.
unsettled_debtors as (
    select
        debt_key,
        'DEBT-R05' as rule_id,
        {{ as_at() }} as fact_on,
        unsettled_as as fact_value,
        0 as stage_order,
        person_key
    from {{ ref('int_informed_debt__liabilities_established') }}
    where unsettled_as is not null
)

{% for fault in ['steps_in_freeze', 'steps_out_of_order', 'unsettled_positions', 'written_off', 'official_errors'] %}
select distinct *, cast(null as uuid) as person_key from {{ fault }}
union all
{% endfor %}
select * from unsettled_debtors
