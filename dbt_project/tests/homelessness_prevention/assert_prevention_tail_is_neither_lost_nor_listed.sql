-- Everybody above the threshold is on the list or in the tail, once, but for the open with points alone; the tail is the weaker end.
{{ config(group='homelessness_prevention') }}
with ranked as (
    select
        ranked.subject_key,
        ranked.place_code,
        ranked.points,
        ranked.is_direct_referral,
        list.household_id is not null as is_listed
    from {{ ref('int_homelessness_prevention__subjects_ranked') }} as ranked
    inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
        on subjects.subject_key = ranked.subject_key
    left join {{ ref('prevention_list') }} as list
        on list.household_id = subjects.household_id
)

select subject_key
from ranked
where is_listed = (place_code = 'TAIL')
    or (is_direct_referral and not is_listed)
    or (
        place_code = 'TAIL'
        and points > (
            select min(listed.points)
            from ranked as listed
            where listed.place_code = 'LISTED'
        )
    )
