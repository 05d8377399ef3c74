-- Written by `fairview generate` from dags/feeds/gazetteer/properties.odcs.yaml; change the contract, not this file.
-- Grain: one row per uprn.
select
    feed.lsoa21,
    feed.ward_code,
    feed.ward_basis_to,
    feed.blpu_class,
    feed.logical_status,
    feed.sensitive_ind,
    feed.start_date,
    feed.end_date,
    feed.extract_date
from {{ ref('stg_gazetteer__properties') }} as feed
