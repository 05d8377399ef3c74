-- Written by `fairview generate` from dags/feeds/housing/tenancy_people.odcs.yaml; change the contract, not this file.
-- Grain: one row per house_ref, person_no.
select
    house_ref,
    person_no,
    title,
    forename,
    surname,
    dob,
    ni_no,
    responsible,
    relationship,
    phone,
    email,
    from_date,
    to_date,
    ethnic_origin,
    disabled,
    coalesce(disabled, false) as has_support_flag,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('housing', 'tenancy_people') }}
