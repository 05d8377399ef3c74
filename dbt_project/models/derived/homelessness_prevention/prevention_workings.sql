-- Grain: one row per household, rule met and figure its value was worked out from; under OFFER what an offer rests on
-- besides the rules met.
select
    subjects.household_id,
    figures.rule_id,
    cast(
        row_number() over (
            partition by subjects.household_id, figures.rule_id
            order by labels.code_order, figures.year_number nulls last, figures.figure_on, figures.figure_code, figures.amount_pence
        ) as bigint
    ) as figure_number,
    figures.figure_code,
    case
        when figures.year_number is not null then 'Council tax of ' || cast(figures.year_number as varchar) || ': ' || labels.label
        else labels.label
    end as figure_label,
    figures.amount_pence,
    figures.figure_on,
    {{ as_at() }} as as_at_on
from {{ ref('int_homelessness_prevention__figures_gathered') }} as figures
inner join {{ ref('int_homelessness_prevention__subjects_named') }} as subjects
    on subjects.subject_key = figures.subject_key
left join (
    select
        code,
        label,
        case code_list when 'figure' then 1 else 2 end as code_order
    from {{ ref('homelessness_prevention_labels') }}
    where code_list in ('figure', 'COUNCIL_TAX_STEP')
) as labels
    on labels.code = figures.figure_code
