-- Grain: one row per council tenancy and tenant (marked responsible) who lived there while it lasted.
-- A household may have held one tenancy after another: somebody who came after a tenancy had ended owes nothing of it.
-- The days themselves serve homelessness alone (SPEC tenancy_people); whose tenancy it was is what `responsible` means.
select
    tenancies.tenancy_key,
    people.person_key,
    -- A day of arrival that is not recorded cannot show that somebody was there from the start.
    coalesce(people.from_date <= tenancies.cot, false)
    and (people.to_date is null or people.to_date >= coalesce(tenancies.eot, {{ as_at() }})) as is_throughout
from {{ ref('psn_housing__tenancies') }} as tenancies
inner join {{ ref('psn_housing__tenancy_people') }} as people
    on people.council_household_key = tenancies.council_household_key
    and people.responsible
-- Somebody recorded from its very last day on may be its tenant or the next: in part, so that an officer looks.
where (people.from_date is null or people.from_date <= greatest(tenancies.cot, coalesce(tenancies.eot, {{ as_at() }})))
    and (people.to_date is null or people.to_date > tenancies.cot)
