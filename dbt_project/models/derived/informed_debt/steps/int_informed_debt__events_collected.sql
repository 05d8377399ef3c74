-- Grain: one row per person on the list and dated, coded event of a debt, a freeze of their own or a reduction.
-- Nothing of a support flag, a death or somebody else's freeze is an event here; a hold is told without its cause.
with listed as (
    select person_key
    from {{ ref('int_informed_debt__people_listed') }}
),

debts as (
    select debts.*
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    inner join listed
        on listed.person_key = debts.person_key
    where debts.balance_pence > 0
),

-- Two rows of a source may tell the same event; a debt is raised once and paid last once, and needs no such look.
steps as (
    select distinct
        debts.person_key,
        debts.debt_key,
        debts.debt_type_code,
        stages.stage_on as event_on,
        'STAGE' as event_code,
        case when stages.stage_code = 'HOLD' then 'Recovery held' else stages.stage_label end as detail,
        stages.amount_at_stage_pence as amount_pence,
        'council_tax_recovery' as source_code
    from debts
    inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as stages
        on stages.council_tax_account_key = debts.account_key
        and stages.financial_year = debts.financial_year
    where debts.debt_type_code = 'COUNCIL_TAX'
),

raised as (
    select
        debts.person_key,
        debts.debt_key,
        debts.debt_type_code,
        debts.raised_on as event_on,
        case when debts.debt_type_code = 'RENT' then 'ARREARS_BEGAN' else 'RAISED' end as event_code,
        cast(null as varchar) as detail,
        cast(null as bigint) as amount_pence,
        case debts.debt_type_code
            when 'COUNCIL_TAX' then 'council_tax'
            when 'RENT' then 'rent'
            when 'BENEFIT_OVERPAYMENT' then 'overpayments'
            else 'sundry'
        end as source_code
    from debts
),

council_tax_paid as (
    select
        council_tax_account_key,
        fy,
        max(txn_date) as paid_on
    from {{ ref('psn_revenues__council_tax_transactions') }}
    where txn_type = 'PAY' and txn_date <= {{ as_at() }}
    group by council_tax_account_key, fy
),

rent_paid as (
    select
        tenancy_key,
        max(cast(post_date as date)) as paid_on
    from {{ ref('psn_housing__rent_transactions') }}
    where trans_type in ('PAY', 'DDR') and cast(post_date as date) <= {{ as_at() }}
    group by tenancy_key
),

-- Each type with its own payments. One outer join of all debts, by account where the type is so and so, is not hashed on the
-- account: it compares every debt with every payment, and took nine tenths of this service's time.
last_paid as (
    select
        debts.person_key,
        debts.debt_key,
        debts.debt_type_code,
        council_tax_paid.paid_on,
        'council_tax' as source_code
    from debts
    inner join council_tax_paid
        on council_tax_paid.council_tax_account_key = debts.account_key
        and council_tax_paid.fy = debts.financial_year
    where debts.debt_type_code = 'COUNCIL_TAX'

    union all

    select
        debts.person_key,
        debts.debt_key,
        debts.debt_type_code,
        rent_paid.paid_on,
        'rent' as source_code
    from debts
    inner join rent_paid
        on rent_paid.tenancy_key = debts.account_key
    where debts.debt_type_code = 'RENT'

    union all

    select
        debts.person_key,
        debts.debt_key,
        debts.debt_type_code,
        overpayments.last_paid_on as paid_on,
        'overpayments' as source_code
    from debts
    inner join {{ ref('int_informed_debt__overpayment_debts_valued') }} as overpayments
        on overpayments.debt_key = debts.debt_key
        and overpayments.last_paid_on <= {{ as_at() }}
),

paid as (
    select
        person_key,
        debt_key,
        debt_type_code,
        paid_on as event_on,
        'LAST_PAID' as event_code,
        cast(null as varchar) as detail,
        cast(null as bigint) as amount_pence,
        source_code
    from last_paid
),

freezes as (
    select distinct
        spells.person_key,
        cast(null as varchar) as debt_key,
        cast(null as varchar) as debt_type_code,
        spells.start_on as event_on,
        'FROZEN' as event_code,
        cast(null as varchar) as detail,
        cast(null as bigint) as amount_pence,
        spells.source_code
    from {{ ref('int_informed_debt__respite_spells_read') }} as spells
    inner join listed
        on listed.person_key = spells.person_key
    where spells.source_code = 'respite'

    union all

    select distinct
        spells.person_key,
        cast(null as varchar) as debt_key,
        cast(null as varchar) as debt_type_code,
        spells.until_on as event_on,
        'FREEZE_ENDED' as event_code,
        cast(null as varchar) as detail,
        cast(null as bigint) as amount_pence,
        spells.source_code
    from {{ ref('int_informed_debt__respite_spells_read') }} as spells
    inner join listed
        on listed.person_key = spells.person_key
    where spells.source_code = 'respite'
        and spells.until_on < {{ as_at() }}
),

reductions as (
    select distinct
        reductions.person_key,
        cast(null as varchar) as debt_key,
        'COUNCIL_TAX' as debt_type_code,
        reductions.from_on as event_on,
        'REDUCTION_FROM' as event_code,
        case when reductions.is_passported then 'passported' end as detail,
        cast(null as bigint) as amount_pence,
        'reduction' as source_code
    from {{ ref('int_informed_debt__reductions_read') }} as reductions
    inner join listed
        on listed.person_key = reductions.person_key

    union all

    select distinct
        reductions.person_key,
        cast(null as varchar) as debt_key,
        'COUNCIL_TAX' as debt_type_code,
        reductions.to_on as event_on,
        'REDUCTION_ENDED' as event_code,
        cast(null as varchar) as detail,
        cast(null as bigint) as amount_pence,
        'reduction' as source_code
    from {{ ref('int_informed_debt__reductions_read') }} as reductions
    inner join listed
        on listed.person_key = reductions.person_key
    where reductions.to_on < {{ as_at() }}
),

events as (
    select * from steps
    union all
    select * from raised
    union all
    select * from paid
    union all
    select * from freezes
    union all
    select * from reductions
)

select
    person_key,
    debt_key,
    debt_type_code,
    event_on,
    event_code,
    detail,
    amount_pence,
    source_code
from events
where event_on is not null
    and event_on <= {{ as_at() }}
