{{ config(group='informed_debt') }}
-- R6: an objection or restriction in force for this service, or for all, keeps the person out of every table.
with objectors as (
    select {{ person_id('person_key') }} as person_id
    from {{ ref('int_informed_debt__objections_honoured') }}
)

select person_id from {{ ref('debt_list') }} where person_id in (select person_id from objectors)
union all
select person_id from {{ ref('debts') }} where person_id in (select person_id from objectors)
union all
select person_id from {{ ref('debts_by_type') }} where person_id in (select person_id from objectors)
union all
select person_id from {{ ref('debt_reasons') }} where person_id in (select person_id from objectors)
union all
select person_id from {{ ref('debt_chronology') }} where person_id in (select person_id from objectors)
