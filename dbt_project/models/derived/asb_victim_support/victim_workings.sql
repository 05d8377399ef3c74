-- Grain: one row per listed victim, reason and event it was counted from, where the victim's own reports do not tell it:
-- events of the household (rule A3) and events at the same place (rule A4). Nobody else is named, not even by a pseudonym.
with rules as (
    select *
    from {{ ref('int_asb_victim_support__rules_applied') }}
),

met as (
    select
        met.person_key,
        met.rule_id,
        rules.window_days
    from {{ ref('int_asb_victim_support__indicators_met') }} as met
    inner join {{ ref('int_asb_victim_support__people_ranked') }} as ranked
        on ranked.person_key = met.person_key
        and ranked.is_listed
    inner join rules
        on rules.rule_id = met.rule_id
    where met.rule_id in ('A3', 'A4')
),

reports as (
    select *
    from {{ ref('int_asb_victim_support__reports_judged') }}
    where not is_deceased
),

homes as (
    {{ victim_homes() }}
),

of_household as (
    select
        met.person_key,
        met.rule_id,
        cast(null as bigint) as place_number,
        cast(reports.event_key as varchar) as told_key,
        min(reports.asb_type) as asb_type,
        min(reports.began_on) as began_on,
        max(reports.reported_on) as reported_on,
        max(case when reports.person_key = met.person_key then 1 else 0 end) as own_count,
        count(distinct reports.person_key) as people_count
    from met
    left join homes as own_home
        on own_home.person_key = met.person_key
    inner join reports
        on {{ days_between('reports.reported_on', as_at()) }} < met.window_days
    left join homes
        on homes.person_key = reports.person_key
    where met.rule_id = 'A3'
        and (reports.person_key = met.person_key or homes.household_key = own_home.household_key)
    group by met.person_key, met.rule_id, reports.event_key
),

withheld_places as (
    select distinct incident_place_key
    from reports
    where is_address_withheld and incident_place_key is not null
),

at_places as (
    select
        reports.incident_place_key,
        reports.person_key,
        reports.asb_type,
        reports.began_on,
        reports.reported_on
    from reports
    inner join rules
        on rules.rule_id = 'A4'
    left join withheld_places
        on withheld_places.incident_place_key = reports.incident_place_key
    where reports.incident_place_key is not null
        and withheld_places.incident_place_key is null
        and {{ days_between('reports.reported_on', as_at()) }} < rules.window_days
),

of_place as (
    select
        met.person_key,
        met.rule_id,
        mine.place_number,
        cast(told.incident_place_key as varchar) || told.asb_type || cast(told.began_on as varchar) as told_key,
        told.asb_type,
        told.began_on,
        max(told.reported_on) as reported_on,
        max(case when told.person_key = met.person_key then 1 else 0 end) as own_count,
        count(distinct told.person_key) as people_count
    from met
    inner join (
        select
            person_key,
            incident_place_key,
            row_number() over (partition by person_key order by incident_place_key) as place_number
        from at_places
        group by person_key, incident_place_key
    ) as mine
        on mine.person_key = met.person_key
    inner join at_places as told
        on told.incident_place_key = mine.incident_place_key
    where met.rule_id = 'A4'
    group by met.person_key, met.rule_id, mine.place_number, told.incident_place_key, told.asb_type, told.began_on
),

told as (
    select * from of_household
    union all
    select * from of_place
)

select
    named.person_id,
    told.rule_id,
    cast(
        row_number() over (
            partition by told.person_key, told.rule_id order by told.place_number, told.reported_on, told.began_on, told.asb_type, told.told_key
        ) as bigint
    ) as figure_number,
    told.asb_type as figure_code,
    coalesce(labels.label, told.asb_type)
    || case
        when told.own_count = 0 and told.rule_id = 'A3' then ', told by the household'
        when told.own_count = 0 then ', told by another victim'
        when told.people_count > 1 and told.rule_id = 'A3' then ', told by the victim and the household'
        when told.people_count > 1 then ', told by the victim and another'
        else ', told by the victim'
    end as figure_label,
    cast(told.place_number as bigint) as place_number,
    told.began_on,
    told.reported_on,
    told.own_count > 0 as is_own,
    {{ as_at() }} as as_at_on
from told
inner join {{ ref('int_asb_victim_support__people_named') }} as named
    on named.person_key = told.person_key
left join {{ ref('asb_victim_support_labels') }} as labels
    on labels.code_list = 'asb_type'
    and labels.code = told.asb_type
