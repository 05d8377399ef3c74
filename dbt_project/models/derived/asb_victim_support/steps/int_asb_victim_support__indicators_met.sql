-- Grain: one row per living victim and indicator met. Each indicator is one query below that measures a fact; the rule
-- pack's row in force decides, in the last query, whether the fact reaches its threshold and words the reason.
with rules as (
    select *
    from {{ ref('int_asb_victim_support__rules_applied') }}
),

reports as (
    select *
    from {{ ref('int_asb_victim_support__reports_judged') }}
    where not is_deceased
),

events as (
    select
        person_key,
        event_key,
        bool_or(is_open) as is_open,
        bool_or(asb_group = 'PER' or asb_type = 'THRT') as is_personal,
        bool_or(asb_group = 'NUI') as is_nuisance,
        bool_or(is_within_window) as is_within_window,
        min(began_on) as began_on,
        min(reported_on) as first_reported_on,
        max(reported_on) as last_reported_on,
        max(risk_assessed_on) as risk_assessed_on,
        max(greatest(reported_on, coalesce(victim_updated_on, reported_on))) as heard_on
    from reports
    group by person_key, event_key
),

people as (
    select *
    from {{ ref('int_asb_victim_support__people_measured') }}
),

counted as (
    select *
    from {{ ref('int_asb_victim_support__events_counted') }}
    where not is_deceased
),

a1_case_review_on_events as (
    select
        person_key,
        'A1' as rule_id,
        qualifying_event_count as fact_value,
        last_qualifying_on as fact_on
    from counted
),

a1h_case_review_on_hate as (
    select
        person_key,
        'A1H' as rule_id,
        qualifying_hate_count as fact_value,
        last_qualifying_hate_on as fact_on
    from counted
),

a1g_case_review_on_complaints as (
    select
        person_key,
        'A1G' as rule_id,
        complaint_count as fact_value,
        last_complaint_on as fact_on
    from counted
),

a2_hate as (
    select
        person_key,
        'A2' as rule_id,
        hate_event_count as fact_value,
        last_hate_on as fact_on
    from counted
),

a3_repeat as (
    select
        person_key,
        'A3' as rule_id,
        repeat_event_count as fact_value,
        last_repeat_on as fact_on
    from people
),

-- Events at one place, told by several people: what one day and kind brings counts once. Places of people whose address
-- is never shown are left out.
withheld_places as (
    select incident_place_key
    from reports
    where is_address_withheld and incident_place_key is not null
    group by incident_place_key
),

place_reports as (
    select
        reports.incident_place_key,
        reports.person_key,
        reports.asb_type,
        reports.began_on,
        reports.reported_on
    from reports
    inner join rules on rules.rule_id = 'A4'
    left join withheld_places on withheld_places.incident_place_key = reports.incident_place_key
    where
        reports.incident_place_key is not null
        and withheld_places.incident_place_key is null
        and {{ days_between('reports.reported_on', as_at()) }} < rules.window_days
),

place_events as (
    select
        incident_place_key,
        count(*) as event_count,
        max(reported_on) as reported_on
    from (
        select
            incident_place_key,
            asb_type,
            began_on,
            max(reported_on) as reported_on
        from place_reports
        group by incident_place_key, asb_type, began_on
    ) as told
    group by incident_place_key
),

place_people as (
    select
        incident_place_key,
        count(distinct person_key) as people_count
    from place_reports
    group by incident_place_key
),

a4_same_place as (
    select
        victims.person_key,
        'A4' as rule_id,
        max(place_events.event_count) as fact_value,
        max(place_events.reported_on) as fact_on
    from (select distinct person_key, incident_place_key from place_reports) as victims
    inner join place_events on place_events.incident_place_key = victims.incident_place_key
    inner join place_people on place_people.incident_place_key = victims.incident_place_key
    inner join rules on rules.rule_id = 'A4'
    where place_people.people_count >= rules.threshold_people
    group by victims.person_key
),

a5_high_risk as (
    select
        person_key,
        'A5' as rule_id,
        risk_score as fact_value,
        risk_assessed_on as fact_on
    from (
        select
            person_key,
            risk_score,
            risk_assessed_on,
            row_number() over (
                partition by person_key
                order by risk_assessed_on desc, risk_score desc, asb_incident_key
            ) as place
        from reports
        where risk_score is not null and (is_open or is_within_window)
    ) as assessments
    where place = 1
),

a6_unassessed as (
    select
        person_key,
        'A6' as rule_id,
        working_days as fact_value,
        first_reported_on as fact_on
    from (
        select
            events.person_key,
            events.first_reported_on,
            waits.working_days,
            row_number() over (
                partition by events.person_key
                order by events.first_reported_on, events.event_key
            ) as place
        from events
        inner join {{ ref('int_asb_victim_support__working_days_counted') }} as waits
            on waits.start_on = events.first_reported_on
        where events.is_open and events.is_personal and events.risk_assessed_on is null
    ) as unassessed
    where place = 1
),

