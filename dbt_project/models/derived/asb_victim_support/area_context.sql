-- Grain: one row per area and month of the police's published file, the council's areas only.
-- Identical rows are separate incidents snapped to one point and all count. An area value is never a personal indicator:
-- no other table of this service reads this one.
with homes as (
    select
        lsoa21,
        ward_code,
        count(*) as home_count
    from {{ ref('psn_gazetteer__properties') }}
    where lsoa21 is not null
    group by lsoa21, ward_code
),

areas as (
    select
        lsoa21,
        ward_code
    from (
        select
            lsoa21,
            ward_code,
            row_number() over (partition by lsoa21 order by home_count desc, ward_code) as place
        from homes
    ) as wards
    where place = 1
),

months as (
    select distinct month
    from {{ ref('psn_open_data__street_crime') }}
    where month <= left(cast({{ as_at() }} as varchar), 7)
),

incidents as (
    select
        lsoa_code,
        month,
        count(*) as asb_incident_count
    from {{ ref('psn_open_data__street_crime') }}
    where crime_type = 'Anti-social behaviour' and lsoa_code is not null
    group by lsoa_code, month
),

counted as (
    select
        areas.lsoa21,
        areas.ward_code,
        months.month,
        coalesce(incidents.asb_incident_count, 0) as asb_incident_count
    from areas
    cross join months
    left join incidents on incidents.lsoa_code = areas.lsoa21 and incidents.month = months.month
)

select
    lsoa21 as lsoa_code,
    ward_code,
    month as month_code,
    cast(asb_incident_count as bigint) as asb_incident_count,
    cast(
        lag(asb_incident_count) over (partition by lsoa21 order by month) as bigint
    ) as previous_month_incident_count,
    cast(sum(asb_incident_count) over (partition by month) as bigint) as council_incident_count,
    {{ as_at() }} as as_at_on
from counted
order by lsoa21, month
