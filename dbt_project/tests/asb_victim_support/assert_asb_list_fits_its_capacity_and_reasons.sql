-- The list is no longer than its capacity, ranked without a gap, and every row has its reasons.
select cast(victim_list.person_id as varchar) as person_id
from {{ ref('victim_list') }} as victim_list
cross join (select count(*) as row_count from {{ ref('victim_list') }}) as counted
inner join {{ ref('asb_victim_support_rules') }} as capacity
    on capacity.rule_id = 'L2' and {{ in_force('capacity.valid_from', 'capacity.valid_to', as_at()) }}
left join (
    select
        person_id,
        count(*) as reason_count
    from {{ ref('victim_reasons') }}
    group by person_id
) as reasons
    on reasons.person_id = victim_list.person_id
where
    victim_list.list_rank > capacity.threshold_value
    or victim_list.list_rank > counted.row_count
    or reasons.reason_count is null
    or reasons.reason_count <> victim_list.reason_count
