-- Each published table has one row per key of the service card (tables with a key of one column are tested at the column).
select 'victim_reports' as table_name, count(*) as row_count
from {{ ref('victim_reports') }}
group by person_id, incident_id
having count(*) > 1
union all
select 'victim_reasons' as table_name, count(*) as row_count
from {{ ref('victim_reasons') }}
group by person_id, rule_id
having count(*) > 1
union all
select 'victim_chronology' as table_name, count(*) as row_count
from {{ ref('victim_chronology') }}
group by person_id, incident_id, event_code
having count(*) > 1
union all
select 'area_context' as table_name, count(*) as row_count
from {{ ref('area_context') }}
group by lsoa_code, month_code
having count(*) > 1
union all
select 'support_totals' as table_name, count(*) as row_count
from {{ ref('support_totals') }}
group by topic_code, group_code
having count(*) > 1
