-- Written by `fairview generate` from dags/feeds/housing/tenancies.odcs.yaml; change the contract, not this file.
-- Grain: one row per tag_ref.
select
    keys_1.reference_key as tenancy_key,
    keys_2.reference_key as council_household_key,
    keys_3.reference_key as rent_payment_key,
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
left join {{ ref('stg_spine__tenancy_keys') }} as keys_1
    on keys_1.reference = feed.tag_ref
left join {{ ref('stg_spine__council_household_keys') }} as keys_2
    on keys_2.reference = feed.house_ref
left join {{ ref('stg_spine__rent_payment_keys') }} as keys_3
    on keys_3.reference = feed.payref
