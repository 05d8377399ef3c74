-- Written by `fairview generate` from dags/feeds/benefits/benefit_members.odcs.yaml; change the contract, not this file.
-- Grain: one row per claim_id, member_seq, from_date.
select
    claim_id,
    member_seq,
    person_ref,
    relation,
    title,
    forename,
    surname,
    birth_date,
    gender,
    nino,
    from_date,
    to_date,
    disable_ind,
    carer_ind,
    student_ind,
    severely_mentally_impaired_ind,
    deceased_date,
    disable_ind or carer_ind or severely_mentally_impaired_ind as has_support_flag,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('benefits', 'benefit_members') }}
