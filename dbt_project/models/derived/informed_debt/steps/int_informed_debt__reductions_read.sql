-- Grain: one row per council tax reduction award and person it helps: the claimant, and whoever owes on the account.
-- All this service reads of benefit claims: which account a reduction belongs to (SPEC section 5: reductions and overpayments).
with awards as (
    select
        awards.benefit_award_key,
        awards.benefit_claim_key,
        awards.from_date as from_on,
        awards.to_date as to_on,
        awards.weekly_amount_pence,
        awards.passport_ind as is_passported
    from {{ ref('psn_benefits__benefit_awards') }} as awards
    where awards.award_type = 'CTR'
        and awards.from_date <= {{ as_at() }}
),

placed as (
    select
        awards.*,
        claims.person_key as claimant_key,
        claims.council_tax_account_key
    from awards
    inner join {{ ref('psn_benefits__benefit_claims') }} as claims
        on claims.benefit_claim_key = awards.benefit_claim_key
),

charges as (
    select
        balances.council_tax_account_key,
        balances.gross_debit_pence - balances.discounts_pence as charge_pence,
        greatest(accounts.liability_start, {{ debt_year_start('balances.fy') }}) as charged_from_on,
        least(coalesce(accounts.liability_end, {{ debt_year_start('balances.fy + 1') }}), {{ debt_year_start('balances.fy + 1') }})
            as charged_until_on,
        {{ debt_year_start('balances.fy') }} as year_from_on
    from {{ ref('psn_revenues__council_tax_balances') }} as balances
    inner join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
        on accounts.council_tax_account_key = balances.council_tax_account_key
    where {{ debt_year_start('balances.fy') }} <= {{ as_at() }}
        and {{ debt_year_start('balances.fy + 1') }} > {{ as_at() }}
),

helped as (
    select
        placed.benefit_award_key,
        placed.claimant_key as person_key
    from placed
    where placed.claimant_key is not null

    union

    select
        placed.benefit_award_key,
        liabilities.person_key
    from placed
    inner join {{ ref('int_informed_debt__council_tax_debts_valued') }} as debts
        on debts.account_key = placed.council_tax_account_key
    inner join {{ ref('int_informed_debt__liabilities_established') }} as liabilities
        on liabilities.debt_key = debts.debt_key
)

select
    helped.person_key,
    placed.benefit_award_key,
    placed.council_tax_account_key,
    placed.from_on,
    placed.to_on,
    placed.weekly_amount_pence,
    charges.charge_pence,
    {{ days_between('charges.charged_from_on', 'charges.charged_until_on') }} as charged_days,
    placed.is_passported,
    placed.to_on is null or placed.to_on >= {{ as_at() }} as is_in_force,
    -- Share of the account's own charge for the days charged this year, in per cent, rounded down.
    case when charges.charge_pence > 0 and charges.charged_until_on > charges.charged_from_on
        then cast(floor(
            placed.weekly_amount_pence * 100.0 / 7
            * {{ days_between('charges.charged_from_on', 'charges.charged_until_on') }}
            / charges.charge_pence
        ) as bigint)
    end as share_per_cent,
    coalesce(accounts.account_status = 'L', false) as is_account_live
from placed
inner join helped
    on helped.benefit_award_key = placed.benefit_award_key
left join charges
    on charges.council_tax_account_key = placed.council_tax_account_key
left join {{ ref('psn_revenues__council_tax_accounts') }} as accounts
    on accounts.council_tax_account_key = placed.council_tax_account_key
