-- Written by `fairview generate` from dags/feeds/open_data/postcodes.odcs.yaml; change the contract, not this file.
-- Grain: one row per pcd.
select
    feed.pcd,
    feed.lsoa21_code,
    feed.msoa21_code,
    feed.ward_code,
    feed.easting,
    feed.northing,
    feed.status,
    feed.extract_date
from {{ ref('stg_open_data__postcodes') }} as feed
