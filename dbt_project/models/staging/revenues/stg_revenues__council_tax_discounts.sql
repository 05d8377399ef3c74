-- Written by `fairview generate` from dags/feeds/revenues/council_tax_discounts.odcs.yaml; change the contract, not this file.
-- Grain: one row per account_ref, disc_code, start_date.
select
    account_ref,
    disc_code,
    start_date,
    end_date,
    pct,
    disc_code in ('U', 'SMI', 'DBR', 'E', 'I', 'J', 'CARE') as is_support_discount,
    disc_code = 'F' as is_deceased_exemption,
    record_key,
    delivery_id,
    extract_date,
    row_number
from {{ source('revenues', 'council_tax_discounts') }}
