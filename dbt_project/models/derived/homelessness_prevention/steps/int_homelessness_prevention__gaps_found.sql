-- Grain: one row per subject and entitlement that is likely but not claimed, on the as-at date.
-- A gap is found while its row of the pack is in force.
with packs as (
    select *
    from {{ ref('homelessness_prevention_gaps') }}
    where {{ in_force('valid_from', 'valid_to', as_at()) }}
),

awards as (
    select *
    from {{ ref('int_homelessness_prevention__awards_placed') }}
    where day_code = 'NOW'
),

reduced as (
    select distinct subject_key
    from awards
    where award_type = 'CTR' and is_in_force
),

means_tested as (
    select
        subject_key,
        min(person_key) as person_key,
        min(from_on) as fact_on
    from awards
    where award_type in ('HB', 'UCM') and is_in_force
    group by subject_key
),

liable as (
    select
        accounts.subject_key,
        min(accounts.person_key) as person_key,
        cast(sum(debts.balance_pence) as bigint) as balance_pence
    from {{ ref('int_homelessness_prevention__accounts_placed') }} as accounts
    inner join {{ ref('int_homelessness_prevention__council_tax_debts_dated') }} as debts
        on debts.day_code = accounts.day_code
        and debts.council_tax_account_key = accounts.council_tax_account_key
    where accounts.day_code = 'NOW'
        and accounts.is_live
        and make_date(debts.fy, 4, 1) <= {{ as_at() }}
        and make_date(debts.fy + 1, 3, 31) >= {{ as_at() }}
        and debts.balance_pence > 0
    group by accounts.subject_key
),

hardship as (
    select distinct awards.subject_key
    from awards
    left join packs
        on packs.gap_code = 'HARDSHIP_PAYMENT_NOT_CLAIMED'
    where awards.award_type = 'DHP'
        and (
            awards.is_in_force
            or (awards.decision = 'REF' and awards.from_on >= {{ plus_days(as_at(), '-packs.look_back_days') }})
        )
),

short as (
    select
        indicators.subject_key,
        indicators.person_key,
        indicators.fact_on,
        indicators.amount_pence
    from {{ ref('int_homelessness_prevention__indicators_met') }} as indicators
    where indicators.day_code = 'NOW' and indicators.rule_id = 'H7'
)

select
    means_tested.subject_key,
    means_tested.person_key,
    'REDUCTION_NOT_CLAIMED' as gap_code,
    means_tested.fact_on,
    liable.balance_pence as amount_pence
from means_tested
inner join liable
    on liable.subject_key = means_tested.subject_key
where not exists (select 1 from reduced where reduced.subject_key = means_tested.subject_key)
union all
select
    short.subject_key,
    short.person_key,
    'HARDSHIP_PAYMENT_NOT_CLAIMED' as gap_code,
    short.fact_on,
    short.amount_pence
from short
where not exists (select 1 from hardship where hardship.subject_key = short.subject_key)
    and exists (select 1 from packs where packs.gap_code = 'HARDSHIP_PAYMENT_NOT_CLAIMED')
