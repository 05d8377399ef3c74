-- Grain: one row per pair of reports of one event: linked by the team (also through a withdrawn report that both name),
-- or by rule Q2: same victim, kind and day, reported within days of each other, not at two different places.
select
    asb_incident_key as first_key,
    linked_asb_incident_key as second_key
from {{ ref('int_asb_victim_support__reports_dated') }}
where linked_asb_incident_key is not null

union

select
    earlier.asb_incident_key as first_key,
    later.asb_incident_key as second_key
from {{ ref('int_asb_victim_support__victims_selected') }} as earlier_victims
inner join {{ ref('int_asb_victim_support__reports_dated') }} as earlier
    on earlier.asb_incident_key = earlier_victims.asb_incident_key
inner join {{ ref('int_asb_victim_support__victims_selected') }} as later_victims
    on later_victims.person_key = earlier_victims.person_key
inner join {{ ref('int_asb_victim_support__reports_dated') }} as later
    on later.asb_incident_key = later_victims.asb_incident_key
inner join {{ ref('int_asb_victim_support__rules_applied') }} as rules
    on rules.rule_id = 'Q2'
where
    later.asb_type = earlier.asb_type
    and later.began_on = earlier.began_on
    and later.asb_incident_key <> earlier.asb_incident_key
    and later.reported_on >= earlier.reported_on
    and {{ days_between('earlier.reported_on', 'later.reported_on') }} <= rules.threshold_value
    and coalesce(later.incident_place_key = earlier.incident_place_key, true)
