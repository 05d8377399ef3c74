-- Written by `fairview generate` from dags/feeds/housing/tenancies.odcs.yaml; change the contract, not this file.
-- Grain: one row per tag_ref.
select
    reference_1.reference_key as tenancy_key,
    reference_2.reference_key as council_household_key,
    reference_3.reference_key as rent_payment_key,
    feed.tenure,
    feed.cot,
    feed.eot,
    feed.rent_pence,
    feed.service_pence,
    feed.other_charge_pence,
    feed.cur_bal_pence,
    feed.nosp,
    feed.nosp_date,
    feed.nosp_expire,
    feed.courtdate,
    feed.possorder,
    feed.evictdate,
    feed.uc_flag,
    feed.hb_flag,
    feed.high_action,
    feed.no_beds,
    feed.extract_date
from {{ ref('stg_housing__tenancies') }} as feed
left join {{ ref('stg_spine__references') }} as reference_1
    on reference_1.namespace = 'tenancy' and reference_1.reference = feed.tag_ref
left join {{ ref('stg_spine__references') }} as reference_2
    on reference_2.namespace = 'council_household' and reference_2.reference = feed.house_ref
left join {{ ref('stg_spine__references') }} as reference_3
    on reference_3.namespace = 'rent_payment' and reference_3.reference = feed.payref