a7_escalation as (
    select
        person_key,
        'A7' as rule_id,
        days_apart as fact_value,
        reported_on as fact_on
    from (
        select
            personal.person_key,
            personal.last_reported_on as reported_on,
            {{ days_between('nuisance.began_on', 'personal.began_on') }} as days_apart,
            row_number() over (
                partition by personal.person_key
                order by personal.last_reported_on desc, nuisance.began_on desc, personal.event_key, nuisance.event_key
            ) as place
        from events as personal
        inner join events as nuisance
            on nuisance.person_key = personal.person_key
        inner join rules on rules.rule_id = 'A7'
        where
            personal.is_personal
            and personal.is_within_window
            and nuisance.is_nuisance
            and not nuisance.is_personal
            and nuisance.began_on < personal.began_on
            and {{ days_between('nuisance.began_on', 'personal.began_on') }} <= rules.threshold_value
    ) as escalations
    where place = 1
),

a8_repeat_with_flag as (
    select
        people.person_key,
        'A8' as rule_id,
        people.support_flag_count as fact_value,
        people.last_repeat_on as fact_on
    from people
    inner join rules on rules.rule_id = 'A3'
    where people.repeat_event_count >= rules.threshold_value
),

a9_not_updated as (
    select
        person_key,
        'A9' as rule_id,
        working_days as fact_value,
        heard_on as fact_on
    from (
        select
            events.person_key,
            events.heard_on,
            waits.working_days,
            row_number() over (partition by events.person_key order by events.heard_on, events.event_key) as place
        from events
        inner join {{ ref('int_asb_victim_support__working_days_counted') }} as waits
            on waits.start_on = events.heard_on
        where events.is_open
    ) as waiting
    where place = 1
),

a10_silence as (
    select
        people.person_key,
        'A10' as rule_id,
        {{ days_between('people.last_reported_on', as_at()) }} as fact_value,
        people.last_reported_on as fact_on
    from people
    inner join reports on reports.person_key = people.person_key
    inner join rules on rules.rule_id = 'A10'
    inner join rules as repeat_rule on repeat_rule.rule_id = 'A3'
    where
        people.open_report_count > 0
        and {{ days_between('reports.reported_on', 'people.last_reported_on') }} < rules.window_days
    group by people.person_key, people.last_reported_on, repeat_rule.threshold_value
    having count(distinct reports.event_key) >= repeat_rule.threshold_value
),

measured as (
    select * from a1_case_review_on_events
    union all
    select * from a1h_case_review_on_hate
    union all
    select * from a1g_case_review_on_complaints
    union all
    select * from a2_hate
    union all
    select * from a3_repeat
    union all
    select * from a4_same_place
    union all
    select * from a5_high_risk
    union all
    select * from a6_unassessed
    union all
    select * from a7_escalation
    union all
    select * from a8_repeat_with_flag
    union all
    select * from a9_not_updated
    union all
    select * from a10_silence
)

select
    measured.person_key,
    measured.rule_id,
    rules.rule_version,
    rules.strength_rank,
    case when people.open_report_count > 0 then rules.priority_code else rules.priority_without_open_code end as priority_code,
    rules.next_step_code,
    rules.comparison,
    cast(measured.fact_value as bigint) as fact_value,
    rules.threshold_value,
    measured.fact_on,
    rules.source,
    replace(
        replace(
            replace(
                replace(
                    replace(
                        replace(rules.sentence, '{fact}', cast(measured.fact_value as varchar)),
                        '{days}', {{ counted('measured.fact_value', 'day') }}
                    ),
                    '{working_days}', {{ counted('measured.fact_value', 'working day') }}
                ),
                '{threshold}', cast(rules.threshold_value as varchar)
            ),
            '{date}', {{ victim_spoken_day('measured.fact_on') }}
        ),
        '{since}', {{ victim_spoken_day('coalesce(' ~ plus_days(plus_months(as_at(), '-rules.window_months'), 1) ~ ', ' ~ plus_days(as_at(), '1 - rules.window_days') ~ ', measured.fact_on)') }}
    ) as sentence
from measured
inner join rules
    on rules.rule_id = measured.rule_id
inner join people
    on people.person_key = measured.person_key
where
    -- With nothing open there is nothing to act on now; what still stands, as the right to a case review, is for the month.
    (people.open_report_count > 0 or rules.priority_without_open_code is not null)
    and (
        (rules.comparison = 'at least' and measured.fact_value >= rules.threshold_value)
        or (rules.comparison = 'at most' and measured.fact_value <= rules.threshold_value)
        or (rules.comparison = 'more than' and measured.fact_value > rules.threshold_value)
    )
