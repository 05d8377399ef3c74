{{ config(group='informed_debt') }}
-- Half of the brake theorem: going down the decision table never gets gentler, so that a further match can only soften.
select earlier.rule_id, later.rule_id as later_rule_id
from {{ ref('informed_debt_rules') }} as earlier
inner join {{ ref('informed_debt_lanes') }} as earlier_lane
    on earlier_lane.lane_code = earlier.lane_code
    and {{ in_force('earlier_lane.valid_from', 'earlier_lane.valid_to', as_at()) }}
inner join {{ ref('informed_debt_rules') }} as later
    on later.position >= earlier.position
    and later.rule_id <> earlier.rule_id
    and {{ in_force('later.valid_from', 'later.valid_to', as_at()) }}
inner join {{ ref('informed_debt_lanes') }} as later_lane
    on later_lane.lane_code = later.lane_code
    and {{ in_force('later_lane.valid_from', 'later_lane.valid_to', as_at()) }}
where {{ in_force('earlier.valid_from', 'earlier.valid_to', as_at()) }}
    and (earlier_lane.severity > later_lane.severity or earlier.position = later.position)
