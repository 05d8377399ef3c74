-- Written by `fairview generate` from dags/feeds/revenues/council_tax_recovery.odcs.yaml; change the contract, not this file.
-- Grain: one row per recovery_id.
select
    keys_1.reference_key as council_tax_account_key,
    feed.fy,
    feed.stage,
    feed.stage_date,
    feed.court_date,
    feed.amount_at_stage_pence,
    feed.costs_pence,
    feed.agent_code,
    feed.hold_code,
    feed.hold_until,
    feed.reversed_ind,
    feed.extract_date
from {{ ref('stg_revenues__council_tax_recovery') }} as feed
left join {{ ref('stg_spine__council_tax_account_keys') }} as keys_1
    on keys_1.reference = feed.account_ref
