-- Grain: one row per subject that could be listed at the month end before and no longer can, with why.
-- The mart keeps no history: what held then is worked out afresh from dated facts, as far as each rule allows.
with before as (
    select *
    from {{ ref('int_homelessness_prevention__subjects_banded') }}
    where day_code = 'BEFORE'
        and band_code <> 'NONE'
        and (is_direct_referral or not is_open_case)
),

now as (
    select *
    from {{ ref('int_homelessness_prevention__subjects_banded') }}
    where day_code = 'NOW'
),

still_there as (
    select distinct subject_key
    from {{ ref('int_homelessness_prevention__members_placed') }}
    where day_code = 'NOW'
),

-- Every rule met then with its points, so that the points of then can be added up again; and those of them that ended.
facts as (
    select
        earlier.subject_key,
        {{ prevention_joined("earlier.rule_name || ' (' || case when earlier.is_direct_referral then 'direct referral' else cast(earlier.points as varchar) || ' points' end || '): ' || earlier.sentence", ' ', 'earlier.reason_rank') }}
            as then_facts,
        {{ prevention_joined("case when not coalesce(later.points >= earlier.points or later.is_direct_referral, false) then earlier.rule_name || ': ' || earlier.sentence end", ' ', 'earlier.reason_rank') }}
            as ended_facts,
        max(
            case
                when earlier.recompute_code <> 'EXACT'
                    and not coalesce(later.points >= earlier.points or later.is_direct_referral, false) then 1
                else 0
            end
        ) = 1 as is_estimated
    from {{ ref('int_homelessness_prevention__indicators_ranked') }} as earlier
    -- Held against the points of now above and not in the join, which would then be hashed on nothing and compare all with all.
    left join {{ ref('int_homelessness_prevention__indicators_met') }} as later
        on later.day_code = 'NOW'
        and later.subject_key = earlier.subject_key
        and later.rule_id = earlier.rule_id
    where earlier.day_code = 'BEFORE'
    group by earlier.subject_key
)

select
    before.subject_key,
    before.day as previous_on,
    before.band_code as previous_band_code,
    before.points as previous_points,
    coalesce(now.points, 0) as points,
    case
        when still_there.subject_key is null then 'LEFT'
        when coalesce(now.is_open_case, false) then 'CASE_OPENED'
        else 'INDICATORS_ENDED'
    end as why_code,
    facts.then_facts as previous_facts,
    facts.ended_facts,
    coalesce(facts.is_estimated, false) as is_estimated
from before
left join now
    on now.subject_key = before.subject_key
left join still_there
    on still_there.subject_key = before.subject_key
left join facts
    on facts.subject_key = before.subject_key
where now.subject_key is null
    or now.band_code = 'NONE'
    or (now.is_open_case and not now.is_direct_referral)
