-- Grain: one row per measure taken from a benefit claim or award (rules H7, H8, H9, H16).
-- A benefit cap, an under-occupation reduction and a shortfall can be the same lost pound seen three ways: each is a
-- measure of its own and the greatest counts, never the sum.
with awards as (
    select * from {{ ref('int_homelessness_prevention__awards_placed') }}
),

in_force as (
    select distinct
        day_code,
        subject_key,
        award_type
    from awards
    where is_in_force
),

hardship_payments as (
    select
        day_code,
        subject_key,
        max(from_on) as last_from_on,
        max(to_on) as last_to_on,
        count(*) filter (where to_on is null) as open_count
    from awards
    where award_type = 'DHP' and coalesce(decision, '') <> 'REF'
    group by day_code, subject_key
)

select
    day_code,
    day,
    subject_key,
    person_key,
    'WEEKLY_SHORTFALL' as measure_code,
    cast(weekly_amount_pence as decimal(18, 2)) as value,
    weekly_amount_pence as amount_pence,
    award_type as detail_code,
    from_on as fact_on,
    cast(null as date) as until_on,
    'BENEFIT_AWARDS' as source_code
from awards
where award_type in ('CAP', 'UOC', 'SHF') and is_in_force
union all
select
    awards.day_code,
    awards.day,
    awards.subject_key,
    awards.person_key,
    'BENEFIT_STOPPED_DAYS' as measure_code,
    cast({{ days_between('awards.to_on', 'awards.day') }} as decimal(18, 2)) as value,
    awards.weekly_amount_pence as amount_pence,
    awards.award_type || '_ENDED' as detail_code,
    awards.to_on as fact_on,
    cast(null as date) as until_on,
    'BENEFIT_AWARDS' as source_code
from awards
left join in_force
    on in_force.day_code = awards.day_code
    and in_force.subject_key = awards.subject_key
    and in_force.award_type = awards.award_type
where awards.award_type in ('HB', 'CTR')
    and awards.to_on < awards.day
    and awards.is_liability_live
    and in_force.subject_key is null
union all
select
    day_code,
    day,
    subject_key,
    person_key,
    'BENEFIT_STOPPED_DAYS' as measure_code,
    cast(coalesce({{ days_between('susp_date', 'day') }}, 0) as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    'SUSPENDED' as detail_code,
    susp_date as fact_on,
    cast(null as date) as until_on,
    'BENEFIT_CLAIMS' as source_code
from {{ ref('int_homelessness_prevention__claims_placed') }}
where status = 'S' and {{ has_begun('susp_date', 'day') }} and is_liability_live
union all
select
    awards.day_code,
    awards.day,
    awards.subject_key,
    awards.person_key,
    'HARDSHIP_PAYMENT_DAYS_LEFT' as measure_code,
    cast({{ days_between('awards.day', 'awards.to_on') }} as decimal(18, 2)) as value,
    awards.weekly_amount_pence as amount_pence,
    cast(null as varchar) as detail_code,
    awards.from_on as fact_on,
    awards.to_on as until_on,
    'BENEFIT_AWARDS' as source_code
from awards
inner join hardship_payments
    on hardship_payments.day_code = awards.day_code
    and hardship_payments.subject_key = awards.subject_key
    and hardship_payments.open_count = 0
    and hardship_payments.last_to_on = awards.to_on
where awards.award_type = 'DHP' and awards.is_in_force
union all
select
    awards.day_code,
    awards.day,
    awards.subject_key,
    awards.person_key,
    'HARDSHIP_PAYMENT_REFUSED_DAYS' as measure_code,
    cast({{ days_between('awards.from_on', 'awards.day') }} as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    cast(null as varchar) as detail_code,
    awards.from_on as fact_on,
    cast(null as date) as until_on,
    'BENEFIT_AWARDS' as source_code
from awards
left join hardship_payments
    on hardship_payments.day_code = awards.day_code
    and hardship_payments.subject_key = awards.subject_key
where awards.award_type = 'DHP'
    and awards.decision = 'REF'
    and (hardship_payments.last_from_on is null or hardship_payments.last_from_on < awards.from_on)
union all
select
    claims.day_code,
    claims.day,
    claims.subject_key,
    claims.person_key,
    'ONE_ADULT_WITH_CHILDREN' as measure_code,
    cast(1 as decimal(18, 2)) as value,
    cast(null as bigint) as amount_pence,
    cast(null as varchar) as detail_code,
    claims.application_date as fact_on,
    cast(null as date) as until_on,
    'BENEFIT_CLAIMS' as source_code
from {{ ref('int_homelessness_prevention__claims_placed') }} as claims
inner join {{ ref('psn_benefits__benefit_members') }} as members
    on members.benefit_claim_key = claims.benefit_claim_key
    and {{ protects('members.from_date', 'members.to_date', 'claims.day') }}
where claims.status <> 'C' and (claims.cancel_date is null or claims.cancel_date > claims.day)
group by claims.day_code, claims.day, claims.subject_key, claims.person_key, claims.benefit_claim_key, claims.application_date
having count(*) filter (where members.relation = 'D') > 0
    and count(*) filter (where members.relation in ('P', 'N')) = 0
