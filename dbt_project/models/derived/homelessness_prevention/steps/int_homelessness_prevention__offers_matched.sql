-- Grain: one row per ranked subject and offer of help that fits it, best first: the first line of the decision table
-- whose fact holds and whose hindrance does not.
with fitting as (
    select
        ranked.subject_key,
        offers.offer_order,
        offers.offer_code,
        offers.label as offer_label,
        offers.fits_fact_code,
        facts.fact_on,
        {{ prevention_sentence(prevention_template('offers', 'facts.until_on', as_at()), {
            'value': prevention_written_value('facts.value', 'facts.unit_code'),
            'amount': prevention_pounds('facts.amount_pence'),
            'detail': 'facts.detail_label',
            'fact_on': prevention_written_date('facts.fact_on'),
            'until_on': prevention_written_distance('facts.until_on', as_at()),
        }) }} as offer_fact,
        row_number() over (
            partition by ranked.subject_key, offers.offer_code order by offers.offer_order
        ) as place_in_offer
    from {{ ref('int_homelessness_prevention__subjects_ranked') }} as ranked
    inner join {{ ref('int_homelessness_prevention__circumstances_established') }} as facts
        on facts.subject_key = ranked.subject_key
    inner join {{ ref('homelessness_prevention_offers') }} as offers
        on offers.fits_fact_code = facts.fact_code
        and {{ in_force('offers.valid_from', 'offers.valid_to', as_at()) }}
    where not exists (
        select 1
        from {{ ref('int_homelessness_prevention__circumstances_established') }} as hindrances
        where hindrances.subject_key = ranked.subject_key
            and hindrances.fact_code = offers.unless_fact_code
    )
)

select
    subject_key,
    offer_code,
    offer_label,
    offer_fact,
    fits_fact_code,
    fact_on,
    row_number() over (partition by subject_key order by offer_order) as offer_rank
from fitting
where place_in_offer = 1
