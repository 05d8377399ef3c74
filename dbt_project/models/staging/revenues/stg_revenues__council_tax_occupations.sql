-- Written by `fairview generate` from dags/feeds/revenues/council_tax_occupations.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, occupation_date.
select
    account_ref,
    property_ref,
    occupation_date,
    vacation_date,
    live_ind,
    transit_ind,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('revenues', 'council_tax_occupations') }}
