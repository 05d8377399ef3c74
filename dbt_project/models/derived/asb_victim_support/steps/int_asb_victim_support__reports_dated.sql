-- Grain: one row per report that stands at the as-at date: withdrawn ones are gone (row rule R5, also at staging), and
-- nothing that was recorded later than the as-at date is known.
-- A report without a time of the event counts as happened when reported, in the victim's favour.
select
    asb_incident_key,
    linked_asb_incident_key,
    incident_place_key,
    source,
    asb_group,
    asb_type,
    hate_ind as is_hate,
    case_review_requested as is_case_review_requested,
    has_support_flag,
    ward_code,
    cast(reported_at as date) as reported_on,
    cast(coalesce(occurred_from, occurred_to, reported_at) as date) as began_on,
    cast(coalesce(occurred_to, occurred_from, reported_at) as date) as occurred_on,
    case when coalesce(ram_date, cast(reported_at as date)) <= {{ as_at() }} then ram_score end as risk_score,
    case
        when ram_score is not null and coalesce(ram_date, cast(reported_at as date)) <= {{ as_at() }}
            then coalesce(ram_date, cast(reported_at as date))
    end as risk_assessed_on,
    case when last_victim_update <= {{ as_at() }} then last_victim_update end as victim_updated_on,
    case when cast(closed_at as date) <= {{ as_at() }} then cast(closed_at as date) end as closed_on,
    case when cast(closed_at as date) <= {{ as_at() }} then closure_reason end as closure_code,
    closed_at is null or cast(closed_at as date) > {{ as_at() }} as is_open
from {{ ref('psn_community_safety__asb_incidents') }}
where not withdrawn_ind and cast(reported_at as date) <= {{ as_at() }}
