-- Written by `fairview generate` from dags/feeds/revenues/council_tax_properties.odcs.yaml; change the contract, not this file.
-- Grain: one row per property_ref.
select
    keys_1.reference_key as billing_property_key,
    feed.band_010493,
    feed.wardcode,
    feed.no_beds,
    feed.council_ha_ind,
    feed.rented_prop,
    feed.deleted_ind,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_properties') }} as feed
left join {{ ref('stg_spine__billing_property_keys') }} as keys_1
    on keys_1.reference = feed.property_ref
