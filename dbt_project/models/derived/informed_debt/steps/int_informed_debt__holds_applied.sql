-- Grain: one row per person, debt and reason why it may not be asked for now.
-- Freezes (is_freeze) stop everything; the rest wait for a named officer. Either way nothing is recoverable now.
with owed as (
    select
        liabilities.person_key,
        liabilities.is_joint,
        debts.debt_key,
        debts.debt_type_code,
        debts.account_key,
        debts.financial_year,
        debts.stage_code,
        debts.raised_on
    from {{ ref('int_informed_debt__liabilities_established') }} as liabilities
    inner join {{ ref('int_informed_debt__debts_unioned') }} as debts
        on debts.debt_key = liabilities.debt_key
),

accounts as (
    select
        council_tax_account_key as account_key,
        prohibit_code,
        prohibit_set,
        prohibit_end,
        lead_liab_pos,
        is_estate
    from {{ ref('psn_revenues__council_tax_accounts') }}
),

spells as (
    select * from {{ ref('int_informed_debt__respite_spells_read') }}
    where state_code <> 'PAST'
),

-- The freeze covers every debt of the person (R7).
own_respite as (
    select
        owed.person_key,
        owed.debt_key,
        case when spells.state_code = 'IN_FORCE' then 'RESPITE' else 'REVIEW' end as hold_code,
        spells.state_code = 'IN_FORCE' as is_freeze,
        spells.start_on as since_on,
        case
            when spells.state_code = 'ENDED_LATELY'
                then {{ plus_days('spells.until_on', debt_threshold('DEBT-R01')) }}
            when spells.state_code = 'IN_FORCE' then spells.until_on
        end as until_on
    from owed
    inner join spells
        on spells.person_key = owed.person_key
),

-- On a joint debt it protects the debt, if held when the freeze began; the other debtor is not told why.
joint_respite as (
    select
        owed.person_key,
        owed.debt_key,
        case when spells.state_code = 'IN_FORCE' then 'PROTECTED' else 'REVIEW' end as hold_code,
        spells.state_code = 'IN_FORCE' as is_freeze,
        spells.start_on as since_on,
        case
            when spells.state_code = 'ENDED_LATELY'
                then {{ plus_days('spells.until_on', debt_threshold('DEBT-R01')) }}
            when spells.state_code = 'IN_FORCE' then spells.until_on
        end as until_on
    from spells
    inner join owed as theirs
        on theirs.person_key = spells.person_key
        and theirs.is_joint
        and {{ has_begun('theirs.raised_on', 'spells.start_on') }}
    inner join owed
        on owed.debt_key = theirs.debt_key
        and owed.person_key <> theirs.person_key
),

own_estate as (
    select
        owed.person_key,
        owed.debt_key,
        'ESTATE' as hold_code,
        true as is_freeze,
        estates.known_on as since_on,
        cast(null as date) as until_on
    from owed
    inner join {{ ref('int_informed_debt__estates_recognised') }} as estates
        on estates.person_key = owed.person_key
),

-- Who owes what after a death is for a person to settle before the survivor is asked.
joint_estate as (
    select
        owed.person_key,
        owed.debt_key,
        'REVIEW' as hold_code,
        false as is_freeze,
        estates.known_on as since_on,
        cast(null as date) as until_on
    from {{ ref('int_informed_debt__estates_recognised') }} as estates
    inner join owed as theirs
        on theirs.person_key = estates.person_key
        and theirs.is_joint
    inner join owed
        on owed.debt_key = theirs.debt_key
        and owed.person_key <> theirs.person_key
    left join {{ ref('int_informed_debt__estates_recognised') }} as also_dead
        on also_dead.person_key = owed.person_key
    where also_dead.person_key is null
),

inhibited as (
    select
        owed.person_key,
        owed.debt_key,
        case accounts.prohibit_code
            when 'DEC' then 'ESTATE'
            when 'DISP' then 'DISPUTE'
            when 'VULN' then 'INHIBITED'
            else 'SOURCE'
        end as hold_code,
        accounts.prohibit_code <> 'VULN' as is_freeze,
        accounts.prohibit_set as since_on,
        accounts.prohibit_end as until_on
    from owed
    inner join accounts
        on accounts.account_key = owed.account_key
        and owed.debt_type_code = 'COUNCIL_TAX'
        and accounts.prohibit_code is not null
        and {{ protects('accounts.prohibit_set', 'accounts.prohibit_end', as_at()) }}
),

held_in_recovery as (
    select
        owed.person_key,
        owed.debt_key,
        'SOURCE' as hold_code,
        true as is_freeze,
        stages.stage_on as since_on,
        stages.hold_until_on as until_on
    from owed
    inner join {{ ref('int_informed_debt__council_tax_stages_dated') }} as stages
        on stages.council_tax_account_key = owed.account_key
        and stages.financial_year = owed.financial_year
        and stages.stage_code = 'HOLD'
        and (stages.hold_until_on is null or stages.hold_until_on >= {{ as_at() }})
    where owed.debt_type_code = 'COUNCIL_TAX'
),

held_by_department as (
    select
        person_key,
        debt_key,
        'SOURCE' as hold_code,
        true as is_freeze,
        cast(null as date) as since_on,
        cast(null as date) as until_on
    from owed
    where debt_type_code in ('BENEFIT_OVERPAYMENT', 'SUNDRY') and stage_code = 'HOLD'
),

to_be_settled as (
    select
        owed.person_key,
        owed.debt_key,
        'REVIEW' as hold_code,
        false as is_freeze,
        cast(null as date) as since_on,
        cast(null as date) as until_on
    from owed
    inner join {{ ref('int_informed_debt__record_faults_found') }} as faults
        on faults.debt_key = owed.debt_key
        and (faults.person_key is null or faults.person_key = owed.person_key)
)

{% for hold in [
    'own_respite', 'joint_respite', 'own_estate', 'joint_estate', 'inhibited', 'held_in_recovery', 'held_by_department',
    'to_be_settled',
] %}
select * from {{ hold }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
