-- Grain: one row per household on the list: every direct referral, then the others as far as the officers' capacity.
with reasons as (
    select
        subject_key,
        count(*) as reason_count,
        {{ prevention_joined('sentence', ' ', 'reason_rank') }} as reasons
    from {{ ref('int_homelessness_prevention__indicators_ranked') }}
    where day_code = 'NOW'
        and reason_rank <= {{ prevention_parameter('REASONS_SHOWN') }}
    group by subject_key
),

offers as (
    select
        subject_key,
        max(offer_code) filter (where offer_rank = 1) as offer_code,
        max(offer_label) filter (where offer_rank = 1) as offer_label,
        max(offer_fact) filter (where offer_rank = 1) as offer_fact,
        {{ prevention_joined("case when offer_rank in (2, 3) then offer_label end", '; ', 'offer_rank') }} as other_offers
    from {{ ref('int_homelessness_prevention__offers_matched') }}
    group by subject_key
)

select
    subjects.household_id,
    subjects.person_id,
    cast(ranked.list_rank as bigint) as list_rank,
    ranked.contact_week,
    ranked.is_direct_referral,
    ranked.is_open_case,
    ranked.band_code,
    bands.label as band_label,
    ranked.points,
    offers.offer_code,
    offers.offer_label,
    offers.offer_fact,
    offers.other_offers,
    reasons.reasons,
    reasons.reason_count,
    ranked.act_by_on,
    {{ plus_days(as_at(), prevention_parameter('ALERT_DAYS')) }} as expires_on,
    softened.has_support_flag,
    softened.handling,
    softened.has_debt_freeze,
    softened.ward_code,
    softened.is_address_withheld,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__subjects_ranked') }} as ranked
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = ranked.subject_key
inner join reasons
    on reasons.subject_key = ranked.subject_key
inner join offers
    on offers.subject_key = ranked.subject_key
inner join {{ ref('int_homelessness_prevention__contacts_softened') }} as softened
    on softened.subject_key = ranked.subject_key
left join {{ ref('homelessness_prevention_labels') }} as bands
    on bands.code_list = 'band' and bands.code = ranked.band_code
where ranked.place_code <> 'TAIL'
