-- Grain: one row per listed victim and reason, all of them, strongest first.
select
    named.person_id,
    cast(row_number() over (partition by named.person_id order by met.strength_rank) as bigint) as reason_rank,
    met.rule_id,
    met.rule_version,
    met.sentence,
    met.fact_value,
    met.comparison as comparison_code,
    met.threshold_value,
    met.fact_on,
    met.source as source_label,
    {{ as_at() }} as as_at_on
from {{ ref('int_asb_victim_support__indicators_met') }} as met
inner join {{ ref('int_asb_victim_support__people_ranked') }} as ranked
    on ranked.person_key = met.person_key
inner join {{ ref('int_asb_victim_support__people_named') }} as named
    on named.person_key = met.person_key
where ranked.is_listed
order by named.person_id, reason_rank
