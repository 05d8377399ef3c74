-- Grain: one row per totals group and category, and one for the total of a group whose categories do not overlap.
-- Disclosure control: a count under the small number is hidden, zero too; where one category of a group with a total
-- would be the only one hidden, the next smallest goes with it, so that the total cannot give it back; what is shown is
-- rounded, each figure by itself.
with counted as (
    select
        totals_group,
        category,
        category_label,
        exact_count,
        false as is_total
    from {{ ref('int_homelessness_prevention__totals_counted') }}
    union all
    select
        totals_group,
        'ALL' as category,
        'All' as category_label,
        cast(sum(exact_count) as bigint) as exact_count,
        true as is_total
    from {{ ref('int_homelessness_prevention__totals_counted') }}
    where totals_group in ('PLACE', 'WARD', 'OFFER', 'STEP_DOWN', 'OPEN')
    group by totals_group
),

first_hidden as (
    select
        counted.*,
        exact_count < {{ prevention_parameter('SMALL_NUMBER') }} as is_small,
        count(*) filter (where exact_count < {{ prevention_parameter('SMALL_NUMBER') }} and not is_total)
            over (partition by totals_group) as small_count,
        max(case when is_total then 1 else 0 end) over (partition by totals_group) = 1 as has_total,
        row_number() over (
            partition by totals_group, is_total, exact_count < {{ prevention_parameter('SMALL_NUMBER') }}
            order by exact_count, category
        ) as place
    from counted
),

hidden as (
    select
        first_hidden.*,
        is_small or (has_total and small_count = 1 and not is_total and not is_small and place = 1) as is_suppressed
    from first_hidden
)

select
    hidden.totals_group as totals_group_code,
    groups.label as totals_group_label,
    hidden.category as category_code,
    hidden.category_label,
    case
        when not hidden.is_suppressed
            then cast(
                round(hidden.exact_count / cast({{ prevention_parameter('ROUNDING') }} as double))
                * {{ prevention_parameter('ROUNDING') }} as bigint
            )
    end as shown_count,
    hidden.is_suppressed,
    {{ as_at() }} as as_at_on
from hidden
inner join {{ ref('homelessness_prevention_labels') }} as groups
    on groups.code_list = 'totals' and groups.code = hidden.totals_group
