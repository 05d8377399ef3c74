-- Grain: one row per person on the list, rule and figure behind its fact, where the debts shown do not tell it.
select
    named.person_id,
    figures.rule_id,
    cast(
        row_number() over (
            partition by figures.person_key, figures.rule_id
            order by
                coalesce(figures.debt_key, ''), figures.figure_on nulls last, coalesce(stages.stage_order, 0), figures.figure_code,
                figures.amount_pence
        ) as bigint
    ) as figure_number,
    figures.figure_code,
    coalesce(labels.label, stages.label, figures.figure_code) as figure_label,
    named_debts.debt_id,
    cast(figures.amount_pence as bigint) as amount_pence,
    cast(figures.figure_days as bigint) as figure_days,
    figures.figure_on,
    {{ as_at() }} as as_at_on
from {{ ref('int_informed_debt__figures_gathered') }} as figures
inner join {{ ref('int_informed_debt__people_named') }} as named
    on named.person_key = figures.person_key
left join {{ ref('int_informed_debt__debts_named') }} as named_debts
    on named_debts.debt_key = figures.debt_key
left join {{ ref('informed_debt_labels') }} as labels
    on labels.code_list = 'figure'
    and labels.code = figures.figure_code
left join {{ ref('informed_debt_stages') }} as stages
    on stages.debt_type_code = 'COUNCIL_TAX'
    and stages.stage_code = figures.figure_code
    and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
