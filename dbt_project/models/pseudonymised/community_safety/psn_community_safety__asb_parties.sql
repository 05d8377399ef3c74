-- Written by `fairview generate` from dags/feeds/community_safety/asb_parties.odcs.yaml; change the contract, not this file.
-- Grain: one row per incident_ref, party_seq.
select
    links.person_key,
    keys_1.reference_key as asb_incident_key,
    feed.party_role,
    feed.anonymous_ind,
    feed.extract_date
from {{ ref('stg_community_safety__asb_parties') }} as feed
left join {{ source('identity', 'record_person') }} as links
    on links.feed = 'asb_parties' and links.record_key = feed.record_key
left join {{ ref('stg_spine__asb_incident_keys') }} as keys_1
    on keys_1.reference = feed.incident_ref
