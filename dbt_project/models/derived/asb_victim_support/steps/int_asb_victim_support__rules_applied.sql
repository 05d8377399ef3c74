-- Grain: one row per rule: the row of the rule pack in force at the as-at date.
select
    rule_id,
    name,
    kind,
    strength_rank,
    priority_code,
    priority_without_open_code,
    comparison,
    threshold_value,
    threshold_people,
    window_months,
    window_days,
    next_step_code,
    source,
    sentence,
    rule_id || ' of ' || cast(valid_from as varchar) as rule_version
from {{ ref('asb_victim_support_rules') }}
where {{ in_force('valid_from', 'valid_to', as_at()) }}
