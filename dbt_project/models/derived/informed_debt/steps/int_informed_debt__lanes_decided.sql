-- Grain: one row per listed person: the lane, by the ordered decision table in informed_debt_rules, first match wins.
with decided as (
    {{ debt_lanes_decided(ref('int_informed_debt__facts_unioned')) }}
)

select
    decided.person_key,
    rules.rule_id as deciding_rule_id,
    rules.offer_code,
    lanes.lane_code,
    lanes.severity,
    lanes.label as lane_label,
    lanes.instruction,
    lanes.is_contact_allowed,
    lanes.work_order,
    lanes.is_worked_after_agent_alone
from decided
inner join {{ ref('informed_debt_rules') }} as rules
    on rules.position = decided.deciding_position
    and {{ in_force('rules.valid_from', 'rules.valid_to', as_at()) }}
inner join {{ ref('informed_debt_lanes') }} as lanes
    on lanes.lane_code = rules.lane_code
    and {{ in_force('lanes.valid_from', 'lanes.valid_to', as_at()) }}
