-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per reference number. A table, so that each number is hashed once.
with numbers as (
    select incident_ref as reference from {{ ref('stg_community_safety__asb_incidents') }}
    union
    select linked_incident_ref as reference from {{ ref('stg_community_safety__asb_incidents') }}
    union
    select incident_ref as reference from {{ ref('stg_community_safety__asb_parties') }}
)

select
    reference,
    {{ reference_key("'asb_incident'", 'reference') }} as reference_key
from numbers
where reference is not null
