-- A rule and tier, and a parameter, has one version in force on any day.
select
    earlier.rule_id || ' ' || earlier.tier_code as item
from {{ ref('homelessness_prevention_rules') }} as earlier
inner join {{ ref('homelessness_prevention_rules') }} as later
    on later.rule_id = earlier.rule_id
    and later.tier_code = earlier.tier_code
    and later.valid_from > earlier.valid_from
    and later.valid_from <= earlier.valid_to
union all
select earlier.parameter_code as item
from {{ ref('homelessness_prevention_parameters') }} as earlier
inner join {{ ref('homelessness_prevention_parameters') }} as later
    on later.parameter_code = earlier.parameter_code
    and later.valid_from > earlier.valid_from
    and later.valid_from <= earlier.valid_to
