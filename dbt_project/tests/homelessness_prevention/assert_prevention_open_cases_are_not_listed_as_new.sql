-- A household with an open homelessness case of any of its people is on the list for a direct referral alone, and then for the
-- team that holds the case.
{{ config(group='homelessness_prevention') }}
select list.household_id
from {{ ref('prevention_list') }} as list
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.household_id = list.household_id
inner join {{ ref('int_homelessness_prevention__people_placed') }} as people
    on people.subject_key = subjects.subject_key
    and people.day_code = 'NOW'
inner join {{ ref('psn_housing__homelessness_cases') }} as cases
    on cases.person_key = people.person_key
where cases.case_status = 'OPEN'
    and cases.application_date <= {{ as_at() }}
    and (not list.is_direct_referral or not list.is_open_case or list.offer_code <> 'CASE_TEAM')
