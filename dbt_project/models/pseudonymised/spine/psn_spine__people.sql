-- Grain: one row per person of the spine.
-- Only what address and age linking may give away: band, area, whether the address is sensitive.
-- Anything a department knows of the person stays in that department's own table, so that purposes can be told apart.
select
    people.person_key,
    people.household_key,
    case
        when people.birth_date is null then 'unknown'
        when {{ age_on('people.birth_date', as_at()) }} < 18 then '0-17'
        when {{ age_on('people.birth_date', as_at()) }} < 25 then '18-24'
        when {{ age_on('people.birth_date', as_at()) }} < 35 then '25-34'
        when {{ age_on('people.birth_date', as_at()) }} < 50 then '35-49'
        when {{ age_on('people.birth_date', as_at()) }} < 65 then '50-64'
        else '65+'
    end as age_band,
    properties.ward_code,
    properties.lsoa21,
    coalesce(properties.sensitive_ind, false) as is_address_sensitive
from {{ source('identity', 'people') }} as people
left join {{ ref('stg_gazetteer__properties') }} as properties
    on properties.uprn = people.uprn
