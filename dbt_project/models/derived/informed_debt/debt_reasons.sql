-- Grain: one row per person on the list and rule whose fact holds; rank 1 decided the lane.
select
    named.person_id,
    reasons.rule_id,
    reasons.rule_version,
    cast(reasons.reason_rank as bigint) as reason_rank,
    reasons.sentence,
    reasons.fact_value,
    reasons.threshold_value,
    cast(reasons.amount_pence as bigint) as amount_pence,
    reasons.fact_on,
    reasons.source,
    {{ as_at() }} as as_at_on
from {{ ref('int_informed_debt__reasons_worded') }} as reasons
inner join {{ ref('int_informed_debt__people_named') }} as named
    on named.person_key = reasons.person_key
