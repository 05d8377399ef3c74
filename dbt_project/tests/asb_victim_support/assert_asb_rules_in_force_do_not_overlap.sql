-- One row of the rule pack is in force per rule and day.
select earlier.rule_id
from {{ ref('asb_victim_support_rules') }} as earlier
inner join {{ ref('asb_victim_support_rules') }} as later
    on
        later.rule_id = earlier.rule_id
        and later.valid_from >= earlier.valid_from
        and (later.valid_from > earlier.valid_from or later.threshold_value <> earlier.threshold_value)
where earlier.valid_to is null or earlier.valid_to >= later.valid_from
