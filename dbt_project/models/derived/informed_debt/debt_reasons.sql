-- Grain: one row per person on the list and rule whose fact holds; rank 1 decided the lane.
select
    {{ person_id('person_key') }} as person_id,
    rule_id,
    rule_version,
    cast(reason_rank as bigint) as reason_rank,
    sentence,
    fact_value,
    threshold_value,
    cast(amount_pence as bigint) as amount_pence,
    fact_on,
    source,
    {{ as_at() }} as as_at_on
from {{ ref('int_informed_debt__reasons_worded') }}
