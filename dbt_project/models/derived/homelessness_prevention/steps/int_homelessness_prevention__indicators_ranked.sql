-- Grain: one row per rule met on a day by a subject above the threshold, unless points alone speak and it was open to the
-- service then; strongest first: direct referral, then points, then rule number; with its sentence.
with ranked as (
    select
        indicators.*,
        case when banded.is_open_case then 'OPEN' else 'NONE' end as case_code,
        row_number() over (
            partition by indicators.day_code, indicators.subject_key
            order by indicators.is_direct_referral desc, indicators.points desc, indicators.rule_number
        ) as reason_rank
    from {{ ref('int_homelessness_prevention__indicators_met') }} as indicators
    inner join {{ ref('int_homelessness_prevention__subjects_banded') }} as banded
        on banded.day_code = indicators.day_code
        and banded.subject_key = indicators.subject_key
        and banded.band_code <> 'NONE'
        and (banded.is_direct_referral or not banded.is_open_case)
)

select
    ranked.*,
    rules.name as rule_name,
    {{ prevention_sentence(prevention_template('rules', 'ranked.until_on', 'ranked.day'), {
        'value': prevention_written_value('ranked.value', 'ranked.unit_code'),
        'threshold': prevention_written_value('ranked.threshold_value', 'ranked.unit_code'),
        'amount': prevention_pounds('ranked.amount_pence'),
        'detail': 'ranked.detail_label',
        'fact_on': prevention_written_date('ranked.fact_on'),
        'until_on': prevention_written_distance('ranked.until_on', 'ranked.day'),
        'case': 'cases.label',
        'source': 'ranked.source_label',
    }) }} as sentence
from ranked
inner join {{ ref('homelessness_prevention_rules') }} as rules
    on rules.rule_id = ranked.rule_id
    and rules.tier_code = ranked.tier_code
    and {{ in_force('rules.valid_from', 'rules.valid_to', 'ranked.day') }}
left join {{ ref('homelessness_prevention_labels') }} as cases
    on cases.code_list = 'case' and cases.code = ranked.case_code
