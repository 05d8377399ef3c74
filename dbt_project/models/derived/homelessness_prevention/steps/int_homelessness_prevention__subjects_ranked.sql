-- Grain: one row per subject above the threshold on the as-at date. Points list nobody who is open to the service already; a
-- direct referral is listed whatever the case, for the team that holds it.
-- Direct referrals come first and are never cut; the capacity is spent on the others, most points first.
with eligible as (
    select
        banded.*,
        arrears.value as arrears_weeks
    from {{ ref('int_homelessness_prevention__subjects_banded') }} as banded
    left join {{ ref('int_homelessness_prevention__indicators_met') }} as arrears
        on arrears.day_code = banded.day_code
        and arrears.subject_key = banded.subject_key
        and arrears.rule_id = 'H3'
    where banded.day_code = 'NOW'
        and banded.band_code <> 'NONE'
        and (banded.is_direct_referral or not banded.is_open_case)
),

capacity as (
    select
        cast(
            {{ prevention_parameter('LIST_OFFICERS') }} * {{ prevention_parameter('LIST_CASES_PER_OFFICER_PER_WEEK') }}
            as bigint
        ) as a_week,
        cast({{ prevention_parameter('LIST_WEEKS') }} as bigint) as week_count
),

ranked as (
    select
        eligible.*,
        row_number() over (
            order by
                eligible.is_direct_referral desc,
                case when eligible.is_direct_referral then eligible.act_by_on end nulls last,
                eligible.points desc,
                eligible.indicator_count desc,
                eligible.arrears_weeks desc nulls last,
                eligible.subject_key
        ) as list_rank,
        row_number() over (
            partition by eligible.is_direct_referral
            order by
                eligible.points desc,
                eligible.indicator_count desc,
                eligible.arrears_weeks desc nulls last,
                eligible.subject_key
        ) as rank_in_kind
    from eligible
)

select
    ranked.*,
    case
        when ranked.is_direct_referral then 'DIRECT'
        when ranked.rank_in_kind <= capacity.a_week * capacity.week_count then 'LISTED'
        else 'TAIL'
    end as place_code,
    case
        when ranked.is_direct_referral then 1
        else cast((ranked.rank_in_kind - 1) // capacity.a_week as bigint) + 1
    end as contact_week
from ranked
cross join capacity
