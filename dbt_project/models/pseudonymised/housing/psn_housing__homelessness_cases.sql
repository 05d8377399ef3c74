-- Written by `fairview generate` from dags/feeds/housing/homelessness_cases.odcs.yaml; change the contract, not this file.
-- Grain: one row per case_ref.
select
    links.person_key,
    {{ reference_key("'homelessness_case'", "feed.case_ref") }} as homelessness_case_key,
    feed.application_date,
    feed.la_code,
    feed.household_type,
    feed.dependants,
    feed.initial_assessment,
    feed.notice_type,
    feed.notice_date,
    feed.notice_expiry,
    feed.reason_loss,
    feed.referral_source,
    feed.prevention_start,
    feed.prevention_end,
    feed.prevention_outcome,
    feed.relief_start,
    feed.relief_end,
    feed.relief_outcome,
    feed.main_duty_decision,
    feed.main_duty_date,
    feed.ta_type,
    feed.ta_start,
    feed.ta_end,
    feed.php_issued,
    feed.case_status,
    feed.extract_date
from {{ ref('stg_housing__homelessness_cases') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'homelessness_cases' and links.record_key = feed.record_key
