-- Grain: one row per person whom an objection or restriction keeps out of every table of this service (SPEC R6).
-- Upheld or still pending, for Revenues or for all services, and not ended.
select distinct person_key
from {{ ref('psn_corporate__data_objections') }}
where coalesce(service_scope, 'ALL') in ('REV', 'ALL')
    and coalesce(decision, 'PENDING') in ('UPHELD', 'PENDING')
    and {{ protects('received', 'end_date', as_at()) }}
    and person_key is not null
