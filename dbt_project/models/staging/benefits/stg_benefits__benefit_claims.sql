-- Written by `fairview generate` from dags/feeds/benefits/benefit_claims.odcs.yaml; change the contract, not this file.
-- Grain: one row per claim_id.
select
    claim_id,
    check_digit,
    ctax_ref,
    rent_ref,
    nino,
    status,
    application_date,
    cancel_date,
    end_reason,
    susp_reason_code,
    susp_date,
    addr1,
    addr2,
    postcode,
    uprn,
    unsafe_addr_ind,
    ethnic_id,
    equal_access_code,
    phone,
    email,
    equal_access_code is not null as has_handling_need,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('benefits', 'benefit_claims') }}
