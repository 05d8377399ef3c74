-- Grain: one row per household and entitlement that is likely but not claimed.
select
    subjects.household_id,
    people.person_id,
    gaps.gap_code,
    labels.label as gap_label,
    {{ prevention_sentence('words.sentence_template', {
        'amount': prevention_pounds('gaps.amount_pence'),
        'fact_on': prevention_written_date('gaps.fact_on'),
        'source': 'sources.label',
    }) }} as sentence,
    gaps.amount_pence,
    gaps.fact_on,
    sources.label as source,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__gaps_found') }} as gaps
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = gaps.subject_key
inner join {{ ref('int_homelessness_prevention__people_named') }} as people
    on people.person_key = gaps.person_key
inner join {{ ref('homelessness_prevention_gaps') }} as words
    on words.gap_code = gaps.gap_code
    and {{ in_force('words.valid_from', 'words.valid_to', as_at()) }}
left join {{ ref('homelessness_prevention_labels') }} as labels
    on labels.code_list = 'GAP' and labels.code = gaps.gap_code
left join {{ ref('homelessness_prevention_labels') }} as sources
    on sources.code_list = 'source' and sources.code = 'BENEFIT_AWARDS'
