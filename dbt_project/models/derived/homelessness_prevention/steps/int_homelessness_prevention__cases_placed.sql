-- Grain: one row per homelessness case and day it was known on, with its applicant's subject.
-- What kind of tenancy is lost is known from the reason alone; without such a reason it is neither, and counts as either.
-- The file keeps a case's status of today alone: on an earlier day a closed case counts as open until its last dated step.
with cases as (
    select
        cases.*,
        greatest(
            coalesce(cases.prevention_end, cases.application_date),
            coalesce(cases.relief_end, cases.application_date),
            coalesce(cases.main_duty_date, cases.application_date),
            coalesce(cases.ta_end, cases.application_date),
            coalesce(cases.php_issued, cases.application_date)
        ) as last_step_on
    from {{ ref('psn_housing__homelessness_cases') }} as cases
)

select
    members.day_code,
    members.day,
    members.subject_key,
    cases.person_key,
    cases.homelessness_case_key,
    cases.application_date,
    cases.initial_assessment,
    cases.notice_type,
    case
        when cases.reason_loss in ('SOC_ARR', 'SOC_ASB') then 'SOCIAL'
        when cases.reason_loss in ('AST_SELL', 'AST_ARR', 'AST_OTH') then 'PRIVATE'
    end as tenancy_kind,
    cases.notice_date,
    cases.notice_expiry,
    cases.reason_loss,
    cases.referral_source,
    cases.prevention_start,
    cases.relief_start,
    cases.case_status = 'OPEN' or (members.day_code = 'BEFORE' and cases.last_step_on > members.day) as is_open,
    coalesce(
        cases.prevention_outcome in ('SEC_EXIST', 'SEC_ALT') or cases.relief_outcome = 'SEC_6M', false
    ) as is_home_secured
from cases
inner join {{ ref('int_homelessness_prevention__members_placed') }} as members
    on members.person_key = cases.person_key
    and cases.application_date <= members.day
