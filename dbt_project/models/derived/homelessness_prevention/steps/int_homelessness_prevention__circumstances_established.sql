-- Grain: one row per subject and fact an offer of help may rest on, on the as-at date: every rule met, and what is
-- already in place or in the way.
with members as (
    select *
    from {{ ref('int_homelessness_prevention__members_placed') }}
    where day_code = 'NOW'
),

awards as (
    select *
    from {{ ref('int_homelessness_prevention__awards_placed') }}
    where day_code = 'NOW' and is_in_force
),

agreements as (
    select
        tenancies.subject_key,
        max(actions.action_date) as agreed_on
    from {{ ref('psn_housing__arrears_actions') }} as actions
    inner join {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
        on tenancies.tenancy_key = actions.tenancy_key
        and tenancies.day_code = 'NOW'
        and tenancies.is_current
    where actions.action_code = 'AGRL'
        and actions.action_date <= {{ as_at() }}
        and actions.action_date >= {{ plus_months(as_at(), -12) }}
        and not exists (
            select 1
            from {{ ref('psn_housing__arrears_actions') }} as later
            where later.tenancy_key = actions.tenancy_key
                and later.action_code in ('TRA1', 'NOSP', 'CDAT', 'EVIC')
                and later.action_date > actions.action_date
                and later.action_date <= {{ as_at() }}
        )
    group by tenancies.subject_key
),

freezes as (
    select distinct members.subject_key
    from {{ ref('psn_corporate__debt_respite_notices') }} as notices
    inner join members
        on members.person_key = notices.person_key
    where coalesce(notices.status <> 'CANC', true)
        and {{ protects('notices.start_date', 'notices.frozen_until', as_at()) }}
),

gaps as (
    select * from {{ ref('int_homelessness_prevention__gaps_found') }}
),

family_reasons as (
    select
        subject_key,
        max(application_date) as applied_on
    from {{ ref('int_homelessness_prevention__cases_placed') }}
    where day_code = 'NOW' and reason_loss in ('FAM', 'FRI', 'REL')
    group by subject_key
),

facts as (
    select
        subject_key,
        rule_id || '_' || tier_code as fact_code,
        value,
        unit_code,
        amount_pence,
        detail_label,
        fact_on,
        until_on
    from {{ ref('int_homelessness_prevention__indicators_met') }}
    where day_code = 'NOW'
    union all
    select
        subject_key,
        gap_code as fact_code,
        cast(null as decimal(18, 2)) as value,
        cast(null as varchar) as unit_code,
        amount_pence,
        cast(null as varchar) as detail_label,
        fact_on,
        cast(null as date) as until_on
    from gaps
    union all
    select
        subject_key,
        'PRIOR_FAMILY_REASON' as fact_code,
        cast(null as decimal(18, 2)) as value,
        cast(null as varchar) as unit_code,
        cast(null as bigint) as amount_pence,
        cast(null as varchar) as detail_label,
        applied_on as fact_on,
        cast(null as date) as until_on
    from family_reasons
    union all
    select
        subject_key,
        'HARDSHIP_PAYMENT_IN_FORCE' as fact_code,
        cast(null as decimal(18, 2)) as value,
        cast(null as varchar) as unit_code,
        max(weekly_amount_pence) as amount_pence,
        cast(null as varchar) as detail_label,
        max(from_on) as fact_on,
        max(to_on) as until_on
    from awards
    where award_type = 'DHP'
    group by subject_key
    union all
    select
        subject_key,
        'DEBT_FREEZE' as fact_code,
        cast(null as decimal(18, 2)) as value,
        cast(null as varchar) as unit_code,
        cast(null as bigint) as amount_pence,
        cast(null as varchar) as detail_label,
        cast(null as date) as fact_on,
        cast(null as date) as until_on
    from freezes
    union all
    select
        subject_key,
        'NO_NEW_ARRANGEMENT' as fact_code,
        cast(null as decimal(18, 2)) as value,
        cast(null as varchar) as unit_code,
        cast(null as bigint) as amount_pence,
        cast(null as varchar) as detail_label,
        max(agreed_on) as fact_on,
        cast(null as date) as until_on
    from (
        select subject_key, agreed_on from agreements
        union all
        select subject_key, cast(null as date) as agreed_on from freezes
    ) as hindrances
    group by subject_key
    union all
    select
        subject_key,
        'OPEN_CASE' as fact_code,
        cast(null as decimal(18, 2)) as value,
        cast(null as varchar) as unit_code,
        cast(null as bigint) as amount_pence,
        cast(null as varchar) as detail_label,
        cast(null as date) as fact_on,
        cast(null as date) as until_on
    from {{ ref('int_homelessness_prevention__subjects_ranked') }}
    where is_open_case
    union all
    select
        subject_key,
        'ANY' as fact_code,
        cast(null as decimal(18, 2)) as value,
        cast(null as varchar) as unit_code,
        cast(null as bigint) as amount_pence,
        cast(null as varchar) as detail_label,
        cast(null as date) as fact_on,
        cast(null as date) as until_on
    from {{ ref('int_homelessness_prevention__subjects_ranked') }}
)

select * from facts
