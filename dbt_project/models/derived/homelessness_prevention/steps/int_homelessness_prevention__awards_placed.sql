-- Grain: one row per benefit award and day it had begun by, with the claimant's subject. An award ends with its claim.
with awards as (
    select
        claims.day_code,
        claims.day,
        claims.subject_key,
        claims.person_key,
        claims.benefit_claim_key,
        claims.is_liability_live,
        awards.benefit_award_key,
        awards.award_type,
        awards.decision,
        awards.weekly_amount_pence,
        awards.from_date as from_on,
        case
            when awards.to_date is null then claims.cancel_date
            when claims.cancel_date is null then awards.to_date
            else least(awards.to_date, claims.cancel_date)
        end as to_on
    from {{ ref('psn_benefits__benefit_awards') }} as awards
    inner join {{ ref('int_homelessness_prevention__claims_placed') }} as claims
        on claims.benefit_claim_key = awards.benefit_claim_key
        and awards.from_date <= claims.day
)

select
    awards.*,
    coalesce(awards.decision, '') <> 'REF' and (awards.to_on is null or awards.to_on >= awards.day) as is_in_force
from awards
