-- Grain: one row per rule a subject meets on a day, strongest first: direct referral, then points, then rule number.
select
    indicators.*,
    row_number() over (
        partition by indicators.day_code, indicators.subject_key
        order by indicators.is_direct_referral desc, indicators.points desc, indicators.rule_number
    ) as reason_rank
from {{ ref('int_homelessness_prevention__indicators_met') }} as indicators
