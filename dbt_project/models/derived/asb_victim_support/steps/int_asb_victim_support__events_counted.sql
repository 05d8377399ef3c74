-- Grain: one row per victim with a report in the last six calendar months. `apply_by_on`: the last day on which as many
-- complaints as are needed are of the six months before an application.
with events as (
    select
        person_key,
        event_key,
        is_deceased,
        bool_or(is_qualifying) as is_qualifying,
        bool_or(is_hate) as is_hate,
        bool_or(is_near_boundary) as is_near_boundary,
        bool_or(is_case_review_requested) as is_case_review_requested,
        max(reported_on) as reported_on,
        max(reported_on) filter (where is_countable) as counted_on
    from {{ ref('int_asb_victim_support__reports_judged') }}
    where is_within_window
    group by person_key, event_key, is_deceased
),

homes as (
    {{ victim_homes() }}
),

-- The behaviour a case review would be about: the events of the person and of their household.
behaviours as (
    select
        person_key,
        event_key
    from events
    union
    select
        mine.person_key,
        theirs.event_key
    from (select distinct person_key from events) as mine
    inner join homes as my_home on my_home.person_key = mine.person_key
    inner join homes as their_home on their_home.household_key = my_home.household_key
    inner join events as theirs on theirs.person_key = their_home.person_key
),

-- Complaints about it, one for each person and event, whoever made them.
complaints as (
    select
        behaviours.person_key,
        told.counted_on as reported_on,
        row_number() over (
            partition by behaviours.person_key order by told.counted_on desc, told.event_key, told.person_key
        ) as place
    from behaviours
    inner join events as told on told.event_key = behaviours.event_key and told.is_qualifying
),

grouped as (
    select
        complaints.person_key,
        count(*) as complaint_count,
        max(complaints.reported_on) as last_complaint_on,
        max(complaints.reported_on) filter (where complaints.place = rules.threshold_value) as needed_on
    from complaints
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as rules on rules.rule_id = 'A1G'
    group by complaints.person_key
),

-- The event without which there would be too few: the right ends with it.
needed as (
    select
        ordered.person_key,
        ordered.is_deceased,
        max(ordered.reported_on) filter (where ordered.place = rules.threshold_value) as needed_on
    from (
        select
            person_key,
            is_deceased,
            counted_on as reported_on,
            row_number() over (partition by person_key, is_deceased order by counted_on desc, event_key) as place
        from events
        where is_qualifying
    ) as ordered
    inner join {{ ref('int_asb_victim_support__rules_applied') }} as rules on rules.rule_id = 'A1'
    group by ordered.person_key, ordered.is_deceased
),

counted as (
    select
        person_key,
        is_deceased,
        count(*) as events_6m_count,
        count(*) filter (where is_qualifying) as qualifying_event_count,
        count(*) filter (where is_hate and is_qualifying) as qualifying_hate_count,
        count(*) filter (where is_hate) as hate_event_count,
        bool_or(is_near_boundary) as is_near_boundary,
        bool_or(is_case_review_requested) as is_case_review_requested,
        max(reported_on) filter (where is_qualifying) as last_qualifying_on,
        max(reported_on) filter (where is_hate and is_qualifying) as last_qualifying_hate_on,
        max(reported_on) filter (where is_hate) as last_hate_on
    from events
    group by person_key, is_deceased
)

select
    counted.*,
    coalesce(grouped.complaint_count, 0) as complaint_count,
    grouped.last_complaint_on,
    coalesce(grouped.complaint_count, 0) >= group_rule.threshold_value as is_eligible_on_group,
    {{ plus_days(plus_months(
        'greatest(needed.needed_on, counted.last_qualifying_hate_on, grouped.needed_on)', 'events_rule.window_months'), -1) }}
        as apply_by_on,
    counted.qualifying_event_count >= events_rule.threshold_value as is_eligible_on_events,
    counted.qualifying_hate_count >= hate_rule.threshold_value as is_eligible_on_hate,
    events_rule.rule_version || ', ' || hate_rule.rule_version || ', ' || group_rule.rule_version as rule_version
from counted
left join grouped on grouped.person_key = counted.person_key
left join needed on needed.person_key = counted.person_key and needed.is_deceased = counted.is_deceased
inner join {{ ref('int_asb_victim_support__rules_applied') }} as events_rule on events_rule.rule_id = 'A1'
inner join {{ ref('int_asb_victim_support__rules_applied') }} as hate_rule on hate_rule.rule_id = 'A1H'
inner join {{ ref('int_asb_victim_support__rules_applied') }} as group_rule on group_rule.rule_id = 'A1G'
