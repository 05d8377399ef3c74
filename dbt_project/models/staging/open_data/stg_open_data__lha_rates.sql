-- Written by `fairview generate` from dags/feeds/open_data/lha_rates.odcs.yaml; change the contract, not this file.
-- Grain: one row per brma, bedrooms, valid_from.
select
    brma,
    bedrooms,
    weekly_rate_pence,
    valid_from,
    valid_to,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('open_data', 'lha_rates') }}
