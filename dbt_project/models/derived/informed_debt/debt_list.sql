-- Grain: one row per person with something overdue, or with a frozen debt that must be left alone.
with reasons as (
    select
        person_key,
        {{ debt_joined('sentence', ' ', 'reason_rank') }} as reasons
    from {{ ref('int_informed_debt__reasons_worded') }}
    where reason_rank <= 5
    group by person_key
),

first_debts as (
    select
        debts.person_key,
        debts.debt_key,
        labels.label as debt_type_label,
        coalesce(stages.label, debts.stage_code) as stage_label
    from {{ ref('int_informed_debt__debts_assessed') }} as debts
    inner join {{ ref('informed_debt_labels') }} as labels
        on labels.code_list = 'debt_type'
        and labels.code = debts.debt_type_code
    left join {{ ref('informed_debt_stages') }} as stages
        on stages.debt_type_code = debts.debt_type_code
        and stages.stage_code = debts.stage_code
        and {{ in_force('stages.valid_from', 'stages.valid_to', as_at()) }}
    where debts.priority_rank = 1
)

select
    named.person_id,
    cast(case when work.work_position <= {{ debt_threshold('DEBT-W01') }} then work.work_position end as bigint) as list_position,
    lanes.lane_code,
    lanes.lane_label,
    cast(lanes.severity as bigint) as lane_severity,
    lanes.deciding_rule_id,
    lanes.instruction
    || case when lanes.is_contact_allowed and flags.handling_note is not null then ' Handling: ' || flags.handling_note || '.' else '' end
    || case when lanes.lane_code = 'FREEZE' and estates.person_key is not null then ' Estate: handled by a named officer.' else '' end
        as handling_instruction,
    lanes.offer_code,
    offers.label as offer_label,
    lanes.is_contact_allowed,
    cast(people.balance_pence as bigint) as total_balance_pence,
    cast(people.overdue_pence as bigint) as total_overdue_pence,
    cast(people.recoverable_now_pence as bigint) as recoverable_now_pence,
    cast(people.frozen_balance_pence as bigint) as frozen_balance_pence,
    cast(people.credit_pence as bigint) as credit_pence,
    cast(people.debt_count as bigint) as debt_count,
    cast(people.council_tax_count as bigint) as council_tax_count,
    cast(people.rent_count as bigint) as rent_count,
    cast(people.benefit_overpayment_count as bigint) as benefit_overpayment_count,
    cast(people.sundry_count as bigint) as sundry_count,
    people.oldest_debt_on,
    cast({{ days_between('people.oldest_debt_on', as_at()) }} as bigint) as oldest_debt_age_days,
    named_debts.debt_id as priority_debt_id,
    first_debts.debt_type_label || ': ' || first_debts.stage_label as priority_debt_label,
    people.is_joint_any,
    people.has_payment_arrangement,
    people.is_with_enforcement_agent,
    coalesce(restricted.is_restricted_tier, false) as is_restricted_tier,
    coalesce(restricted.is_address_withheld, false) as is_address_withheld,
    case when coalesce(restricted.is_address_withheld, false) then null else spine.ward_code end as ward_code,
    reasons.reasons,
    cast({{ plus_days(as_at(), debt_threshold('DEBT-W02')) }} as date) as expires_on,
    {{ as_at() }} as as_at_on
from {{ ref('int_informed_debt__people_listed') }} as people
inner join {{ ref('int_informed_debt__lanes_decided') }} as lanes
    on lanes.person_key = people.person_key
inner join {{ ref('int_informed_debt__people_named') }} as named
    on named.person_key = people.person_key
inner join reasons
    on reasons.person_key = people.person_key
inner join first_debts
    on first_debts.person_key = people.person_key
inner join {{ ref('int_informed_debt__debts_named') }} as named_debts
    on named_debts.debt_key = first_debts.debt_key
left join {{ ref('informed_debt_labels') }} as offers
    on offers.code_list = 'offer'
    and offers.code = lanes.offer_code
left join {{ ref('int_informed_debt__work_ordered') }} as work
    on work.person_key = people.person_key
left join {{ ref('int_informed_debt__support_flags_gathered') }} as flags
    on flags.person_key = people.person_key
left join {{ ref('int_informed_debt__estates_recognised') }} as estates
    on estates.person_key = people.person_key
left join {{ ref('int_informed_debt__addresses_restricted') }} as restricted
    on restricted.person_key = people.person_key
left join {{ ref('psn_spine__people') }} as spine
    on spine.person_key = people.person_key
