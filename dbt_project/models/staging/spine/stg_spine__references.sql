-- Written by `fairview generate` from dags/feeds/; change the contract, not this file.
-- Grain: one row per namespace and reference number. A table, so that each number is hashed once.
with numbers as (
    select 'benefit_award' as namespace, award_id as reference from {{ ref('stg_benefits__benefit_awards') }}
    union
    select 'benefit_claim' as namespace, claim_id as reference from {{ ref('stg_benefits__benefit_awards') }}
    union
    select 'benefit_claim' as namespace, claim_id as reference from {{ ref('stg_benefits__benefit_claims') }}
    union
    select 'council_tax_account' as namespace, left(ctax_ref, 8) as reference from {{ ref('stg_benefits__benefit_claims') }}
    union
    select 'rent_payment' as namespace, rent_ref as reference from {{ ref('stg_benefits__benefit_claims') }}
    union
    select 'benefit_claim' as namespace, claim_id as reference from {{ ref('stg_benefits__benefit_members') }}
    union
    select 'overpayment_invoice' as namespace, invoice_no as reference from {{ ref('stg_benefits__benefit_overpayments') }}
    union
    select 'benefit_claim' as namespace, split_part(claim_ref, '/', 1) as reference from {{ ref('stg_benefits__benefit_overpayments') }}
    union
    select 'asb_incident' as namespace, incident_ref as reference from {{ ref('stg_community_safety__asb_incidents') }}
    union
    select 'asb_case' as namespace, case_ref as reference from {{ ref('stg_community_safety__asb_incidents') }}
    union
    select 'place' as namespace, incident_uprn as reference from {{ ref('stg_community_safety__asb_incidents') }}
    union
    select 'asb_incident' as namespace, linked_incident_ref as reference from {{ ref('stg_community_safety__asb_incidents') }}
    union
    select 'asb_incident' as namespace, incident_ref as reference from {{ ref('stg_community_safety__asb_parties') }}
    union
    select 'objection' as namespace, objection_id as reference from {{ ref('stg_corporate__data_objections') }}
    union
    select 'death' as namespace, death_id as reference from {{ ref('stg_corporate__deaths') }}
    union
    select 'respite_notice' as namespace, notice_ref as reference from {{ ref('stg_corporate__debt_respite_notices') }}
    union
    select 'sundry_account' as namespace, account_no as reference from {{ ref('stg_corporate__sundry_debts') }}
    union
    select 'vulnerability_entry' as namespace, reg_id as reference from {{ ref('stg_corporate__vulnerability_register') }}
    union
    select 'tenancy' as namespace, tag_ref as reference from {{ ref('stg_housing__arrears_actions') }}
    union
    select 'homelessness_case' as namespace, case_ref as reference from {{ ref('stg_housing__homelessness_cases') }}
    union
    select 'tenancy' as namespace, tag_ref as reference from {{ ref('stg_housing__rent_transactions') }}
    union
    select 'tenancy' as namespace, tag_ref as reference from {{ ref('stg_housing__tenancies') }}
    union
    select 'council_household' as namespace, house_ref as reference from {{ ref('stg_housing__tenancies') }}
    union
    select 'rent_payment' as namespace, payref as reference from {{ ref('stg_housing__tenancies') }}
    union
    select 'council_household' as namespace, house_ref as reference from {{ ref('stg_housing__tenancy_people') }}
    union
    select 'council_tax_account' as namespace, account_ref as reference from {{ ref('stg_revenues__council_tax_accounts') }}
    union
    select 'billing_property' as namespace, property_ref as reference from {{ ref('stg_revenues__council_tax_accounts') }}
    union
    select 'council_tax_account' as namespace, account_ref as reference from {{ ref('stg_revenues__council_tax_balances') }}
    union
    select 'council_tax_account' as namespace, account_ref as reference from {{ ref('stg_revenues__council_tax_discounts') }}
    union
    select 'council_tax_account' as namespace, account_ref as reference from {{ ref('stg_revenues__council_tax_occupations') }}
    union
    select 'billing_property' as namespace, property_ref as reference from {{ ref('stg_revenues__council_tax_occupations') }}
    union
    select 'council_tax_account' as namespace, account_ref as reference from {{ ref('stg_revenues__council_tax_parties') }}
    union
    select 'billing_property' as namespace, property_ref as reference from {{ ref('stg_revenues__council_tax_properties') }}
    union
    select 'council_tax_account' as namespace, account_ref as reference from {{ ref('stg_revenues__council_tax_recovery') }}
    union
    select 'council_tax_account' as namespace, account_ref as reference from {{ ref('stg_revenues__council_tax_transactions') }}
)

select
    namespace,
    reference,
    {{ reference_key('namespace', 'reference') }} as reference_key
from numbers
where reference is not null
