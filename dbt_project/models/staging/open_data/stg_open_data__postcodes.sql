-- Written by `fairview generate` from dags/feeds/open_data/postcodes.odcs.yaml; change the contract, not this file.
-- Grain: one row per pcd.
select
    pcd,
    lsoa21_code,
    msoa21_code,
    ward_code,
    easting,
    northing,
    status,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('open_data', 'postcodes') }}
