-- Grain: one row per living victim with something to act on: the most urgent first, then most events of the six months told by
-- the person and their household, then the strongest reason; the list ends at the card's capacity (rule L2).
with reasons as (
    select
        person_key,
        min(strength_rank) as strongest_rank,
        min(case priority_code when 'NOW' then 1 when 'MONTH' then 2 else 3 end) as urgency,
        count(*) as reason_count
    from {{ ref('int_asb_victim_support__indicators_met') }}
    group by person_key
),

ordered as (
    select
        reasons.person_key,
        reasons.strongest_rank,
        reasons.reason_count,
        row_number() over (
            order by
                reasons.urgency,
                people.household_event_count desc,
                reasons.strongest_rank,
                reasons.reason_count desc,
                people.last_reported_on desc,
                people.person_key
        ) as list_rank
    from reasons
    inner join {{ ref('int_asb_victim_support__people_measured') }} as people
        on people.person_key = reasons.person_key
)

select
    ordered.person_key,
    ordered.strongest_rank,
    ordered.reason_count,
    ordered.list_rank,
    ordered.list_rank <= capacity.threshold_value as is_listed
from ordered
inner join {{ ref('int_asb_victim_support__rules_applied') }} as capacity
    on capacity.rule_id = 'L2'
