-- Grain: one row per measure taken from a current council tenancy (rules H2, H3, H4, H12). Weeks are weeks of gross
-- rent (rent, service and other charges), cut down to hundredths so that a threshold is met only when it is reached.
-- A balance is dated by the ledger entry that made it, a possession by its notice; what has no day on record stays without.
-- `record_key`: the tenancy, for the figures a value was worked out from.
with tenancies as (
    select
        tenancies.*,
        balances.posted_on,
        balances.balance_pence,
        balances.balance_1_before_pence,
        balances.balance_2_before_pence,
        balances.balance_3_before_pence,
        cast(
            floor(balances.balance_pence * 100.0 / nullif(tenancies.gross_rent_pence, 0)) / 100 as decimal(18, 2)
        ) as arrears_weeks
    from {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
    inner join {{ ref('int_homelessness_prevention__rent_balances_dated') }} as balances
        on balances.day_code = tenancies.day_code
        and balances.tenancy_key = tenancies.tenancy_key
    where tenancies.is_current
),

actions as (
    select
        days.day_code,
        actions.tenancy_key,
        max(actions.action_date) filter (where actions.action_code = 'NOSP') as notice_on,
        max(actions.action_date) filter (where actions.action_code = 'CDAT') as court_set_on,
        max(actions.action_date) filter (where actions.action_code = 'EVIC') as eviction_set_on
    from {{ ref('psn_housing__arrears_actions') }} as actions
    inner join {{ ref('int_homelessness_prevention__days_compared') }} as days
        on actions.action_date <= days.day
    where actions.action_code in ('NOSP', 'CDAT', 'EVIC')
    group by days.day_code, actions.tenancy_key
),

-- A notice whose flag the file of today has dropped was live on the day before if the actions show it served by then and
-- either the arrears it rested on have been cleared since, or its time has run out since; a notice dropped for another
-- reason cannot be told. The actions give no end of the notice: it is taken as the shortest notice period.
noticed as (
    select
        tenancies.*,
        actions.court_set_on,
        actions.eviction_set_on,
        case
            when tenancies.nosp then tenancies.nosp_date
            when tenancies.day_code = 'BEFORE'
                and (
                    (tenancies.balance_pence > 0 and tenancies.cur_bal_pence <= 0)
                    or {{ plus_days('actions.notice_on', '7 * ' ~ prevention_parameter('NOTICE_LIVE_WEEKS')
                        ~ ' + ' ~ prevention_parameter('NOTICE_PERIOD_DAYS')) }} < {{ as_at() }}
                )
                then actions.notice_on
        end as notice_on,
        case
            when tenancies.nosp then coalesce(tenancies.nosp_expire, tenancies.nosp_date)
            else {{ plus_days('actions.notice_on', prevention_parameter('NOTICE_PERIOD_DAYS')) }}
        end as notice_ends_on
    from tenancies
    left join actions
        on actions.day_code = tenancies.day_code
        and actions.tenancy_key = tenancies.tenancy_key
),

possession as (
    select
        noticed.*,
        (nosp or notice_on is not null)
        and {{ protects('notice_on', plus_days('notice_ends_on', '7 * ' ~ prevention_parameter('NOTICE_LIVE_WEEKS')), 'day') }}
            as is_notice_live,
        coalesce(possorder <= day, false) as has_order,
        -- Of a notice without a day on record any hearing may be.
        (
            courtdate is not null
            and {{ has_begun('notice_on', 'courtdate') }}
            and (
                day_code = 'NOW'
                or courtdate <= day
                or (court_set_on is not null and {{ has_begun('notice_on', 'court_set_on') }})
            )
        )
        or (not nosp and coalesce(court_set_on >= notice_on, false)) as has_hearing,
        coalesce(
            evictdate is not null and (day_code = 'NOW' or evictdate <= day or eviction_set_on is not null), false
        ) as has_eviction_date
    from noticed
)

select
    day_code,
    day,
    subject_key,
    person_key,
    'POSSESSION_STEP' as measure_code,
    cast(
        case
            when has_eviction_date then 3
            when has_order or (has_hearing and is_notice_live) then 2
            else 1
        end as decimal(18, 2)
    ) as value,
    cast(null as bigint) as amount_pence,
    case
        when has_eviction_date then 'EVICTION'
        when has_order then 'ORDER'
        when has_hearing and is_notice_live and coalesce(courtdate, court_set_on) < day then 'HEARD'
        when has_hearing and is_notice_live then 'HEARING'
        else 'NOTICE'
    end as detail_code,
    coalesce(notice_on, case when nosp_date <= day then nosp_date end) as fact_on,
    case
        when has_eviction_date then evictdate
        when has_order then possorder
        when has_hearing and is_notice_live then coalesce(courtdate, court_set_on)
    end as until_on,
    'TENANCIES' as source_code,
    tenancy_key as record_key
from possession
where is_notice_live or has_order or has_eviction_date
union all
select
    day_code,
    day,
    subject_key,
    person_key,
    'RENT_ARREARS_WEEKS' as measure_code,
    arrears_weeks as value,
    balance_pence as amount_pence,
    cast(null as varchar) as detail_code,
    posted_on as fact_on,
    cast(null as date) as until_on,
    'RENT_LEDGER' as source_code,
    tenancy_key as record_key
from tenancies
where balance_pence > 0 and arrears_weeks is not null
union all
select
    day_code,
    day,
    subject_key,
    person_key,
    'RENT_RISING_MONTHS' as measure_code,
    cast(
        case
            when balance_1_before_pence <= balance_2_before_pence then 1
            when balance_2_before_pence <= balance_3_before_pence then 2
            else 3
        end as decimal(18, 2)
    ) as value,
    balance_pence as amount_pence,
    cast(null as varchar) as detail_code,
    posted_on as fact_on,
    cast(null as date) as until_on,
    'RENT_LEDGER' as source_code,
    tenancy_key as record_key
from tenancies
where balance_pence > balance_1_before_pence
    and arrears_weeks >= {{ prevention_parameter('RISING_MINIMUM_WEEKS') }}
union all
select
    day_code,
    day,
    subject_key,
    person_key,
    'NEW_ARREARS_WEEKS' as measure_code,
    arrears_weeks as value,
    balance_pence as amount_pence,
    cast(null as varchar) as detail_code,
    posted_on as fact_on,
    cast(null as date) as until_on,
    'RENT_LEDGER' as source_code,
    tenancy_key as record_key
from tenancies
where uc_flag
    and balance_pence > 0
    and balance_3_before_pence <= 0
    and arrears_weeks is not null
