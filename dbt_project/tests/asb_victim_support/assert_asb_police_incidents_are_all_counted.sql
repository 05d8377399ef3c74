-- Identical rows of the police file are separate incidents: the areas' counts add up to the rows that lie in them.
with published as (
    select
        month_code,
        sum(asb_incident_count) as incident_count
    from {{ ref('area_context') }}
    group by month_code
),

filed as (
    select
        crimes.month,
        count(*) as incident_count
    from {{ ref('psn_open_data__street_crime') }} as crimes
    where
        crimes.crime_type = 'Anti-social behaviour'
        and crimes.lsoa_code in (select lsoa21 from {{ ref('psn_gazetteer__properties') }})
        and crimes.month <= left(cast({{ as_at() }} as varchar), 7)
    group by crimes.month
)

select coalesce(published.month_code, filed.month) as month_code
from published
full outer join filed on filed.month = published.month_code
where coalesce(published.incident_count, 0) <> coalesce(filed.incident_count, 0)
