-- Grain: one row per household and entitlement that is likely but not claimed.
select
    subjects.household_id,
    people.person_id,
    gaps.gap_code,
    labels.label as gap_label,
    case
        when gaps.gap_code = 'REDUCTION_NOT_CLAIMED'
            then 'On a means-tested benefit since ' || {{ prevention_written_date('gaps.fact_on') }}
                || ' and liable for council tax, ' || {{ prevention_pounds('gaps.amount_pence') }}
                || ' outstanding this year, with no reduction in force (benefit awards).'
        else 'Help with the rent is short by ' || {{ prevention_pounds('gaps.amount_pence') }} || ' a week since '
            || {{ prevention_written_date('gaps.fact_on') }}
            || ', with no hardship payment in force and none refused in the last half year (benefit awards).'
    end as sentence,
    gaps.amount_pence,
    gaps.fact_on,
    sources.label as source,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__gaps_found') }} as gaps
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = gaps.subject_key
inner join {{ ref('int_homelessness_prevention__people_named') }} as people
    on people.person_key = gaps.person_key
left join {{ ref('homelessness_prevention_labels') }} as labels
    on labels.code_list = 'GAP' and labels.code = gaps.gap_code
left join {{ ref('homelessness_prevention_labels') }} as sources
    on sources.code_list = 'source' and sources.code = 'BENEFIT_AWARDS'
