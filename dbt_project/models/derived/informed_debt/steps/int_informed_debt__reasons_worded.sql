-- Grain: one row per listed person and rule, as a plain sentence; rank 1 is the reason that decided the lane.
-- Of somebody frozen only what says so and what has to stop: no sentence that asks, offers or speaks of contact.
with worded as (
    select
        facts.person_key,
        facts.rule_id,
        rules.rule_version,
        rules.position,
        min(rules.position) over (partition by facts.person_key) as deciding_position,
        facts.fact_value,
        facts.fact_on,
        facts.amount_pence,
        case rules.threshold_unit
            when 'pence' then {{ debt_pounds('rules.threshold_value') }}
            when 'days' then cast(rules.threshold_value as varchar)
            when 'count' then cast(rules.threshold_value as varchar)
            else cast(rules.threshold_value as varchar) || ' ' || rules.threshold_unit
        end as threshold_value,
        rules.sentence as template,
        labels.label as source
    from {{ ref('int_informed_debt__facts_unioned') }} as facts
    inner join {{ ref('informed_debt_rules') }} as rules
        on rules.rule_id = facts.rule_id
        and {{ in_force('rules.valid_from', 'rules.valid_to', as_at()) }}
    inner join {{ ref('informed_debt_labels') }} as labels
        on labels.code_list = 'source'
        and labels.code = facts.source_code
    inner join {{ ref('int_informed_debt__lanes_decided') }} as lanes
        on lanes.person_key = facts.person_key
    where lanes.lane_code <> 'FREEZE' or rules.is_shown_in_freeze
)

select
    person_key,
    rule_id,
    rule_version,
    fact_value,
    fact_on,
    amount_pence,
    threshold_value,
    source,
    {{ debt_sentence('template', {
        'fact': 'fact_value',
        'on': debt_written_date('fact_on'),
        'amount': debt_pounds('amount_pence'),
        'threshold': 'threshold_value',
        'source': 'source',
    }) }} as sentence,
    row_number() over (
        partition by person_key
        order by
            -- The reason that decided, then what is to be put right at once, then the others from gentle to harsh.
            case
                when position = deciding_position then 0
                when rule_id in ('DEBT-F04', 'DEBT-S03') then 11
                when rule_id = 'DEBT-S02' then 12
                when position is null then 95
                else position
            end,
            rule_id
    ) as reason_rank
from worded
