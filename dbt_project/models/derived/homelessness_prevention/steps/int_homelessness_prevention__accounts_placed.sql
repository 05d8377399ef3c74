-- Grain: one row per council tax account and day liability had begun by, with the subject of its lead person.
-- Estates, deceased exemptions and accounts held as deceased are left to a person (row rule R8).
-- Joint liable people are not read here: their place on an account is permitted for debt alone.
select
    members.day_code,
    members.day,
    members.subject_key,
    accounts.person_key,
    accounts.council_tax_account_key,
    accounts.billing_property_key,
    accounts.liability_start,
    accounts.liability_end,
    accounts.liability_end is null or accounts.liability_end > members.day as is_live
from {{ ref('psn_revenues__council_tax_accounts') }} as accounts
inner join {{ ref('int_homelessness_prevention__members_placed') }} as members
    on members.person_key = accounts.person_key
    and accounts.liability_start <= members.day
where not accounts.is_estate
    and accounts.lead_liab_pos <> 9
    and not (
        coalesce(accounts.prohibit_code = 'DEC', false)
        and (accounts.prohibit_end is null or accounts.prohibit_end >= {{ as_at() }})
    )
    and not exists (
        select 1
        from {{ ref('psn_revenues__council_tax_discounts') }} as discounts
        where discounts.council_tax_account_key = accounts.council_tax_account_key
            and discounts.is_deceased_exemption
            and {{ protects('discounts.start_date', 'discounts.end_date', as_at()) }}
    )
