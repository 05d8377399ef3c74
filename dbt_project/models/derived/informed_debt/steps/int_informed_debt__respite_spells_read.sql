-- Grain: one row per person, spell of debt respite and way the council knows of it.
-- Besides notices, a respite inhibitor or hold on a council tax account with one liable person is that person's freeze,
-- matched notice or not ("a different department knew"). On a joint account it names nobody: there it holds the account's
-- own debts only (int_informed_debt__holds_applied). Ways are added up, never weighed against each other, so that a
-- further notice can only freeze more.
-- state_code: IN_FORCE (R7; D53 and D54 on the safe side), ENDED_LATELY, CONTRADICTORY (cancelled, but not run out), PAST.
with sole_accounts as (
    select distinct
        debts.account_key,
        liabilities.person_key
    from {{ ref('int_informed_debt__council_tax_debts_valued') }} as debts
    inner join {{ ref('int_informed_debt__liabilities_established') }} as liabilities
        on liabilities.debt_key = debts.debt_key
        and liabilities.is_sole
),

spells as (
    select
        person_key,
        start_date as start_on,
        frozen_until as until_on,
        coalesce(status = 'CANC', false) as is_cancelled,
        'respite' as source_code
    from {{ ref('psn_corporate__debt_respite_notices') }}
    where {{ has_begun('start_date', as_at()) }}
        and person_key is not null

    union all

    select
        sole_accounts.person_key,
        accounts.prohibit_set as start_on,
        accounts.prohibit_end as until_on,
        false as is_cancelled,
        'council_tax' as source_code
    from sole_accounts
    inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
        on accounts.council_tax_account_key = sole_accounts.account_key
        and accounts.prohibit_code = 'BSP'
        and {{ has_begun('accounts.prohibit_set', as_at()) }}

    union all

    select
        sole_accounts.person_key,
        stages.stage_on as start_on,
        stages.hold_until_on as until_on,
        false as is_cancelled,
        'council_tax_recovery' as source_code
    from sole_accounts
    inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as stages
        on stages.council_tax_account_key = sole_accounts.account_key
        and stages.stage_code = 'HOLD'
        and stages.hold_code = 'BSP'
)

select distinct
    person_key,
    start_on,
    until_on,
    source_code,
    case
        when is_cancelled and (until_on is null or until_on >= {{ as_at() }}) then 'CONTRADICTORY'
        when until_on is null or until_on >= {{ as_at() }} then 'IN_FORCE'
        when {{ days_between('until_on', as_at()) }} <= {{ debt_threshold('DEBT-R01') }} then 'ENDED_LATELY'
        else 'PAST'
    end as state_code
from spells
