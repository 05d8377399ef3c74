-- Beyond direct referrals the list is no longer than the officers can take, and no week is fuller than they can take.
{{ config(group='homelessness_prevention') }}
select
    contact_week,
    count(*) as household_count
from {{ ref('prevention_list') }}
where not is_direct_referral
group by contact_week
having
    count(*) > {{ prevention_parameter('LIST_OFFICERS') }} * {{ prevention_parameter('LIST_CASES_PER_OFFICER_PER_WEEK') }}
    or contact_week > {{ prevention_parameter('LIST_WEEKS') }}
