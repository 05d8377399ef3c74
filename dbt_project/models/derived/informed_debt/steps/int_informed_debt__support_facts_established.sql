-- Grain: one row per listed person, support rule and fact: evidence that the person may not be able to pay.
with people as (
    select *
    from {{ ref('int_informed_debt__people_listed') }}
),

reductions as (
    select
        reductions.*,
        row_number() over (
            partition by reductions.person_key, reductions.is_in_force, reductions.is_passported
            order by coalesce(reductions.share_per_cent, 0) desc, reductions.from_on desc, reductions.benefit_award_key
        ) as strongest_first,
        row_number() over (
            partition by reductions.person_key
            order by coalesce(reductions.to_on, {{ as_at() }}) desc, reductions.from_on desc, reductions.benefit_award_key
        ) as latest_first
    from {{ ref('int_informed_debt__reductions_read') }} as reductions
    inner join people
        on people.person_key = reductions.person_key
),

running as (
    select distinct person_key
    from reductions
    where is_in_force
),

deductions as (
    select
        people.person_key,
        overpayments.recovery_route,
        overpayments.balance_pence,
        row_number() over (
            partition by people.person_key
            order by overpayments.balance_pence desc, overpayments.debt_key
        ) as largest_first
    from {{ ref('int_informed_debt__overpayment_debts_valued') }} as overpayments
    inner join people
        on people.person_key = overpayments.person_key
    where overpayments.recovery_route in ('ONGHB', 'DWPPD')
        and overpayments.balance_pence > 0
),

tenancies as (
    select
        people.person_key,
        bool_or(tenancies.uc_flag) as is_on_universal_credit,
        bool_or(tenancies.hb_flag) as is_on_housing_benefit
    from {{ ref('psn_housing__tenancies') }} as tenancies
    inner join {{ ref('psn_spine__tenants') }} as tenants
        on tenants.tenancy_key = tenancies.tenancy_key
    inner join people
        on people.person_key = tenants.person_key
    where tenancies.eot is null or tenancies.eot > {{ as_at() }}
    group by people.person_key
)

select
    person_key,
    'DEBT-U01' as rule_id,
    'passported' as fact_value,
    from_on as fact_on,
    cast(null as bigint) as amount_pence,
    'reduction' as source_code
from reductions
where is_in_force and is_passported and strongest_first = 1

union all

select
    person_key,
    'DEBT-U02' as rule_id,
    cast(share_per_cent as varchar) || ' per cent' as fact_value,
    from_on as fact_on,
    cast(null as bigint) as amount_pence,
    'reduction' as source_code
from reductions
where is_in_force and not is_passported and strongest_first = 1
    and share_per_cent >= {{ debt_threshold('DEBT-U02') }}

union all

select
    person_key,
    'DEBT-U03' as rule_id,
    cast(overdue_type_count as varchar) as fact_value,
    {{ as_at() }} as fact_on,
    overdue_pence as amount_pence,
    'debts' as source_code
from people
where overdue_type_count >= {{ debt_threshold('DEBT-U03') }}

union all

select
    person_key,
    'DEBT-U04' as rule_id,
    case when recovery_route = 'ONGHB' then 'A deduction from housing benefit' else 'A deduction from other benefits' end
        as fact_value,
    {{ as_at() }} as fact_on,
    balance_pence as amount_pence,
    'overpayments' as source_code
from deductions
where largest_first = 1

union all

select
    person_key,
    'DEBT-U05' as rule_id,
    'universal credit' as fact_value,
    {{ as_at() }} as fact_on,
    cast(null as bigint) as amount_pence,
    'rent' as source_code
from tenancies
where is_on_universal_credit

union all

select
    person_key,
    'DEBT-U06' as rule_id,
    'housing benefit' as fact_value,
    {{ as_at() }} as fact_on,
    cast(null as bigint) as amount_pence,
    'rent' as source_code
from tenancies
where is_on_housing_benefit

union all

select
    reductions.person_key,
    'DEBT-U07' as rule_id,
    cast({{ days_between('reductions.to_on', as_at()) }} as varchar) as fact_value,
    reductions.to_on as fact_on,
    cast(null as bigint) as amount_pence,
    'reduction' as source_code
from reductions
left join running
    on running.person_key = reductions.person_key
where reductions.latest_first = 1
    and running.person_key is null
    and not reductions.is_in_force
    and reductions.is_account_live
    and {{ days_between('reductions.to_on', as_at()) }} <= {{ debt_threshold('DEBT-U07') }}
