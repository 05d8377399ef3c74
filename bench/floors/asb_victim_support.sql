-- Plain floor of asb_victim_support: the values of every published table, under pseudonyms, with codes for words. Each victim's reports,
-- what counts for a review, the rules that hold and what they rest on, repeats, silence; the police file by area.
CREATE TEMP TABLE reports AS
SELECT p.person_key, i.*, i.reported_at::DATE AS reported_on, coalesce(i.occurred_to, i.occurred_from, i.reported_at)::DATE AS occurred_on,
    coalesce(i.linked_asb_incident_key, i.asb_incident_key) AS event_key, p.anonymous_ind OR i.source = 'ANON' AS is_anonymous
FROM w.psn_community_safety__asb_parties p JOIN w.psn_community_safety__asb_incidents i USING (asb_incident_key)
WHERE p.party_role = 'VICTIM' AND p.person_key IS NOT NULL AND NOT i.withdrawn_ind AND i.reported_at::DATE <= $as_at
    AND p.person_key NOT IN (SELECT person_key FROM w.psn_corporate__data_objections WHERE service_scope IN ('CSF', 'ALL') AND decision <> 'REFUSED' AND person_key IS NOT NULL);
CREATE TEMP TABLE people AS SELECT person_key, lent_floor(person_key::VARCHAR)::UUID AS person_id FROM (SELECT DISTINCT person_key FROM reports);
CREATE TABLE victim_reports AS
SELECT p.person_id, reports.*, lent_floor(asb_incident_key::VARCHAR)::UUID AS incident_id, lent_floor(event_key::VARCHAR)::UUID AS event_id, reported_on > $as_at - INTERVAL 6 MONTH AS is_within,
    NOT is_anonymous AND reported_on <= occurred_on + INTERVAL 1 MONTH AS is_in_time FROM reports JOIN people p USING (person_key);
CREATE TABLE case_review AS
SELECT person_key, count(DISTINCT event_key) FILTER (WHERE is_within) AS events, count(DISTINCT event_key) FILTER (WHERE is_within AND is_in_time) AS qualifying,
    count(DISTINCT event_key) FILTER (WHERE is_within AND is_in_time AND hate_ind) AS hate FROM victim_reports GROUP BY ALL HAVING events > 0;
CREATE TEMP TABLE listed AS
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
WHERE c.qualifying >= 3 OR c.hate > 0 OR repeats >= 3 OR risk >= 22 OR (open_reports > 0 AND (not_assessed > 0 OR updated_on < $as_at - 14)) OR at_place >= 3
ORDER BY list_rank LIMIT 40;
CREATE TABLE victim_reasons AS
SELECT person_id, rule, value, row_number() OVER (PARTITION BY person_id ORDER BY rule) AS reason_rank FROM (
    SELECT person_key, unnest(['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A9']) AS rule, unnest([qualifying, hate, repeats, at_place, risk, not_assessed, open_reports]) AS value,
        unnest([qualifying >= 3, hate > 0, repeats >= 3, at_place >= 3, risk >= 22, open_reports > 0 AND not_assessed > 0, open_reports > 0 AND updated_on < $as_at - 14]) AS holds
    FROM listed LEFT JOIN case_review USING (person_key)
) JOIN people USING (person_key) WHERE holds;
CREATE TABLE victim_workings AS
SELECT *, row_number() OVER (PARTITION BY person_id, rule ORDER BY reported_on) AS figure_number FROM (
    SELECT person_id, w.rule, v.event_id, min(v.reported_on) AS reported_on FROM victim_reasons w JOIN victim_reports v USING (person_id)
    WHERE rule IN ('A3', 'A4') AND v.reported_on > $as_at - 180 GROUP BY ALL);
CREATE TABLE victim_list AS SELECT person_id, listed.* FROM listed JOIN people USING (person_key);
CREATE TABLE victim_chronology AS
SELECT person_key, reported_on AS event_on, 'REPORTED' AS event FROM reports JOIN victim_list USING (person_key)
UNION ALL SELECT person_key, closed_at::DATE, 'CLOSED' FROM reports JOIN victim_list USING (person_key) WHERE closed_at IS NOT NULL
UNION ALL SELECT person_key, ram_date, 'ASSESSED' FROM reports JOIN victim_list USING (person_key) WHERE ram_date IS NOT NULL;
CREATE TABLE area_context AS SELECT lsoa_code, month, crime_type, count(*) AS incidents FROM w.psn_open_data__street_crime GROUP BY ALL;
CREATE TABLE support_totals AS SELECT ward_code, count(*) AS people FROM victim_list GROUP BY ALL;
