-- Grain: one row per person and reason to be in no table of this mart (row rules R6 and R8), whatever the day looked at.
select
    objections.person_key,
    'OBJECTION' as reason_code
from {{ ref('psn_corporate__data_objections') }} as objections
where objections.person_key is not null
    and coalesce(objections.service_scope, 'ALL') in ('HSG', 'ALL')
    and coalesce(objections.decision, 'PENDING') in ('UPHELD', 'PENDING')
    and (objections.end_date is null or objections.end_date >= {{ as_at() }})
union
select
    deaths.person_key,
    'DEATH' as reason_code
from {{ ref('psn_corporate__deaths') }} as deaths
where deaths.person_key is not null
    and not coalesce(deaths.withdrawn_ind, false)
union
select
    members.person_key,
    'DEATH' as reason_code
from {{ ref('psn_benefits__benefit_members') }} as members
where members.person_key is not null
    and members.deceased_date <= {{ as_at() }}
union
select
    accounts.person_key,
    'DEATH' as reason_code
from {{ ref('psn_revenues__council_tax_accounts') }} as accounts
where accounts.person_key is not null
    and accounts.is_estate
