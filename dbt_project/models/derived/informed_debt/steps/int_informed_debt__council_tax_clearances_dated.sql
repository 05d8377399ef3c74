-- Grain: one row per council tax account and financial year that owes something and was clear before: the last day it was.
-- Steps up to that day are over: a step repeats when the debt was cleared and arises again (SPEC council_tax_recovery).
-- Before the first delivery's brought-forward row nothing can be told, so nothing counts as cleared.
with transactions as (
    select
        transactions.council_tax_account_key,
        transactions.fy,
        transactions.txn_date,
        transactions.txn_type,
        transactions.amount_pence
    from {{ ref('psn_revenues__council_tax_transactions') }} as transactions
    inner join {{ ref('psn_revenues__council_tax_balances') }} as balances
        on balances.council_tax_account_key = transactions.council_tax_account_key
        and balances.fy = transactions.fy
        and balances.balance_pence > 0
    where transactions.txn_date <= {{ as_at() }}
),

-- A rejected payment was never made: what it seemed to clear was not cleared, so it is put back on the day it was posted.
rejected as (
    select
        rejections.council_tax_account_key,
        rejections.fy,
        rejections.amount_pence,
        coalesce(max(payments.txn_date), rejections.txn_date) as txn_date
    from transactions as rejections
    left join transactions as payments
        on payments.council_tax_account_key = rejections.council_tax_account_key
        and payments.fy = rejections.fy
        and payments.txn_type = 'PAY'
        and payments.amount_pence = -rejections.amount_pence
        and payments.txn_date <= rejections.txn_date
    where rejections.txn_type = 'REJ'
    group by rejections.council_tax_account_key, rejections.fy, rejections.amount_pence, rejections.txn_date
),

moved as (
    select council_tax_account_key, fy, txn_date, amount_pence
    from transactions
    where txn_type <> 'REJ'

    union all

    select council_tax_account_key, fy, txn_date, amount_pence
    from rejected
),

by_day as (
    select
        council_tax_account_key,
        fy,
        txn_date,
        sum(amount_pence) as moved_pence
    from moved
    group by council_tax_account_key, fy, txn_date
),

running as (
    select
        council_tax_account_key,
        fy,
        txn_date,
        sum(moved_pence) over (partition by council_tax_account_key, fy order by txn_date) as balance_pence
    from by_day
)

select
    council_tax_account_key,
    fy as financial_year,
    max(txn_date) as cleared_on
from running
where balance_pence <= 0
group by council_tax_account_key, fy
