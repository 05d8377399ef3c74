-- Grain: one row per person who has died, as far as this service may know: deaths notified, and the council tax markers.
-- A death marker of a joint account names nobody, so it makes no estate of either (the account is held instead).
with sole_accounts as (
    select distinct
        debts.account_key,
        liabilities.person_key
    from {{ ref('int_informed_debt__council_tax_debts_valued') }} as debts
    inner join {{ ref('int_informed_debt__liabilities_established') }} as liabilities
        on liabilities.debt_key = debts.debt_key
        and liabilities.is_sole
),

signs as (
    select
        person_key,
        coalesce(notified_on, {{ as_at() }}) as known_on,
        'deaths' as source_code
    from {{ ref('psn_corporate__deaths') }}
    where not coalesce(withdrawn_ind, false)
        and {{ has_begun('notified_on', as_at()) }}

    union all

    select
        person_key,
        least(coalesce(prohibit_set, liability_end, {{ as_at() }}), {{ as_at() }}) as known_on,
        'estate' as source_code
    from {{ ref('psn_revenues__council_tax_accounts') }}
    where is_estate

    union all

    select
        sole_accounts.person_key,
        coalesce(accounts.prohibit_set, {{ as_at() }}) as known_on,
        'estate' as source_code
    from sole_accounts
    inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
        on accounts.council_tax_account_key = sole_accounts.account_key
    where accounts.prohibit_code = 'DEC'
        and {{ protects('accounts.prohibit_set', 'accounts.prohibit_end', as_at()) }}

    union all

    select
        sole_accounts.person_key,
        coalesce(discounts.start_date, {{ as_at() }}) as known_on,
        'estate' as source_code
    from sole_accounts
    inner join {{ ref('psn_revenues__council_tax_discounts') }} as discounts
        on discounts.council_tax_account_key = sole_accounts.account_key
    where discounts.is_deceased_exemption
        and {{ protects('discounts.start_date', 'discounts.end_date', as_at()) }}
)

select
    person_key,
    min(known_on) as known_on,
    -- A registrar's notice says more than a marker of ours.
    min(source_code) as source_code
from signs
where person_key is not null
group by person_key
