-- Nothing that had not happened by the as-at date has a part in any row.
select household_id
from {{ ref('household_indicators') }}
where fact_on > {{ as_at() }}
union all
select household_id
from {{ ref('prevention_reasons') }}
where fact_on > {{ as_at() }}
union all
select household_id
from {{ ref('entitlement_gaps') }}
where fact_on > {{ as_at() }}
