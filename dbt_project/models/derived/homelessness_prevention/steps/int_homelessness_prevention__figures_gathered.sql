-- Grain: one row per subject, rule met on the as-at date and figure its value was worked out from. Together with the rule
-- pack they are enough to work the value out again by hand. What an offer of help rests on besides rules stands under OFFER.
with met as (
    select *
    from {{ ref('int_homelessness_prevention__indicators_met') }}
    where day_code = 'NOW'
),

rents as (
    select
        met.subject_key,
        met.rule_id,
        tenancies.nosp,
        tenancies.nosp_date,
        tenancies.nosp_expire,
        tenancies.courtdate,
        tenancies.possorder,
        tenancies.evictdate,
        tenancies.gross_rent_pence,
        balances.posted_on,
        balances.balance_pence,
        balances.balance_1_before_pence,
        balances.balance_2_before_pence,
        balances.balance_3_before_pence
    from met
    inner join {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
        on tenancies.day_code = 'NOW'
        and cast(tenancies.tenancy_key as varchar) = met.record_key
    inner join {{ ref('int_homelessness_prevention__rent_balances_dated') }} as balances
        on balances.day_code = tenancies.day_code
        and balances.tenancy_key = tenancies.tenancy_key
),

council_tax as (
    select
        met.subject_key,
        met.rule_id,
        debts.stage_code as figure_code,
        debts.fy as year_number,
        debts.overdue_pence as amount_pence,
        debts.stage_on as figure_on
    from met
    inner join {{ ref('int_homelessness_prevention__council_tax_debts_dated') }} as debts
        on debts.day_code = 'NOW'
        and debts.subject_key = met.subject_key
        and debts.overdue_pence > 0
        and debts.step_level > 0
    where met.rule_id = 'H5'
),

reminders as (
    select
        met.subject_key,
        met.rule_id,
        recovery.stage as figure_code,
        recovery.fy as year_number,
        recovery.stage_date as figure_on
    from met
    inner join {{ ref('int_homelessness_prevention__accounts_placed') }} as accounts
        on accounts.day_code = 'NOW'
        and accounts.subject_key = met.subject_key
        and accounts.is_live
    inner join {{ ref('psn_revenues__council_tax_recovery') }} as recovery
        on recovery.council_tax_account_key = accounts.council_tax_account_key
        and {{ prevention_is_reminder('recovery', as_at()) }}
    where met.rule_id = 'H15'
),

kinds as (
    select
        met.subject_key,
        debts.fact_on,
        debts.ct_pence,
        debts.rent_pence,
        debts.hbop_pence,
        debts.sun_pence
    from met
    inner join {{ ref('int_homelessness_prevention__debts_measured') }} as debts
        on debts.day_code = 'NOW'
        and debts.subject_key = met.subject_key
    where met.rule_id = 'H6'
),

losses as (
    select
        met.subject_key,
        met.rule_id,
        awards.award_type as figure_code,
        awards.weekly_amount_pence as amount_pence,
        awards.from_on as figure_on
    from met
    inner join {{ ref('int_homelessness_prevention__awards_placed') }} as awards
        on awards.day_code = 'NOW'
        and awards.subject_key = met.subject_key
        and awards.award_type in ('CAP', 'UOC', 'SHF')
        and awards.is_in_force
    where met.rule_id = 'H7'
),

{#- A date that is the fact itself, by the rules that rest on it; UNDATED where no day is on record. -#}
{%- set dated = [
    ('H1', 'NOTICE', 'fact_on', 'NOTICE_SERVED'),
    ('H1', 'NOTICE', 'until_on', 'NOTICE_ENDS'),
    ('H1', 'REFERRED', 'fact_on', 'REFERRED'),
    ('H8', 'STOPPED', 'fact_on', 'STOPPED'),
    ('H9', 'ENDING', 'until_on', 'PAYMENT_ENDS'),
    ('H9', 'REFUSED', 'fact_on', 'REFUSED'),
    ('H10', 'PRIOR_DUTY', 'fact_on', 'DUTY_FROM'),
    ('H11', 'NEW_HOME', 'fact_on', 'MOVED_IN'),
    ('H13', 'CHANGED', 'fact_on', 'CHANGED'),
    ('H14', 'PRIVATE', 'fact_on', 'LIABLE_SINCE'),
    ('H16', 'ONE_ADULT', 'fact_on', 'CLAIM_SINCE'),
] -%}
{#- Dates of a possession, and sums of a rent account, by the rules that rest on them. -#}
{%- set possession = [
    ('nosp_date', 'NOTICE_SERVED'), ('nosp_expire', 'NOTICE_DATE'), ('courtdate', 'HEARING'), ('possorder', 'ORDER'),
    ('evictdate', 'EVICTION'),
] -%}
{%- set sums = [
    ('balance_pence', 'OWED', 0, "('H3', 'H4', 'H12')"),
    ('balance_1_before_pence', 'OWED_BEFORE_1', 1, "('H4')"),
    ('balance_2_before_pence', 'OWED_BEFORE_2', 2, "('H4')"),
    ('balance_3_before_pence', 'OWED_BEFORE_3', 3, "('H4', 'H12')"),
    ('gross_rent_pence', 'GROSS_RENT', 0, "('H3', 'H4', 'H12')"),
] %}

figures as (
    {%- for rule, tier, column, code in dated %}
    select
        subject_key,
        rule_id,
        case when {{ column }} is null then 'UNDATED' else '{{ code }}' end as figure_code,
        cast(null as bigint) as year_number,
        cast(null as bigint) as amount_pence,
        {{ column }} as figure_on
    from met
    where rule_id = '{{ rule }}' and tier_code = '{{ tier }}'
    union all
    {%- endfor %}
    {%- for column, code in possession %}
    select
        subject_key,
        rule_id,
        '{{ code }}' as figure_code,
        cast(null as bigint) as year_number,
        cast(null as bigint) as amount_pence,
        {{ column }} as figure_on
    from rents
    where rule_id = 'H2' and {{ column }} is not null
    union all
    {%- endfor %}
    {%- for column, code, months, rules in sums %}
    select
        subject_key,
        rule_id,
        '{{ code }}' as figure_code,
        cast(null as bigint) as year_number,
        {{ column }} as amount_pence,
        {{ prevention_month_end_before(as_at(), months) if months else as_at() }} as figure_on
    from rents
    where rule_id in {{ rules }}
    union all
    {%- endfor %}
    select
        subject_key,
        'H2' as rule_id,
        'UNDATED' as figure_code,
        cast(null as bigint) as year_number,
        cast(null as bigint) as amount_pence,
        cast(null as date) as figure_on
    from rents
    where rule_id = 'H2' and nosp and nosp_date is null
    union all
    select
        subject_key,
        rule_id,
        'LEDGER_ENTRY' as figure_code,
        cast(null as bigint) as year_number,
        cast(null as bigint) as amount_pence,
        posted_on as figure_on
    from rents
    where rule_id in ('H3', 'H4', 'H12') and posted_on is not null
    union all
    select
        subject_key,
        'H6' as rule_id,
        'LATEST_DEBT' as figure_code,
        cast(null as bigint) as year_number,
        cast(null as bigint) as amount_pence,
        fact_on as figure_on
    from kinds
    where fact_on is not null
    union all
    {%- for kind in ['CT', 'RENT', 'HBOP', 'SUN'] %}
    select
        subject_key,
        'H6' as rule_id,
        '{{ kind }}' as figure_code,
        cast(null as bigint) as year_number,
        {{ kind | lower }}_pence as amount_pence,
        {{ as_at() }} as figure_on
    from kinds
    where {{ kind | lower }}_pence > 0
    union all
    {%- endfor %}
    select subject_key, rule_id, figure_code, year_number, amount_pence, figure_on
    from council_tax
    union all
    select subject_key, rule_id, figure_code, year_number, cast(null as bigint) as amount_pence, figure_on
    from reminders
    union all
    select subject_key, rule_id, figure_code, cast(null as bigint) as year_number, amount_pence, figure_on
    from losses
    union all
    select
        facts.subject_key,
        'OFFER' as rule_id,
        facts.fact_code as figure_code,
        cast(null as bigint) as year_number,
        facts.amount_pence,
        coalesce(facts.until_on, facts.fact_on) as figure_on
    from {{ ref('int_homelessness_prevention__circumstances_established') }} as facts
    inner join {{ ref('int_homelessness_prevention__subjects_ranked') }} as ranked
        on ranked.subject_key = facts.subject_key
    where facts.fact_code in ('PRIOR_FAMILY_REASON', 'HARDSHIP_PAYMENT_IN_FORCE', 'DEBT_FREEZE', 'NO_NEW_ARRANGEMENT')
)

select distinct
    subject_key,
    rule_id,
    figure_code,
    year_number,
    amount_pence,
    figure_on
from figures
