-- Grain: one row per measure taken from a homelessness case (rules H1 and H10).
-- A notice counts by its own date: a private no-fault notice served from 1 May 2026 is no ground (feed case D61).
-- A notice that has ended stays: need rises with its end, and a claim on it may still follow. The state of a case ends neither
-- a notice nor a referral; a home secured does.
select
    cases.day_code,
    cases.day,
    cases.subject_key,
    cases.person_key,
    'NOTICE_DAYS_LEFT' as measure_code,
    cast(coalesce({{ days_between('cases.day', 'cases.notice_expiry') }}, 0) as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    cases.notice_type || case cases.tenancy_kind when 'PRIVATE' then '' when 'SOCIAL' then '_SOCIAL' else '_EITHER' end as detail_code,
    cases.notice_date as fact_on,
    cases.notice_expiry as until_on,
    'HOMELESSNESS_CASES' as source_code
from {{ ref('int_homelessness_prevention__cases_placed') }} as cases
where exists (
        select 1
        from {{ ref('homelessness_prevention_notice_grounds') }} as grounds
        where grounds.notice_type = cases.notice_type
            and coalesce(grounds.tenancy_kind = cases.tenancy_kind, true)
            and coalesce({{ in_force('grounds.served_from', 'grounds.served_to', 'cases.notice_date') }}, true)
            and {{ in_force('grounds.valid_from', 'grounds.valid_to', 'cases.day') }}
            and {{ protects(
                'cases.notice_date', plus_months('coalesce(cases.notice_date, cases.notice_expiry)', 'grounds.live_months'), 'cases.day'
            ) }}
    )
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
    and not cases.is_home_secured
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
