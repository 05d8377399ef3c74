-- Grain: one row per tenancy and day: what was owed then and at the three month ends before, from today's balance
-- less what the ledger has posted since. Pence, exact; credits negative. `posted_on`: the last entry up to the day, which made
-- the balance what it was; blank where the last four months have none.
with postings as (
    select
        tenancy_key,
        cast(post_date as date) as posted_on,
        real_value_pence
    from {{ ref('psn_housing__rent_transactions') }}
    where cast(post_date as date) > {{ prevention_month_end_before(as_at(), 4) }}
),

-- The month ends before each day, worked out once a day and not once a posting.
days as (
    select
        day_code,
        {%- for month in [1, 2, 3] %}
        {{ prevention_month_end_before('day', month) }} as month_end_{{ month }}{{ "," if not loop.last }}
        {%- endfor %}
    from (select distinct day_code, day from {{ ref('int_homelessness_prevention__tenancies_placed') }}) as distinct_days
)

select
    tenancies.day_code,
    tenancies.tenancy_key,
    max(postings.posted_on) filter (where postings.posted_on <= tenancies.day) as posted_on,
    cast(
        max(tenancies.cur_bal_pence)
        - coalesce(sum(postings.real_value_pence) filter (where postings.posted_on > tenancies.day), 0) as bigint
    ) as balance_pence,
    {%- for month in [1, 2, 3] %}
    cast(
        max(tenancies.cur_bal_pence)
        - coalesce(sum(postings.real_value_pence) filter (where postings.posted_on > days.month_end_{{ month }}), 0) as bigint
    ) as balance_{{ month }}_before_pence{{ "," if not loop.last }}
    {%- endfor %}
from {{ ref('int_homelessness_prevention__tenancies_placed') }} as tenancies
inner join days
    on days.day_code = tenancies.day_code
left join postings
    on postings.tenancy_key = tenancies.tenancy_key
group by tenancies.day_code, tenancies.tenancy_key
