-- Written by `fairview generate` from dags/feeds/gazetteer/properties.odcs.yaml; change the contract, not this file.
-- Grain: one row per uprn.
select
    uprn,
    parent_uprn,
    redirect_uprn,
    usrn,
    saon,
    paon,
    street,
    town,
    postcode,
    lsoa21,
    ward_code,
    ward_basis_to,
    blpu_class,
    logical_status,
    sensitive_ind,
    start_date,
    end_date,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('gazetteer', 'properties') }}
