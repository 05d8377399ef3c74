-- Written by `fairview generate` from dags/feeds/revenues/council_tax_properties.odcs.yaml; change the contract, not this file.
-- Grain: one row per property_ref.
select
    reference_1.reference_key as billing_property_key,
    feed.band_010493,
    feed.wardcode,
    feed.no_beds,
    feed.council_ha_ind,
    feed.rented_prop,
    feed.deleted_ind,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_properties') }} as feed
left join {{ ref('stg_spine__references') }} as reference_1
    on reference_1.namespace = 'billing_property' and reference_1.reference = feed.property_ref
