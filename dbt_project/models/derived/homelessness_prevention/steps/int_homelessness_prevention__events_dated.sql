-- Grain: one row per dated, coded event of a subject on the list. No free text; nothing later than the as-at date
-- but a date already set (a notice's end, a hearing, an eviction, the end of an award).
with subjects as (
    select subject_key
    from {{ ref('int_homelessness_prevention__subjects_ranked') }}
    where place_code <> 'TAIL'
),

tenancies as (
    select tenancies.*
    from {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
    inner join subjects
        on subjects.subject_key = tenancies.subject_key
    where tenancies.day_code = 'NOW'
),

accounts as (
    select accounts.*
    from {{ ref('int_homelessness_prevention__accounts_placed') }} as accounts
    inner join subjects
        on subjects.subject_key = accounts.subject_key
    where accounts.day_code = 'NOW'
),

members as (
    select members.*
    from {{ ref('int_homelessness_prevention__members_placed') }} as members
    inner join subjects
        on subjects.subject_key = members.subject_key
    where members.day_code = 'NOW'
),

cases as (
    select
        members.subject_key,
        cases.*
    from {{ ref('psn_housing__homelessness_cases') }} as cases
    inner join members
        on members.person_key = cases.person_key
        and cases.application_date <= {{ as_at() }}
        and (cases.notice_date is null or cases.notice_date <= {{ as_at() }})
),

claims as (
    select
        members.subject_key,
        claims.*
    from {{ ref('psn_benefits__benefit_claims') }} as claims
    inner join members
        on members.person_key = claims.person_key
        and claims.application_date <= {{ as_at() }}
),

awards as (
    select awards.*
    from {{ ref('int_homelessness_prevention__awards_placed') }} as awards
    inner join subjects
        on subjects.subject_key = awards.subject_key
    where awards.day_code = 'NOW'
),

{%- set dated = [
    ('cases', 'notice_date', 'NOTICE_SERVED', 'HOMELESSNESS_CASES'),
    ('cases', 'notice_expiry', 'NOTICE_ENDS', 'HOMELESSNESS_CASES'),
    ('cases', 'application_date', 'APPLICATION', 'HOMELESSNESS_CASES'),
    ('cases', 'prevention_start', 'PREVENTION_STARTED', 'HOMELESSNESS_CASES'),
    ('cases', 'prevention_end', 'PREVENTION_ENDED', 'HOMELESSNESS_CASES'),
    ('cases', 'relief_start', 'RELIEF_STARTED', 'HOMELESSNESS_CASES'),
    ('cases', 'relief_end', 'RELIEF_ENDED', 'HOMELESSNESS_CASES'),
    ('cases', 'main_duty_date', 'MAIN_DUTY_DECIDED', 'HOMELESSNESS_CASES'),
    ('tenancies', 'cot', 'TENANCY_STARTED', 'TENANCIES'),
    ('tenancies', 'eot', 'TENANCY_ENDED', 'TENANCIES'),
    ('tenancies', 'nosp_date', 'POSSESSION_NOTICE', 'TENANCIES'),
    ('tenancies', 'courtdate', 'COURT_DATE', 'TENANCIES'),
    ('tenancies', 'possorder', 'POSSESSION_ORDER', 'TENANCIES'),
    ('tenancies', 'evictdate', 'EVICTION_DATE', 'TENANCIES'),
    ('claims', 'application_date', 'CLAIM_STARTED', 'BENEFIT_CLAIMS'),
    ('claims', 'cancel_date', 'CLAIM_ENDED', 'BENEFIT_CLAIMS'),
    ('claims', 'susp_date', 'CLAIM_SUSPENDED', 'BENEFIT_CLAIMS'),
] %}

events as (
    {%- for table, column, code, source in dated %}
    select
        subject_key,
        {{ column }} as event_on,
        'event' as code_list,
        '{{ code }}' as event_code,
        cast(null as bigint) as amount_pence,
        '{{ source }}' as source_code
    from {{ table }}
    where {{ column }} is not null
    union all
    {%- endfor %}
    select
        tenancies.subject_key,
        actions.action_date as event_on,
        'action' as code_list,
        actions.action_code as event_code,
        actions.balance_pence as amount_pence,
        'ARREARS_ACTIONS' as source_code
    from {{ ref('psn_housing__arrears_actions') }} as actions
    inner join tenancies
        on tenancies.tenancy_key = actions.tenancy_key
    union all
    select
        accounts.subject_key,
        recovery.stage_date as event_on,
        'stage' as code_list,
        recovery.stage as event_code,
        recovery.amount_at_stage_pence as amount_pence,
        'COUNCIL_TAX' as source_code
    from {{ ref('psn_revenues__council_tax_recovery') }} as recovery
    inner join accounts
        on accounts.council_tax_account_key = recovery.council_tax_account_key
    where not recovery.reversed_ind
    union all
    select
        subject_key,
        from_on as event_on,
        case when decision = 'REF' then 'award_refused' else 'award_started' end as code_list,
        award_type as event_code,
        case when award_type <> 'UCM' then weekly_amount_pence end as amount_pence,
        'BENEFIT_AWARDS' as source_code
    from awards
    union all
    select
        subject_key,
        to_on as event_on,
        'award_ended' as code_list,
        award_type as event_code,
        cast(null as bigint) as amount_pence,
        'BENEFIT_AWARDS' as source_code
    from awards
    where to_on is not null and coalesce(decision, '') <> 'REF'
    union all
    select
        members.subject_key,
        overpayments.created as event_on,
        'event' as code_list,
        'OVERPAYMENT_RAISED' as event_code,
        overpayments.original_pence as amount_pence,
        'DEBTS' as source_code
    from {{ ref('psn_benefits__benefit_overpayments') }} as overpayments
    inner join members
        on members.person_key = overpayments.person_key
    union all
    select
        accounts.subject_key,
        occupations.occupation_date as event_on,
        'event' as code_list,
        'MOVED_IN' as event_code,
        cast(null as bigint) as amount_pence,
        'COUNCIL_TAX' as source_code
    from {{ ref('psn_revenues__council_tax_occupations') }} as occupations
    inner join accounts
        on accounts.council_tax_account_key = occupations.council_tax_account_key
)

select distinct
    events.subject_key,
    events.event_on,
    events.code_list || '_' || events.event_code as event_code,
    labels.label as event_label,
    events.amount_pence,
    sources.label as source_label
from events
inner join {{ ref('homelessness_prevention_labels') }} as labels
    on labels.code_list = events.code_list
    and labels.code = events.event_code
inner join {{ ref('homelessness_prevention_labels') }} as sources
    on sources.code_list = 'source'
    and sources.code = events.source_code
where events.event_on >= {{ plus_months(as_at(), '-1 * ' ~ prevention_parameter('CHRONOLOGY_MONTHS')) }}
    and (
        events.event_on <= {{ as_at() }}
        or events.event_code in ('NOTICE_ENDS', 'COURT_DATE', 'EVICTION_DATE', 'DHP')
    )
