-- Written by `fairview generate` from dags/feeds/corporate/deaths.odcs.yaml; change the contract, not this file.
-- Grain: one row per death_id.
select
    death_id,
    surname,
    forenames,
    dob,
    dod,
    last_addr1,
    last_postcode,
    notified_on,
    withdrawn_ind,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('corporate', 'deaths') }}
where not withdrawn_ind
