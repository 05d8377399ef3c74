-- Grain: one row per person with a support flag in force, from whichever department knows. What it is for never came here.
-- `is_review_due`: a register entry whose review date passed longer ago than the rule pack allows; it still protects.
with owed as (
    select
        liabilities.person_key,
        liabilities.is_joint,
        debts.debt_key,
        debts.debt_type_code,
        debts.account_key
    from {{ ref('int_informed_debt__liabilities_established') }} as liabilities
    inner join {{ ref('int_informed_debt__debts_unioned') }} as debts
        on debts.debt_key = liabilities.debt_key
        and debts.balance_pence > 0
),

register as (
    select
        person_key,
        handling_code,
        review_by as review_by_on,
        {{ days_between('review_by', as_at()) }} > {{ debt_threshold('DEBT-S02') }} as is_review_due
    from {{ ref('psn_corporate__vulnerability_register') }}
    where needs_care
        and {{ protects('start_date', 'end_date', as_at()) }}
        and person_key is not null
),

account_flags as (
    select
        council_tax_account_key as account_key,
        cast(null as varchar) as handling_code
    from {{ ref('psn_revenues__council_tax_discounts') }}
    where is_support_discount
        and {{ protects('start_date', 'end_date', as_at()) }}

    union all

    select
        council_tax_account_key as account_key,
        'FORMAT' as handling_code
    from {{ ref('psn_revenues__council_tax_accounts') }}
    where has_handling_need

    union all

    select
        council_tax_account_key as account_key,
        cast(null as varchar) as handling_code
    from {{ ref('psn_revenues__council_tax_accounts') }}
    where prohibit_code = 'VULN'
        and {{ protects('prohibit_set', 'prohibit_end', as_at()) }}
),

own as (
    select person_key, handling_code, review_by_on, coalesce(is_review_due, false) as is_review_due
    from register

    union all

    select owed.person_key, account_flags.handling_code, cast(null as date) as review_by_on, false as is_review_due
    from account_flags
    inner join owed
        on owed.account_key = account_flags.account_key
        and owed.debt_type_code = 'COUNCIL_TAX'

    union all

    -- Somebody in a council home who needs support protects the tenants of that home.
    select tenants.person_key, cast(null as varchar) as handling_code, cast(null as date) as review_by_on, false as is_review_due
    from {{ ref('psn_housing__tenancy_people') }} as flagged
    inner join {{ ref('psn_housing__tenancy_people') }} as tenants
        on tenants.council_household_key = flagged.council_household_key
        and tenants.responsible
        and tenants.person_key is not null
    where flagged.has_support_flag
),

-- On a joint debt the flag of one protects the debt, so the other is handled with the same care, and not told why.
shared as (
    select
        owed.person_key,
        cast(null as varchar) as handling_code,
        cast(null as date) as review_by_on,
        false as is_review_due
    from own
    inner join owed as theirs
        on theirs.person_key = own.person_key
        and theirs.is_joint
    inner join owed
        on owed.debt_key = theirs.debt_key
        and owed.person_key <> theirs.person_key
),

flags as (
    select * from own
    union all
    select * from shared
),

handling as (
    select distinct
        flags.person_key,
        flags.handling_code,
        labels.label
    from flags
    inner join {{ ref('informed_debt_labels') }} as labels
        on labels.code_list = 'handling'
        and labels.code = flags.handling_code
    where flags.handling_code <> 'STD'
),

handling_notes as (
    select
        person_key,
        {{ debt_joined('label', '; ', 'label') }} as handling_note
    from handling
    group by person_key
)

select
    flags.person_key,
    handling_notes.handling_note,
    bool_or(flags.is_review_due) as is_review_due,
    max(case when flags.is_review_due then flags.review_by_on end) as review_by_on
from flags
left join handling_notes
    on handling_notes.person_key = flags.person_key
group by flags.person_key, handling_notes.handling_note
