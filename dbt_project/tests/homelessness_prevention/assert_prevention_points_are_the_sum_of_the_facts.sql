-- The points of a listed household are the sum of the points of its facts, and each reason is one of its facts.
select list.household_id
from {{ ref('prevention_list') }} as list
left join (
    select
        household_id,
        sum(points) as points,
        max(case when is_direct_referral then 1 else 0 end) = 1 as is_direct_referral
    from {{ ref('household_indicators') }}
    group by household_id
) as facts
    on facts.household_id = list.household_id
where facts.household_id is null
    or facts.points <> list.points
    or facts.is_direct_referral <> list.is_direct_referral
union all
select reasons.household_id
from {{ ref('prevention_reasons') }} as reasons
left join {{ ref('household_indicators') }} as facts
    on facts.household_id = reasons.household_id
    and facts.rule_id = reasons.rule_id
where facts.household_id is null
    or facts.points <> reasons.points
