-- Written by `fairview generate` from dags/feeds/open_data/street_crime.odcs.yaml; change the contract, not this file.
-- Grain: one row per row of the file.
select
    crime_id,
    month,
    reported_by,
    falls_within,
    longitude,
    latitude,
    location,
    lsoa_code,
    lsoa_name,
    crime_type,
    last_outcome_category,
    context,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('open_data', 'street_crime') }}
