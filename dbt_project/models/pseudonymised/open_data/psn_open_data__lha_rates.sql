-- Written by `fairview generate` from dags/feeds/open_data/lha_rates.odcs.yaml; change the contract, not this file.
-- Grain: one row per brma, bedrooms, valid_from.
select
    feed.brma,
    feed.bedrooms,
    feed.weekly_rate_pence,
    feed.valid_from,
    feed.valid_to,
    feed.extract_date
from {{ ref('stg_open_data__lha_rates') }} as feed
