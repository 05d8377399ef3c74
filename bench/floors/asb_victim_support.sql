-- Plain floor of asb_victim_support: each victim's reports, what counts for a review, repeats, silence; the police file by area.
CREATE TABLE reports AS
SELECT p.person_key, i.*, i.reported_at::DATE AS reported_on, coalesce(i.occurred_to, i.occurred_from, i.reported_at)::DATE AS occurred_on,
    coalesce(i.linked_asb_incident_key, i.asb_incident_key) AS event_key, p.anonymous_ind OR i.source = 'ANON' AS is_anonymous
FROM w.psn_community_safety__asb_parties p JOIN w.psn_community_safety__asb_incidents i USING (asb_incident_key)
WHERE p.party_role = 'VICTIM' AND p.person_key IS NOT NULL AND NOT i.withdrawn_ind AND i.reported_at::DATE <= $as_at
    AND p.person_key NOT IN (SELECT person_key FROM w.psn_corporate__data_objections WHERE service_scope IN ('CSF', 'ALL') AND decision <> 'REFUSED' AND person_key IS NOT NULL);
CREATE TABLE victim_reports AS
SELECT lent_floor(person_key::VARCHAR)::UUID AS person_id, *, reported_on > $as_at - INTERVAL 6 MONTH AS is_within,
    NOT is_anonymous AND reported_on <= occurred_on + INTERVAL 1 MONTH AS is_in_time FROM reports;
CREATE TABLE case_review AS
SELECT person_key, count(DISTINCT event_key) FILTER (WHERE is_within) AS events, count(DISTINCT event_key) FILTER (WHERE is_within AND is_in_time) AS qualifying,
    count(DISTINCT event_key) FILTER (WHERE is_within AND is_in_time AND hate_ind) AS hate FROM victim_reports GROUP BY ALL HAVING events > 0;
CREATE TABLE victim_list AS
WITH places AS (
    SELECT incident_place_key, count(*) AS events FROM reports WHERE incident_place_key IS NOT NULL AND reported_on > $as_at - 180
    GROUP BY ALL HAVING count(DISTINCT person_key) >= 2
), measured AS (
    SELECT person_key, count(DISTINCT event_key) FILTER (WHERE reported_on > $as_at - 90) AS repeats, max(ram_score) AS risk, max(last_victim_update) AS updated_on,
        count(*) FILTER (WHERE closed_at IS NULL) AS open_reports, count(*) FILTER (WHERE asb_group = 'PER' AND ram_score IS NULL) AS not_assessed,
        max(reported_on) AS last_on, max(p.events) AS at_place FROM reports LEFT JOIN places p USING (incident_place_key) GROUP BY ALL
)
SELECT m.*, s.age_band, s.ward_code, v.person_key IS NOT NULL AS has_flag, row_number() OVER (ORDER BY c.qualifying DESC NULLS LAST, repeats DESC, last_on DESC) AS list_rank
FROM measured m LEFT JOIN case_review c USING (person_key) LEFT JOIN w.psn_spine__people s USING (person_key)
LEFT JOIN (SELECT DISTINCT person_key FROM w.psn_corporate__vulnerability_register WHERE needs_care) v USING (person_key)
WHERE c.qualifying >= 3 OR c.hate > 0 OR repeats >= 3 OR risk >= 22 OR (open_reports > 0 AND (not_assessed > 0 OR updated_on < $as_at - 14)) OR at_place >= 3;
CREATE TABLE chronology AS
SELECT person_key, reported_on AS event_on, 'REPORTED' AS event FROM reports JOIN victim_list USING (person_key)
UNION ALL SELECT person_key, closed_at::DATE, 'CLOSED' FROM reports JOIN victim_list USING (person_key) WHERE closed_at IS NOT NULL
UNION ALL SELECT person_key, ram_date, 'ASSESSED' FROM reports JOIN victim_list USING (person_key) WHERE ram_date IS NOT NULL;
CREATE TABLE area_context AS SELECT lsoa_code, month, crime_type, count(*) AS incidents FROM w.psn_open_data__street_crime GROUP BY ALL;
CREATE TABLE totals AS SELECT ward_code, count(*) AS people FROM victim_list GROUP BY ALL;
