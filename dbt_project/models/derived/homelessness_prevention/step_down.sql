-- Grain: one row per household above the threshold at the month end before and no longer so.
select
    subjects.household_id,
    subjects.person_id,
    stepped.previous_on,
    stepped.previous_band_code,
    bands.label as previous_band_label,
    stepped.previous_points,
    stepped.points,
    stepped.why_code,
    labels.label as why_label,
    stepped.previous_facts,
    stepped.ended_facts,
    stepped.is_estimated,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__subjects_stepped_down') }} as stepped
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = stepped.subject_key
left join {{ ref('homelessness_prevention_labels') }} as bands
    on bands.code_list = 'band' and bands.code = stepped.previous_band_code
left join {{ ref('homelessness_prevention_labels') }} as labels
    on labels.code_list = 'STEP_DOWN' and labels.code = stepped.why_code
