-- Grain: one row per topic and group. Disclosure-controlled: counts under ten are not shown, nor as many others of the
-- topic as it takes that no hidden one follows from the total; the rest is rounded to five.
with victims as (
    select
        people.person_key,
        people.age_band,
        people.ward_code,
        ranked.is_listed,
        ranked.person_key is not null as has_reason
    from {{ ref('int_asb_victim_support__people_measured') }} as people
    left join {{ ref('int_asb_victim_support__people_ranked') }} as ranked
        on ranked.person_key = people.person_key
),

priorities as (
    select
        person_key,
        priority_code
    from (
        select
            person_key,
            priority_code,
            row_number() over (partition by person_key order by strength_rank) as place
        from {{ ref('int_asb_victim_support__indicators_met') }}
    ) as reasons
    where place = 1
),

recent_reports as (
    select reports.asb_incident_key
    from {{ ref('int_asb_victim_support__reports_dated') }} as reports
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as rules on rules.rule_id = 'A1'
    where reports.reported_on > {{ plus_months(as_at(), '-rules.window_months') }}
),

report_parties as (
    select
        recent_reports.asb_incident_key,
        case
            when count(parties.asb_incident_key) = 0 then 'NO_VICTIM'
            when count(parties.person_key) = 0 then 'UNNAMED'
            else 'NAMED'
        end as group_code
    from recent_reports
    left join {{ ref('psn_community_safety__asb_parties') }} as parties
        on parties.asb_incident_key = recent_reports.asb_incident_key and parties.party_role = 'VICTIM'
    group by recent_reports.asb_incident_key
),

cells as (
    select
        'people_by_list' as topic_code,
        case when is_listed then 'LISTED' when has_reason then 'TAIL' else 'NOTHING' end as group_code,
        count(*) as true_count
    from victims
    group by case when is_listed then 'LISTED' when has_reason then 'TAIL' else 'NOTHING' end
    union all
    select
        'people_by_priority' as topic_code,
        priority_code as group_code,
        count(*) as true_count
    from priorities
    group by priority_code
    union all
    select
        'people_by_age_band' as topic_code,
        age_band as group_code,
        count(*) as true_count
    from victims
    where has_reason
    group by age_band
    union all
    select
        'people_by_ward' as topic_code,
        coalesce(ward_code, 'UNKNOWN') as group_code,
        count(*) as true_count
    from victims
    where has_reason
    group by coalesce(ward_code, 'UNKNOWN')
    union all
    select
        'reports_by_victim' as topic_code,
        group_code,
        count(*) as true_count
    from report_parties
    group by group_code
),

running as (
    select
        topic_code,
        group_code,
        true_count,
        row_number() over (partition by topic_code order by true_count, group_code) as place,
        sum(true_count) over (
            partition by topic_code order by true_count, group_code
            rows between unbounded preceding and current row
        ) - true_count as smaller_count,
        min(true_count) over (partition by topic_code) as smallest_count
    from cells
),

-- The card tells how many people the list holds: a hidden tail would follow from any other topic's total of the same people.
hidden_tail as (
    select count(*) as tail_count
    from cells
    where topic_code = 'people_by_list' and group_code = 'TAIL' and true_count < 10
),

hidden as (
    select
        running.topic_code,
        running.group_code,
        running.true_count,
        running.true_count < 10
        or (
            (
                running.smallest_count < 10
                or (
                    hidden_tail.tail_count > 0
                    and running.topic_code in ('people_by_priority', 'people_by_age_band', 'people_by_ward')
                )
            )
            and (running.place <= 2 or running.smaller_count < 10)
        ) as is_suppressed
    from running
    cross join hidden_tail
    union all
    -- Reasons overlap and have no total of their own, so that none follows from the others.
    select
        'people_by_reason' as topic_code,
        rule_id as group_code,
        count(*) as true_count,
        count(*) < 10 as is_suppressed
    from {{ ref('int_asb_victim_support__indicators_met') }}
    group by rule_id
    union all
    select
        cells.topic_code,
        'TOTAL' as group_code,
        sum(cells.true_count) as true_count,
        sum(cells.true_count) < 10
        or (
            max(hidden_tail.tail_count) > 0
            and cells.topic_code in ('people_by_priority', 'people_by_age_band', 'people_by_ward')
        ) as is_suppressed
    from cells
    cross join hidden_tail
    group by cells.topic_code
)

select
    hidden.topic_code,
    topic_labels.label as topic_label,
    hidden.group_code,
    coalesce(group_labels.label, priority_labels.label, rules.name, hidden.group_code) as group_label,
    case when not hidden.is_suppressed then cast(round(hidden.true_count / 5.0) * 5 as bigint) end as shown_count,
    hidden.is_suppressed,
    {{ as_at() }} as as_at_on
from hidden
left join {{ ref('asb_victim_support_labels') }} as topic_labels
    on topic_labels.code_list = 'topic' and topic_labels.code = hidden.topic_code
left join {{ ref('asb_victim_support_labels') }} as group_labels
    on group_labels.code_list = 'group' and group_labels.code = hidden.group_code
left join {{ ref('asb_victim_support_labels') }} as priority_labels
    on priority_labels.code_list = 'priority' and priority_labels.code = hidden.group_code
left join {{ ref('int_asb_victim_support__rules_applied') }} as rules
    on rules.rule_id = hidden.group_code
order by hidden.topic_code, hidden.group_code
