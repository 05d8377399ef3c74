-- Grain: one row per breakdown and category, exact and therefore for no eyes: debt_totals rounds and hides.
-- Each debt is counted once: a joint debt goes to the gentlest lane of those who owe it, with the least that may be asked.
with debts_once as (
    select
        debts.debt_key,
        debts.debt_type_code,
        max(debts.balance_pence) as balance_pence,
        max(debts.overdue_pence) as overdue_pence,
        min(debts.recoverable_now_pence) as recoverable_now_pence,
        min(lanes.severity) as severity
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    left join {{ ref('int_informed_debt__lanes_decided') }} as lanes
        on lanes.person_key = debts.person_key
    where debts.balance_pence > 0
    group by debts.debt_key, debts.debt_type_code
),

lanes_in_force as (
    select *
    from {{ ref('informed_debt_lanes') }}
    where {{ in_force('valid_from', 'valid_to', as_at()) }}
),

lane_people as (
    select lane_code, count(*) as people_count
    from {{ ref('int_informed_debt__lanes_decided') }}
    group by lane_code
),

lane_debts as (
    select
        severity,
        count(*) as debt_count,
        sum(balance_pence) as balance_pence,
        sum(overdue_pence) as overdue_pence,
        sum(recoverable_now_pence) as recoverable_now_pence,
        max(balance_pence) as largest_pence
    from debts_once
    where severity is not null
    group by severity
),

by_lane as (
    select
        'LANE' as breakdown_code,
        lanes_in_force.lane_code as category_code,
        lanes_in_force.label as category_label,
        coalesce(lane_people.people_count, 0) as people_count,
        coalesce(lane_debts.debt_count, 0) as debt_count,
        coalesce(lane_debts.balance_pence, 0) as balance_pence,
        coalesce(lane_debts.overdue_pence, 0) as overdue_pence,
        coalesce(lane_debts.recoverable_now_pence, 0) as recoverable_now_pence,
        coalesce(lane_debts.largest_pence, 0) as largest_pence
    from lanes_in_force
    left join lane_people
        on lane_people.lane_code = lanes_in_force.lane_code
    left join lane_debts
        on lane_debts.severity = lanes_in_force.severity
),

type_people as (
    select
        debt_type_code,
        count(distinct person_key) as people_count
    from {{ ref('int_informed_debt__debts_assessed') }}
    where balance_pence > 0
    group by debt_type_code
),

type_debts as (
    select
        debt_type_code,
        count(*) as debt_count,
        sum(balance_pence) as balance_pence,
        sum(overdue_pence) as overdue_pence,
        sum(recoverable_now_pence) as recoverable_now_pence,
        max(balance_pence) as largest_pence
    from debts_once
    group by debt_type_code
),

by_type as (
    select
        'DEBT_TYPE' as breakdown_code,
        labels.code as category_code,
        labels.label as category_label,
        coalesce(type_people.people_count, 0) as people_count,
        coalesce(type_debts.debt_count, 0) as debt_count,
        coalesce(type_debts.balance_pence, 0) as balance_pence,
        coalesce(type_debts.overdue_pence, 0) as overdue_pence,
        coalesce(type_debts.recoverable_now_pence, 0) as recoverable_now_pence,
        coalesce(type_debts.largest_pence, 0) as largest_pence
    from {{ ref('informed_debt_labels') }} as labels
    left join type_people
        on type_people.debt_type_code = labels.code
    left join type_debts
        on type_debts.debt_type_code = labels.code
    where labels.code_list = 'debt_type'
),

work as (
    select
        people.person_key,
        case
            when work.work_position is null then 'NO_CASE'
            when work.work_position <= {{ debt_threshold('DEBT-W01') }} then 'THIS_MONTH'
            else 'WAITING'
        end as category_code
    from {{ ref('int_informed_debt__people_listed') }} as people
    left join {{ ref('int_informed_debt__work_ordered') }} as work
        on work.person_key = people.person_key
),

by_work as (
    select
        'WORK' as breakdown_code,
        frame.category_code,
        frame.category_label,
        count(work.person_key) as people_count,
        cast(null as bigint) as debt_count,
        cast(null as bigint) as balance_pence,
        cast(null as bigint) as overdue_pence,
        cast(null as bigint) as recoverable_now_pence,
        cast(null as bigint) as largest_pence
    from (
        select 'THIS_MONTH' as category_code, 'On the list for this month' as category_label
        union all
        select 'WAITING' as category_code, 'Waiting: beyond this month''s capacity' as category_label
        union all
        select 'NO_CASE' as category_code, 'No case: frozen, or in the statutory process' as category_label
    ) as frame
    left join work
        on work.category_code = frame.category_code
    group by frame.category_code, frame.category_label
)

select * from by_lane
union all
select * from by_type
union all
select * from by_work
