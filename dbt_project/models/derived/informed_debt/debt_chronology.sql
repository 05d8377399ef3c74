-- Grain: one row per person on the list and event, oldest first; dated, coded and sourced, no free text.
select
    named.person_id,
    cast(row_number() over (
        partition by events.person_key
        order by
            events.event_on, events.event_code, coalesce(events.debt_key, ''), coalesce(events.detail, ''),
            coalesce(events.amount_pence, 0), events.source_code
    ) as bigint) as event_number,
    events.event_on,
    events.event_code,
    case
        when events.event_code = 'STAGE' then events.detail
        when events.detail is not null then labels.label || ' (' || events.detail || ')'
        else labels.label
    end as event_label,
    named_debts.debt_id,
    events.debt_type_code,
    types.label as debt_type_label,
    cast(events.amount_pence as bigint) as amount_pence,
    sources.label as source,
    {{ as_at() }} as as_at_on
from {{ ref('int_informed_debt__events_collected') }} as events
inner join {{ ref('int_informed_debt__people_named') }} as named
    on named.person_key = events.person_key
left join {{ ref('int_informed_debt__debts_named') }} as named_debts
    on named_debts.debt_key = events.debt_key
inner join {{ ref('informed_debt_labels') }} as labels
    on labels.code_list = 'event'
    and labels.code = events.event_code
inner join {{ ref('informed_debt_labels') }} as sources
    on sources.code_list = 'source'
    and sources.code = events.source_code
left join {{ ref('informed_debt_labels') }} as types
    on types.code_list = 'debt_type'
    and types.code = events.debt_type_code
