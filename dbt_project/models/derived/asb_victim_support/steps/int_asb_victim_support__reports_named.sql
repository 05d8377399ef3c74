-- Grain: one row per report of a victim, with this service's own pseudonyms of the report, its event and its place.
select
    asb_incident_key,
    {{ service_id('incident', 'asb_incident_key') }} as incident_id,
    {{ service_id('event', 'event_key') }} as event_id,
    case when incident_place_key is not null then {{ service_id('place', 'incident_place_key') }} end as place_id
from (
    select distinct
        asb_incident_key,
        event_key,
        incident_place_key
    from {{ ref('int_asb_victim_support__reports_judged') }}
) as reports
