-- Written by `fairview generate` from dags/feeds/community_safety/asb_parties.odcs.yaml; change the contract, not this file.
-- Grain: one row per incident_ref, party_seq.
select
    incident_ref,
    party_seq,
    party_role,
    anonymous_ind,
    title,
    forename,
    surname,
    dob,
    gender,
    phone,
    email,
    addr1,
    postcode,
    uprn,
    ethnic_group,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('community_safety', 'asb_parties') }}
where party_role = 'VICTIM'
