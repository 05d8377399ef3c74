-- Written by `fairview generate` from dags/feeds/open_data/deprivation.odcs.yaml; change the contract, not this file.
-- Grain: one row per lsoa21_code.
select
    feed.lsoa21_code,
    feed.lsoa21_name,
    feed.msoa21_code,
    feed.imd_score,
    feed.imd_rank,
    feed.imd_decile,
    feed.income_score,
    feed.income_decile,
    feed.employment_decile,
    feed.crime_decile,
    feed.population_2021,
    feed.extract_date
from {{ ref('stg_open_data__deprivation') }} as feed
