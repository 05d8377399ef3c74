-- Written by `fairview generate` from dags/feeds/corporate/data_objections.odcs.yaml; change the contract, not this file.
-- Grain: one row per objection_id.
select
    objection_id,
    surname,
    forename,
    dob,
    postcode,
    uprn,
    service_scope,
    "right",
    "received",
    "decision",
    decision_date,
    end_date,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('corporate', 'data_objections') }}
