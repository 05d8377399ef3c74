-- Written by `fairview generate` from dags/feeds/revenues/council_tax_properties.odcs.yaml; change the contract, not this file.
-- Grain: one row per property_ref.
select
    property_ref,
    addr1,
    addr2,
    addr3,
    postcode,
    uprn,
    band_010493,
    wardcode,
    no_beds,
    council_ha_ind,
    rented_prop,
    deleted_ind,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('revenues', 'council_tax_properties') }}
