-- Grain: one row per financial year of an account that is overdue and has reached a step of recovery (rule H5); one per
-- subject and day for the reminders and final notices of its live accounts (rule H15).
select
    day_code,
    day,
    subject_key,
    person_key,
    'COUNCIL_TAX_STEP' as measure_code,
    cast(step_level as decimal(18, 2)) as value,
    overdue_pence as amount_pence,
    stage_code as detail_code,
    stage_on as fact_on,
    cast(null as date) as until_on,
    'COUNCIL_TAX' as source_code
from {{ ref('int_homelessness_prevention__council_tax_debts_dated') }}
where overdue_pence > 0 and step_level > 0
union all
select
    accounts.day_code,
    accounts.day,
    accounts.subject_key,
    min(accounts.person_key) as person_key,
    'COUNCIL_TAX_REMINDERS' as measure_code,
    cast(count(*) as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    cast(null as varchar) as detail_code,
    max(recovery.stage_date) as fact_on,
    cast(null as date) as until_on,
    'COUNCIL_TAX' as source_code
from {{ ref('int_homelessness_prevention__accounts_placed') }} as accounts
inner join {{ ref('psn_revenues__council_tax_recovery') }} as recovery
    on recovery.council_tax_account_key = accounts.council_tax_account_key
    and {{ prevention_is_reminder('recovery', 'accounts.day') }}
where accounts.is_live
group by accounts.day_code, accounts.day, accounts.subject_key
