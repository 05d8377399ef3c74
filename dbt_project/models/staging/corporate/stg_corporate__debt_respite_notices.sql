-- Written by `fairview generate` from dags/feeds/corporate/debt_respite_notices.odcs.yaml; change the contract, not this file.
-- Grain: one row per notice_ref.
select
    notice_ref,
    moratorium_type,
    start_date,
    end_date,
    status,
    forename,
    surname,
    dob,
    addr1,
    postcode,
    address_withheld,
    debt_refs,
    received_at,
    case when end_date < start_date then null when end_date is null and moratorium_type = 'STD' then start_date + 60 else end_date end as frozen_until,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('corporate', 'debt_respite_notices') }}
