-- Grain: one row per subject and day with a rule met: points, band, and whether the service already has a case open.
-- The day to act by is the first end of a direct referral, and no earlier than the day itself: what has ended is for today.
-- A case counts as open whoever of the household applied, also somebody who is in no table of this mart.
with summed as (
    select
        day_code,
        day,
        subject_key,
        cast(sum(points) as bigint) as points,
        count(*) as indicator_count,
        max(case when is_direct_referral then 1 else 0 end) = 1 as is_direct_referral,
        case
            when count(until_on) filter (where is_direct_referral) > 0
                then greatest(min(until_on) filter (where is_direct_referral), day)
        end as act_by_on
    from {{ ref('int_homelessness_prevention__indicators_met') }}
    group by day_code, day, subject_key
),

open_cases as (
    select distinct
        people.day_code,
        people.subject_key
    from {{ ref('psn_housing__homelessness_cases') }} as cases
    inner join {{ ref('int_homelessness_prevention__people_placed') }} as people
        on people.person_key = cases.person_key
        and cases.application_date <= people.day
    where cases.case_status = 'OPEN'
        and people.day_code = 'NOW'
    union
    select distinct
        day_code,
        subject_key
    from {{ ref('int_homelessness_prevention__cases_placed') }}
    where is_open
),

banded as (
    select
        summed.*,
        open_cases.subject_key is not null as is_open_case,
        bands.band_code,
        row_number() over (
            partition by summed.day_code, summed.subject_key order by bands.minimum_points desc nulls last
        ) as place
    from summed
    left join open_cases
        on open_cases.day_code = summed.day_code
        and open_cases.subject_key = summed.subject_key
    left join {{ ref('homelessness_prevention_bands') }} as bands
        on summed.points >= bands.minimum_points
        and {{ in_force('bands.valid_from', 'bands.valid_to', 'summed.day') }}
)

select
    day_code,
    day,
    subject_key,
    points,
    indicator_count,
    is_direct_referral,
    act_by_on,
    is_open_case,
    case
        when is_direct_referral then 'DIRECT'
        else coalesce(band_code, 'NONE')
    end as band_code
from banded
where place = 1
