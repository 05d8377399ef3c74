-- Grain: one row per person who is a victim in any report.
-- Objections and restrictions (row rule R6), deaths (R8), addresses that are never shown (R10).
with victims as (
    select distinct person_key
    from {{ ref('psn_community_safety__asb_parties') }}
    where party_role = 'VICTIM' and person_key is not null
),

objecting as (
    select distinct person_key
    from {{ ref('psn_corporate__data_objections') }}
    where
        coalesce(service_scope, 'ALL') in ('CSF', 'ALL')
        and coalesce(decision, 'PENDING') in ('UPHELD', 'PENDING')
        and {{ protects('received', 'end_date', as_at()) }}
),

dead as (
    select distinct person_key
    from {{ ref('psn_corporate__deaths') }}
    where not coalesce(withdrawn_ind, false)
        and {{ has_begun('dod', as_at()) }}
        and {{ has_begun('notified_on', as_at()) }}
),

withheld as (
    select person_key
    from {{ ref('psn_spine__people') }}
    where is_address_sensitive
    union
    select person_key
    from {{ ref('psn_corporate__debt_respite_notices') }}
    where address_withheld and coalesce(status <> 'CANC', true) and {{ has_begun('start_date', as_at()) }}
)

select
    victims.person_key,
    objecting.person_key is not null as is_objecting,
    dead.person_key is not null as is_deceased,
    withheld.person_key is not null as is_address_withheld
from victims
left join objecting on objecting.person_key = victims.person_key
left join dead on dead.person_key = victims.person_key
left join withheld on withheld.person_key = victims.person_key
