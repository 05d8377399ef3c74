-- Grain: one row per council tenancy with a balance that is not nil. Nothing of arrears actions or possession is read.
-- `raised_on`: the day the account last went into arrears, by its own ledger.
with by_day as (
    select
        transactions.tenancy_key,
        cast(transactions.post_date as date) as posted_on,
        sum(transactions.real_value_pence) as moved_pence
    from {{ ref('psn_housing__rent_transactions') }} as transactions
    inner join {{ ref('psn_housing__tenancies') }} as tenancies
        on tenancies.tenancy_key = transactions.tenancy_key
        and tenancies.cur_bal_pence > 0
    where cast(transactions.post_date as date) <= {{ as_at() }}
    group by transactions.tenancy_key, cast(transactions.post_date as date)
),

running as (
    select
        tenancy_key,
        posted_on,
        sum(moved_pence) over (partition by tenancy_key order by posted_on) as balance_pence
    from by_day
),

last_clear as (
    select
        tenancy_key,
        max(posted_on) as clear_on
    from running
    where balance_pence <= 0
    group by tenancy_key
),

arrears as (
    select
        running.tenancy_key,
        min(running.posted_on) as began_on
    from running
    left join last_clear
        on last_clear.tenancy_key = running.tenancy_key
    where last_clear.clear_on is null or running.posted_on > last_clear.clear_on
    group by running.tenancy_key
)

select
    'RENT|' || cast(tenancies.tenancy_key as varchar) as debt_key,
    'RENT' as debt_type_code,
    tenancies.tenure as debt_sub_type_code,
    tenancies.tenancy_key as account_key,
    cast(null as bigint) as financial_year,
    case when tenancies.eot <= {{ as_at() }} then 'FORMER' else 'CURRENT' end as stage_code,
    case when tenancies.eot <= {{ as_at() }} then tenancies.eot end as stage_on,
    case when tenancies.eot <= {{ as_at() }} then 2 else 1 end as stage_order,
    cast(null as varchar) as agent_code,
    false as is_from_summons_on,
    tenancies.cur_bal_pence as balance_pence,
    greatest(tenancies.cur_bal_pence, 0) as overdue_pence,
    least(coalesce(arrears.began_on, tenancies.cot), {{ as_at() }}) as raised_on,
    false as has_payment_arrangement,
    cast(null as date) as arranged_on,
    cast(null as date) as arrangement_broken_on,
    coalesce(tenancies.eot <= {{ as_at() }}, false) as is_former_account
from {{ ref('psn_housing__tenancies') }} as tenancies
left join arrears
    on arrears.tenancy_key = tenancies.tenancy_key
where tenancies.cur_bal_pence <> 0
