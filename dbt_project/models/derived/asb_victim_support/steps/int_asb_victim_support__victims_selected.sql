-- Grain: one row per victim and report. Victims only, by construction: no other role is read here or after.
-- Whoever objects to this service, or restricts it, is in no table of it (row rule R6).
select
    parties.person_key,
    parties.asb_incident_key,
    restricted.is_deceased,
    restricted.is_address_withheld,
    bool_or(parties.anonymous_ind) as is_unnamed_by_wish
from {{ ref('psn_community_safety__asb_parties') }} as parties
inner join {{ ref('int_asb_victim_support__people_restricted') }} as restricted
    on restricted.person_key = parties.person_key
where parties.party_role = 'VICTIM' and not restricted.is_objecting
group by parties.person_key, parties.asb_incident_key, restricted.is_deceased, restricted.is_address_withheld
