-- Written by `fairview generate` from dags/feeds/revenues/council_tax_parties.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, party_seq.
select
    account_ref,
    party_seq,
    party_title,
    party_name,
    liab_pos,
    from_date,
    to_date,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('revenues', 'council_tax_parties') }}
