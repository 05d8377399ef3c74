-- Written by `fairview generate` from dags/feeds/open_data/deprivation.odcs.yaml; change the contract, not this file.
-- Grain: one row per lsoa21_code.
select
    lsoa21_code,
    lsoa21_name,
    msoa21_code,
    imd_score,
    imd_rank,
    imd_decile,
    income_score,
    income_decile,
    employment_decile,
    crime_decile,
    population_2021,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('open_data', 'deprivation') }}
