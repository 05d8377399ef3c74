-- Grain: one row per subject and day with a live council debt: how many kinds, and the sum (rule H6).
-- Other debts are read as a count and a sum alone. An overpayment or other debt paid off since the day before no longer
-- shows what it was, so it is not counted on that day. Dated by the latest: a bill's last step, a ledger's last entry, the day
-- an overpayment or other debt was raised.
with debts as (
    select
        day_code,
        subject_key,
        person_key,
        'CT' as debt_kind,
        coalesce(stage_on, make_date(fy, 4, 1)) as arose_on,
        overdue_pence as amount_pence
    from {{ ref('int_homelessness_prevention__council_tax_debts_dated') }}
    where overdue_pence > 0
    union all
    select
        tenancies.day_code,
        tenancies.subject_key,
        tenancies.person_key,
        'RENT' as debt_kind,
        balances.posted_on as arose_on,
        balances.balance_pence as amount_pence
    from {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
    inner join {{ ref('int_homelessness_prevention__rent_balances_dated') }} as balances
        on balances.day_code = tenancies.day_code
        and balances.tenancy_key = tenancies.tenancy_key
    where balances.balance_pence > 0
    union all
    select
        members.day_code,
        members.subject_key,
        members.person_key,
        'HBOP' as debt_kind,
        overpayments.created as arose_on,
        overpayments.balance_pence as amount_pence
    from {{ ref('psn_benefits__benefit_overpayments') }} as overpayments
    inner join {{ ref('int_homelessness_prevention__members_placed') }} as members
        on members.person_key = overpayments.person_key
        and overpayments.created <= members.day
    where overpayments.balance_pence > 0
    union all
    select
        members.day_code,
        members.subject_key,
        members.person_key,
        'SUN' as debt_kind,
        sundry.raised as arose_on,
        sundry.balance_pence as amount_pence
    from {{ ref('psn_corporate__sundry_debts') }} as sundry
    inner join {{ ref('int_homelessness_prevention__members_placed') }} as members
        on members.person_key = sundry.person_key
        and sundry.raised <= members.day
    where sundry.balance_pence > 0
),

by_subject as (
    select
        day_code,
        subject_key,
        min(person_key) as person_key,
        max(arose_on) as arose_on,
        max(case when debt_kind = 'CT' then 1 else 0 end) as has_council_tax,
        max(case when debt_kind = 'RENT' then 1 else 0 end) as has_rent,
        max(case when debt_kind = 'HBOP' then 1 else 0 end) as has_overpayment,
        max(case when debt_kind = 'SUN' then 1 else 0 end) as has_other,
        {%- for kind in ['CT', 'RENT', 'HBOP', 'SUN'] %}
        cast(sum(case when debt_kind = '{{ kind }}' then amount_pence else 0 end) as bigint) as {{ kind | lower }}_pence,
        {%- endfor %}
        cast(sum(amount_pence) as bigint) as amount_pence
    from debts
    group by day_code, subject_key
)

select
    days.day_code,
    days.day,
    by_subject.subject_key,
    by_subject.person_key,
    'DEBT_TYPES' as measure_code,
    cast(has_council_tax + has_rent + has_overpayment + has_other as decimal(18, 2)) as value,
    by_subject.amount_pence,
    substr(
        case when has_council_tax = 1 then '+CT' else '' end
        || case when has_rent = 1 then '+RENT' else '' end
        || case when has_overpayment = 1 then '+HBOP' else '' end
        || case when has_other = 1 then '+SUN' else '' end, 2
    ) as detail_code,
    by_subject.arose_on as fact_on,
    cast(null as date) as until_on,
    'DEBTS' as source_code,
    by_subject.ct_pence,
    by_subject.rent_pence,
    by_subject.hbop_pence,
    by_subject.sun_pence
from by_subject
inner join {{ ref('int_homelessness_prevention__days_compared') }} as days
    on days.day_code = by_subject.day_code
