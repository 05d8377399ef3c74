-- Written by `fairview generate` from dags/feeds/open_data/street_crime.odcs.yaml; change the contract, not this file.
-- Grain: one row per row of the file.
select
    feed.month,
    feed.reported_by,
    feed.falls_within,
    feed.longitude,
    feed.latitude,
    feed.location,
    feed.lsoa_code,
    feed.lsoa_name,
    feed.crime_type,
    feed.last_outcome_category,
    feed.context,
    feed.extract_date
from {{ ref('stg_open_data__street_crime') }} as feed
