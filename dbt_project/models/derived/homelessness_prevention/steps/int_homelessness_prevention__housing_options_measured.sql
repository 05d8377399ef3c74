-- Grain: one row per measure taken from a homelessness case (rules H1 and H10).
-- A notice counts by its own date: a private no-fault notice served from 1 May 2026 is no ground (feed case D61).
-- A case closed because a home was secured has ended the threat.
select
    cases.day_code,
    cases.day,
    cases.subject_key,
    cases.person_key,
    'NOTICE_DAYS_LEFT' as measure_code,
    cast({{ days_between('cases.day', 'cases.notice_expiry') }} as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    case
        when cases.tenancy_kind = 'SOCIAL' then cases.notice_type || '_SOCIAL'
        else cases.notice_type
    end as detail_code,
    cases.notice_date as fact_on,
    cases.notice_expiry as until_on,
    'HOMELESSNESS_CASES' as source_code
from {{ ref('int_homelessness_prevention__cases_placed') }} as cases
inner join {{ ref('homelessness_prevention_notice_grounds') }} as grounds
    on grounds.notice_type = cases.notice_type
    and grounds.tenancy_kind = cases.tenancy_kind
    and {{ in_force('grounds.served_from', 'grounds.served_to', 'cases.notice_date') }}
    and {{ in_force('grounds.valid_from', 'grounds.valid_to', 'cases.day') }}
where cases.notice_date <= cases.day
    and cases.notice_expiry >= cases.day
    and not cases.is_home_secured
union all
select
    cases.day_code,
    cases.day,
    cases.subject_key,
    cases.person_key,
    'REFERRED_DAYS_AGO' as measure_code,
    cast({{ days_between('cases.application_date', 'cases.day') }} as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    cast(null as varchar) as detail_code,
    cases.application_date as fact_on,
    cast(null as date) as until_on,
    'HOMELESSNESS_CASES' as source_code
from {{ ref('int_homelessness_prevention__cases_placed') }} as cases
where cases.referral_source in ('PROB', 'HOSP', 'JCP', 'CHS', 'POL')
    and cases.is_open
union all
select
    cases.day_code,
    cases.day,
    cases.subject_key,
    cases.person_key,
    'PRIOR_DUTY_MONTHS' as measure_code,
    cast({{ prevention_months_begun('coalesce(cases.relief_start, cases.prevention_start)', 'cases.day') }} as decimal(18, 2))
        as value,
    cast(null as bigint) as amount_pence,
    cast(null as varchar) as detail_code,
    coalesce(cases.relief_start, cases.prevention_start) as fact_on,
    cast(null as date) as until_on,
    'HOMELESSNESS_CASES' as source_code
from {{ ref('int_homelessness_prevention__cases_placed') }} as cases
where coalesce(cases.relief_start, cases.prevention_start) <= cases.day
