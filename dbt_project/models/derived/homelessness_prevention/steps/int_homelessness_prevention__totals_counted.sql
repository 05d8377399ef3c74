-- Grain: one row per totals group and category, zero counts included: exact counts, never published.
with ranked as (
    select
        ranked.subject_key,
        case
            when ranked.is_direct_referral then 'DIRECT'
            else ranked.place_code || '_' || ranked.band_code
        end as place_and_band,
        softened.ward_code
    from {{ ref('int_homelessness_prevention__subjects_ranked') }} as ranked
    left join {{ ref('int_homelessness_prevention__contacts_softened') }} as softened
        on softened.subject_key = ranked.subject_key
),

counted as (
    select
        'PLACE' as totals_group,
        place_and_band as category,
        count(*) as exact_count
    from ranked
    group by place_and_band
    union all
    select
        'WARD' as totals_group,
        coalesce(ward_code, 'UNKNOWN') as category,
        count(*) as exact_count
    from ranked
    group by coalesce(ward_code, 'UNKNOWN')
    union all
    select
        'OFFER' as totals_group,
        offer_code as category,
        count(*) as exact_count
    from {{ ref('int_homelessness_prevention__offers_matched') }}
    where offer_rank = 1
    group by offer_code
    union all
    select
        'INDICATOR' as totals_group,
        rule_id as category,
        count(*) as exact_count
    from {{ ref('int_homelessness_prevention__indicators_met') }}
    where day_code = 'NOW'
    group by rule_id
    union all
    select
        'GAP' as totals_group,
        gap_code as category,
        count(*) as exact_count
    from {{ ref('int_homelessness_prevention__gaps_found') }}
    group by gap_code
    union all
    select
        'STEP_DOWN' as totals_group,
        why_code as category,
        count(*) as exact_count
    from {{ ref('int_homelessness_prevention__subjects_stepped_down') }}
    group by why_code
    union all
    select
        'OPEN' as totals_group,
        case when band_code = 'NONE' then 'BELOW' else 'ABOVE' end as category,
        count(*) as exact_count
    from {{ ref('int_homelessness_prevention__subjects_banded') }}
    where day_code = 'NOW' and is_open_case
    group by case when band_code = 'NONE' then 'BELOW' else 'ABOVE' end
    union all
    select
        'ASSESSED' as totals_group,
        'HOUSEHOLDS' as category,
        count(distinct subject_key) as exact_count
    from {{ ref('int_homelessness_prevention__members_placed') }}
    where day_code = 'NOW'
    union all
    select
        'ASSESSED' as totals_group,
        'PEOPLE' as category,
        count(*) as exact_count
    from {{ ref('int_homelessness_prevention__members_placed') }}
    where day_code = 'NOW'
),

categories as (
    select
        code_list as totals_group,
        code as category,
        label as category_label
    from {{ ref('homelessness_prevention_labels') }}
    where code_list in ('PLACE', 'OFFER', 'GAP', 'STEP_DOWN', 'OPEN', 'ASSESSED')
    union all
    select
        'INDICATOR' as totals_group,
        rules.rule_id as category,
        max(coalesce(labels.label, rules.name)) as category_label
    from {{ ref('homelessness_prevention_rules') }} as rules
    left join {{ ref('homelessness_prevention_labels') }} as labels
        on labels.code_list = 'INDICATOR' and labels.code = rules.rule_id
    where {{ in_force('rules.valid_from', 'rules.valid_to', as_at()) }}
    group by rules.rule_id
    union all
    select
        'WARD' as totals_group,
        category,
        case when category = 'UNKNOWN' then 'Not known or not shown' else category end as category_label
    from counted
    where totals_group = 'WARD'
)

select
    categories.totals_group,
    categories.category,
    categories.category_label,
    cast(coalesce(counted.exact_count, 0) as bigint) as exact_count
from categories
left join counted
    on counted.totals_group = categories.totals_group
    and counted.category = categories.category
