-- Grain: one row per account, financial year and day with something outstanding: overdue, and the stage reached.
-- The overdue figure is the source's own on the as-at date. For the day before it is worked out: past years and years
-- in which instalments were lost are due whole; else what is left of the amount at the last stage. Pence.
with posted_since as (
    select
        council_tax_account_key,
        fy,
        sum(amount_pence) as since_before_pence
    from {{ ref('psn_revenues__council_tax_transactions') }}
    where txn_date > {{ prevention_month_end_before(as_at(), 1) }}
    group by council_tax_account_key, fy
),

-- Years that owe nothing on either day go before anything is joined to them.
owing as (
    select
        balances.council_tax_account_key,
        balances.fy,
        balances.balance_pence,
        balances.overdue_pence,
        balances.balance_pence - coalesce(posted_since.since_before_pence, 0) as balance_before_pence
    from {{ ref('psn_revenues__council_tax_balances') }} as balances
    left join posted_since
        on posted_since.council_tax_account_key = balances.council_tax_account_key
        and posted_since.fy = balances.fy
    where balances.balance_pence > 0
        or balances.overdue_pence > 0
        or balances.balance_pence - coalesce(posted_since.since_before_pence, 0) > 0
),

balances as (
    select
        accounts.day_code,
        accounts.day,
        accounts.subject_key,
        accounts.person_key,
        owing.council_tax_account_key,
        owing.fy,
        owing.overdue_pence,
        case when accounts.day_code = 'NOW' then owing.balance_pence else owing.balance_before_pence end as balance_on_day_pence
    from owing
    inner join {{ ref('int_homelessness_prevention__accounts_placed') }} as accounts
        on accounts.council_tax_account_key = owing.council_tax_account_key
    where accounts.day_code = 'NOW' or owing.balance_before_pence > 0
),

stages as (
    select
        balances.day_code,
        balances.day,
        balances.council_tax_account_key,
        balances.fy,
        recovery.stage,
        recovery.stage_date,
        recovery.amount_at_stage_pence,
        stages.stage_order,
        stages.step_level,
        row_number() over (
            partition by balances.day_code, balances.council_tax_account_key, balances.fy
            order by recovery.stage_date desc, stages.stage_order desc, recovery.amount_at_stage_pence desc
        ) as place
    from balances
    inner join {{ ref('psn_revenues__council_tax_recovery') }} as recovery
        on recovery.council_tax_account_key = balances.council_tax_account_key
        and recovery.fy = balances.fy
        and recovery.stage_date <= balances.day
        and not recovery.reversed_ind
    inner join {{ ref('homelessness_prevention_council_tax_stages') }} as stages
        on stages.stage_code = recovery.stage
        and {{ in_force('stages.valid_from', 'stages.valid_to', 'balances.day') }}
),

-- Asked of the years alone whose overdue figure rests on it, below.
paid as (
    select
        stages.council_tax_account_key,
        stages.fy,
        sum(transactions.amount_pence) as since_stage_pence
    from stages
    inner join {{ ref('psn_revenues__council_tax_transactions') }} as transactions
        on transactions.council_tax_account_key = stages.council_tax_account_key
        and transactions.fy = stages.fy
        and transactions.txn_date > stages.stage_date
        and transactions.txn_date <= stages.day
        and transactions.txn_type in ('PAY', 'REJ', 'REF', 'WOF')
    where stages.place = 1
        and stages.day_code = 'BEFORE'
        and stages.stage_order < 4
        and make_date(stages.fy + 1, 3, 31) >= stages.day
    group by stages.council_tax_account_key, stages.fy
),

dated as (
    select
        balances.*,
        stages.stage,
        stages.stage_date,
        stages.stage_order,
        stages.step_level,
        stages.amount_at_stage_pence + coalesce(paid.since_stage_pence, 0) as left_of_stage_pence
    from balances
    left join stages
        on stages.day_code = balances.day_code
        and stages.council_tax_account_key = balances.council_tax_account_key
        and stages.fy = balances.fy
        and stages.place = 1
    left join paid
        on paid.council_tax_account_key = balances.council_tax_account_key
        and paid.fy = balances.fy
),

overdue as (
    select
        dated.*,
        case
            when dated.day_code = 'NOW' then dated.overdue_pence
            when dated.balance_on_day_pence <= 0 then 0
            when make_date(dated.fy + 1, 3, 31) < dated.day then dated.balance_on_day_pence
            when dated.stage_order >= 4 then dated.balance_on_day_pence
            when dated.left_of_stage_pence > 0 then least(dated.balance_on_day_pence, dated.left_of_stage_pence)
            else least(dated.balance_on_day_pence, greatest(dated.overdue_pence, 0))
        end as overdue_on_day_pence
    from dated
)

select
    day_code,
    day,
    subject_key,
    person_key,
    council_tax_account_key,
    fy,
    cast(balance_on_day_pence as bigint) as balance_pence,
    cast(overdue_on_day_pence as bigint) as overdue_pence,
    stage as stage_code,
    stage_date as stage_on,
    coalesce(step_level, 0) as step_level
from overdue
where balance_on_day_pence > 0 or overdue_on_day_pence > 0
