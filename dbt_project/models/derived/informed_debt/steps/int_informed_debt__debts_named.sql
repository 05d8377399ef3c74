-- Grain: one row per debt in the mart, with this service's pseudonym of it, computed once.
select
    debt_key,
    {{ service_id('debt', 'debt_key') }} as debt_id
from (
    select distinct debt_key
    from {{ ref('int_informed_debt__debts_assessed') }}
) as debts
