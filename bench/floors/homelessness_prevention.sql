-- Plain floor of homelessness_prevention: the values of every published table, under pseudonyms, with codes and amounts for words.
-- The thirteen measures of each household at the as-at date and at the month end before (who stepped down), what each rests on,
-- the list with contact, care and offer, entitlement gaps, events, totals.
CREATE TEMP TABLE days AS SELECT $as_at AS day UNION ALL SELECT (date_trunc('month', $as_at) - INTERVAL 1 DAY)::DATE;
CREATE TEMP TABLE gone AS
SELECT person_key FROM w.psn_corporate__data_objections WHERE service_scope IN ('HSG', 'ALL') AND decision <> 'REFUSED' AND person_key IS NOT NULL
UNION SELECT person_key FROM w.psn_corporate__deaths WHERE NOT withdrawn_ind AND person_key IS NOT NULL;
CREATE TEMP TABLE members AS
SELECT day, p.person_key, p.age_band = '0-17' AS is_child,
    CASE WHEN h.household_key IS NULL OR h.is_shared OR h.is_institution THEN p.person_key ELSE h.household_key END AS subject
FROM w.psn_spine__people p CROSS JOIN days
LEFT JOIN (SELECT day, person_key, household_key FROM w.psn_spine__household_members JOIN days ON from_on <= day AND (to_on IS NULL OR to_on >= day)) m USING (day, person_key)
LEFT JOIN w.psn_spine__households h ON h.household_key = m.household_key WHERE p.person_key NOT IN (FROM gone);
CREATE TEMP TABLE tenancies AS
SELECT DISTINCT ON (day, t.tenancy_key) t.*, m.day, m.subject, m.person_key, rent_pence + service_pence + other_charge_pence AS gross
FROM w.psn_housing__tenancies t JOIN w.psn_housing__tenancy_people p USING (council_household_key) JOIN members m USING (person_key)
WHERE p.responsible AND t.cot <= day AND (t.eot IS NULL OR t.eot > day);
CREATE TEMP TABLE accounts AS
SELECT a.council_tax_account_key, a.person_key, a.liability_end IS NULL OR a.liability_end > day AS is_live, m.day, m.subject
FROM w.psn_revenues__council_tax_accounts a JOIN members m USING (person_key) WHERE NOT is_estate AND liability_start <= day;
CREATE TEMP TABLE awards AS
SELECT a.*, c.status, c.susp_date, c.cancel_date, m.day, m.subject, m.person_key, coalesce(a.decision, '') <> 'REF'
    AND (a.to_date IS NULL OR a.to_date >= day) AND (c.cancel_date IS NULL OR c.cancel_date >= day) AS is_in_force
FROM w.psn_benefits__benefit_awards a
JOIN w.psn_benefits__benefit_claims c USING (benefit_claim_key) JOIN members m USING (person_key) WHERE a.from_date <= day;
CREATE TEMP TABLE cases AS
SELECT c.*, m.day, m.subject FROM w.psn_housing__homelessness_cases c JOIN members m USING (person_key) WHERE application_date <= day;
CREATE TEMP TABLE balances AS
SELECT t.day, t.subject, t.person_key, t.tenancy_key, t.gross, t.uc_flag,
    t.cur_bal_pence - coalesce(sum(x.real_value_pence) FILTER (WHERE post_date::DATE > t.day), 0) AS now,
    t.cur_bal_pence - coalesce(sum(x.real_value_pence) FILTER (WHERE post_date::DATE > t.day - 31), 0) AS one,
    t.cur_bal_pence - coalesce(sum(x.real_value_pence) FILTER (WHERE post_date::DATE > t.day - 61), 0) AS two,
    t.cur_bal_pence - coalesce(sum(x.real_value_pence) FILTER (WHERE post_date::DATE > t.day - 92), 0) AS three
FROM tenancies t LEFT JOIN w.psn_housing__rent_transactions x ON x.tenancy_key = t.tenancy_key AND post_date::DATE > $as_at - 123
GROUP BY t.day, t.subject, t.person_key, t.tenancy_key, t.gross, t.uc_flag, t.cur_bal_pence;
CREATE TEMP TABLE tax AS
WITH since AS (
    SELECT council_tax_account_key, fy, sum(amount_pence) AS pence FROM w.psn_revenues__council_tax_transactions
    WHERE txn_date > (SELECT min(day) FROM days) GROUP BY ALL
), owing AS (
    SELECT a.day, a.subject, a.person_key, a.is_live, b.council_tax_account_key, b.fy,
        CASE a.day WHEN $as_at THEN b.balance_pence ELSE b.balance_pence - coalesce(s.pence, 0) END AS balance_pence,
        CASE a.day WHEN $as_at THEN b.overdue_pence ELSE least(b.overdue_pence, b.balance_pence - coalesce(s.pence, 0)) END AS overdue_pence
    FROM w.psn_revenues__council_tax_balances b JOIN accounts a USING (council_tax_account_key) LEFT JOIN since s USING (council_tax_account_key, fy)
    WHERE b.balance_pence > 0 OR b.overdue_pence > 0 OR b.balance_pence > coalesce(s.pence, 0)
), stages AS (
    SELECT day, council_tax_account_key, fy, arg_max(stage, stage_date) AS stage, max(stage_date) AS stage_on
    FROM owing JOIN w.psn_revenues__council_tax_recovery r USING (council_tax_account_key, fy) WHERE NOT reversed_ind AND stage_date <= day GROUP BY ALL
)
SELECT o.*, s.stage, s.stage_on, CASE WHEN stage IN ('EA1', 'EA2', 'EARTN', 'CHGO') THEN 3 WHEN stage IN ('FINAL', 'SUMM') THEN 1 WHEN stage IN ('REM1', 'REM2') THEN 0
    WHEN stage IS NOT NULL THEN 2 ELSE 0 END AS step FROM owing o LEFT JOIN stages s USING (day, council_tax_account_key, fy);
CREATE TEMP TABLE kinds AS
SELECT day, subject, min(person_key) AS person_key, kind, sum(pence) AS pence FROM (
    SELECT day, subject, person_key, 'CT' AS kind, overdue_pence AS pence FROM tax WHERE overdue_pence > 0
    UNION ALL SELECT day, subject, person_key, 'RENT', now FROM balances WHERE now > 0
    UNION ALL SELECT day, subject, person_key, 'HBOP', balance_pence FROM w.psn_benefits__benefit_overpayments JOIN members USING (person_key) WHERE balance_pence > 0 AND created <= day
    UNION ALL SELECT day, subject, person_key, 'SUN', balance_pence FROM w.psn_corporate__sundry_debts JOIN members USING (person_key) WHERE balance_pence > 0 AND raised <= day
) GROUP BY ALL;
CREATE TEMP TABLE facts AS
SELECT day, subject, rule, arg_max(person_key, value) AS person_key, max(value) AS value, max(pence) AS pence, max(fact_on) AS fact_on FROM (
    SELECT day, subject, person_key, 'H1' AS rule, notice_expiry - day AS value, NULL::BIGINT AS pence, notice_date AS fact_on FROM cases
        WHERE notice_expiry BETWEEN day AND day + 56 AND notice_date <= day AND coalesce(prevention_outcome, '') NOT IN ('SEC_EXIST', 'SEC_ALT')
            AND NOT (notice_type = 'S21' AND notice_date >= DATE '2026-05-01')
    UNION ALL SELECT day, subject, person_key, 'H1', day - application_date, NULL, application_date FROM cases
        WHERE referral_source IN ('PROB', 'HOSP', 'JCP', 'CHS', 'POL') AND case_status = 'OPEN' AND application_date >= day - 56
    UNION ALL SELECT day, subject, person_key, 'H2', CASE WHEN evictdate IS NOT NULL THEN 3 WHEN possorder <= day OR courtdate IS NOT NULL THEN 2 ELSE 1 END, NULL, nosp_date
        FROM tenancies WHERE (nosp AND nosp_date <= day AND coalesce(nosp_expire, nosp_date) + 364 >= day) OR possorder <= day OR evictdate IS NOT NULL
    UNION ALL SELECT day, subject, person_key, 'H3', now / nullif(gross, 0), now, day FROM balances WHERE now >= 2 * gross
    UNION ALL SELECT day, subject, person_key, 'H4', 3, now, day FROM balances WHERE now > one AND one > two AND two > three AND now >= gross
    UNION ALL SELECT day, subject, person_key, 'H5', step, overdue_pence, stage_on FROM tax WHERE step > 0 AND overdue_pence > 0
    UNION ALL SELECT day, subject, min(person_key), 'H6', count(*), sum(pence), day FROM kinds GROUP BY day, subject HAVING count(*) >= 2
    UNION ALL SELECT day, subject, person_key, 'H7', weekly_amount_pence, weekly_amount_pence, from_date FROM awards
        WHERE award_type IN ('CAP', 'UOC', 'SHF') AND is_in_force AND weekly_amount_pence > 1000
    UNION ALL SELECT a.day, a.subject, a.person_key, 'H8', a.day - a.to_date, a.weekly_amount_pence, a.to_date FROM awards a
        WHERE award_type IN ('HB', 'CTR') AND to_date < day AND to_date >= day - 60
            AND NOT EXISTS (SELECT 1 FROM awards b WHERE b.day = a.day AND b.subject = a.subject AND b.award_type = a.award_type AND b.is_in_force)
    UNION ALL SELECT day, subject, person_key, 'H9', to_date - day, weekly_amount_pence, from_date FROM awards
        WHERE award_type = 'DHP' AND is_in_force AND to_date <= day + 60
    UNION ALL SELECT day, subject, person_key, 'H9', day - from_date, NULL, from_date FROM awards WHERE award_type = 'DHP' AND decision = 'REF' AND from_date >= day - 183
    UNION ALL SELECT day, subject, person_key, 'H10', day - coalesce(relief_start, prevention_start), NULL, coalesce(relief_start, prevention_start)
        FROM cases WHERE coalesce(relief_start, prevention_start) <= day
    UNION ALL SELECT * FROM (
        SELECT day, subject, min(person_key), 'H11', day - min(moved_on) AS value, NULL, min(moved_on) FROM (
            SELECT day, subject, person_key, cot AS moved_on FROM tenancies UNION ALL
            SELECT day, subject, person_key, occupation_date FROM accounts JOIN w.psn_revenues__council_tax_occupations USING (council_tax_account_key)
                WHERE is_live AND occupation_date <= day AND (vacation_date IS NULL OR vacation_date > day)
        ) GROUP BY day, subject) WHERE value < 365
    UNION ALL SELECT day, subject, person_key, 'H12', now / nullif(gross, 0), now, day FROM balances WHERE uc_flag AND now > 0 AND three <= 0
    UNION ALL SELECT t.day, t.subject, t.person_key, 'H13', 1, NULL, coalesce(p.to_date, p.from_date) FROM w.psn_housing__tenancy_people p JOIN tenancies t USING (council_household_key)
        WHERE p.to_date BETWEEN t.day - 183 AND t.day OR (p.from_date BETWEEN t.day - 183 AND t.day AND p.from_date > t.cot)
    UNION ALL SELECT a.day, a.subject, a.person_key, 'H13', 1, NULL, coalesce(p.to_date, p.from_date) FROM w.psn_benefits__benefit_members p
        JOIN (SELECT DISTINCT day, subject, person_key, benefit_claim_key, cancel_date FROM awards) a USING (benefit_claim_key)
        WHERE p.relation <> 'C' AND p.to_date BETWEEN a.day - 183 AND a.day AND (a.cancel_date IS NULL OR a.cancel_date > p.to_date)
) GROUP BY ALL;
CREATE TEMP TABLE points AS SELECT *, CASE rule WHEN 'H1' THEN 100 WHEN 'H2' THEN 25 + 15 * value
    WHEN 'H3' THEN CASE WHEN value >= 8 THEN 30 WHEN value >= 4 THEN 20 ELSE 10 END WHEN 'H10' THEN 15
    WHEN 'H5' THEN 5 * value WHEN 'H11' THEN 5 WHEN 'H13' THEN 5 ELSE 10 END AS points FROM facts;
CREATE TEMP TABLE scored AS
SELECT day, subject, sum(points) AS points, count(*) AS rules, bool_or(rule = 'H1' OR (rule = 'H2' AND value = 3)) AS is_direct, bool_or(o.subject IS NOT NULL) AS is_open
FROM points LEFT JOIN (SELECT DISTINCT day, subject FROM cases WHERE case_status = 'OPEN') o USING (day, subject) GROUP BY ALL;
CREATE TEMP TABLE gaps AS
SELECT a.subject, min(a.person_key) AS person_key, 'REDUCTION' AS gap, min(from_date) AS fact_on, sum(DISTINCT t.balance_pence) AS pence FROM awards a
JOIN tax t ON t.subject = a.subject AND t.day = a.day AND t.is_live AND t.balance_pence > 0 AND t.fy = year($as_at - INTERVAL 3 MONTH)
WHERE a.day = $as_at AND a.is_in_force AND award_type IN ('HB', 'UCM') AND a.subject NOT IN (SELECT subject FROM awards WHERE day = $as_at AND award_type = 'CTR' AND is_in_force)
GROUP BY ALL
UNION ALL SELECT subject, person_key, 'HARDSHIP', fact_on, pence FROM facts WHERE day = $as_at AND rule = 'H7' AND subject NOT IN (
    SELECT subject FROM awards WHERE day = $as_at AND award_type = 'DHP' AND (is_in_force OR (decision = 'REF' AND from_date >= $as_at - 183)));
CREATE TEMP TABLE contacts AS
WITH known AS (SELECT day, subject FROM scored UNION SELECT $as_at, subject FROM gaps), roles AS (
    SELECT day, subject, person_key, 1 AS role FROM facts WHERE rule = 'H1' UNION ALL SELECT day, subject, person_key, 2 FROM tenancies
    UNION ALL SELECT day, subject, person_key, 3 FROM awards WHERE status <> 'C' UNION ALL SELECT day, subject, person_key, 4 FROM accounts WHERE is_live
), best AS (SELECT day, subject, person_key, min(role) AS role FROM roles JOIN known USING (day, subject) GROUP BY ALL)
SELECT DISTINCT ON (subject) subject, person_key FROM members m JOIN known USING (day, subject) LEFT JOIN best USING (day, subject, person_key)
ORDER BY subject, day DESC, is_child, coalesce(role, 5);
CREATE TEMP TABLE ids AS SELECT subject, person_key, lent_floor(subject::VARCHAR)::UUID AS household_id, lent_floor(person_key::VARCHAR)::UUID AS person_id FROM contacts;
CREATE TEMP TABLE people AS SELECT person_key, lent_floor(person_key::VARCHAR)::UUID AS person_id FROM
    (SELECT person_key FROM facts UNION SELECT person_key FROM gaps);
CREATE TABLE household_indicators AS
SELECT household_id, p.person_id, rule, value, pence, f.points, fact_on, is_open FROM points f JOIN ids USING (subject) JOIN people p ON p.person_key = f.person_key
JOIN scored USING (day, subject) WHERE day = $as_at;
CREATE TABLE entitlement_gaps AS SELECT household_id, p.person_id, gap, fact_on, pence FROM gaps g JOIN ids USING (subject) JOIN people p ON p.person_key = g.person_key;
CREATE TEMP TABLE ranked AS
SELECT *, row_number() OVER (PARTITION BY is_direct ORDER BY points DESC, rules DESC) AS place FROM scored WHERE day = $as_at AND NOT is_open AND (points >= 40 OR is_direct);
CREATE TABLE prevention_reasons AS
SELECT household_id, person_id, rule, value, f.points, fact_on, r.is_direct, row_number() OVER (PARTITION BY f.subject ORDER BY f.points DESC, rule) AS reason_rank
FROM points f JOIN ranked r USING (day, subject) JOIN ids USING (subject);
CREATE TEMP TABLE care AS
SELECT subject, true AS has_flag FROM members m JOIN w.psn_corporate__vulnerability_register v USING (person_key) JOIN ids USING (subject)
    WHERE day = $as_at AND needs_care AND start_date <= $as_at AND (end_date IS NULL OR end_date >= $as_at)
UNION SELECT subject, true FROM members m JOIN w.psn_housing__tenancy_people v USING (person_key) JOIN ids USING (subject) WHERE day = $as_at AND has_support_flag AND to_date IS NULL
UNION SELECT subject, true FROM members m JOIN w.psn_benefits__benefit_members v USING (person_key) JOIN ids USING (subject) WHERE day = $as_at AND has_support_flag AND to_date IS NULL;
CREATE TEMP TABLE frozen AS
SELECT DISTINCT subject FROM members JOIN w.psn_corporate__debt_respite_notices USING (person_key)
WHERE day = $as_at AND status <> 'CANC' AND start_date <= $as_at AND (frozen_until IS NULL OR frozen_until >= $as_at);
CREATE TEMP TABLE withheld AS
SELECT subject FROM members JOIN w.psn_spine__people USING (person_key) WHERE is_address_sensitive
UNION SELECT subject FROM members JOIN w.psn_benefits__benefit_claims USING (person_key) WHERE unsafe_addr_ind
UNION SELECT subject FROM members JOIN w.psn_corporate__debt_respite_notices USING (person_key) WHERE address_withheld
UNION SELECT subject FROM members JOIN w.psn_revenues__council_tax_accounts USING (person_key) WHERE employee_ind;
CREATE TEMP TABLE agreed AS
SELECT DISTINCT t.subject FROM tenancies t JOIN w.psn_housing__arrears_actions a USING (tenancy_key) WHERE day = $as_at AND action_code = 'AGRL'
    AND action_date BETWEEN $as_at - 365 AND $as_at AND NOT EXISTS (SELECT 1 FROM w.psn_housing__arrears_actions l WHERE l.tenancy_key = a.tenancy_key
        AND l.action_code IN ('TRA1', 'NOSP', 'CDAT', 'EVIC') AND l.action_date > a.action_date);
CREATE TEMP TABLE offers AS
SELECT subject, offer, min(place) AS place FROM (
    SELECT subject, CASE rule WHEN 'H1' THEN 'APPLICATION' WHEN 'H7' THEN 'HARDSHIP' WHEN 'H9' THEN 'HARDSHIP' WHEN 'H8' THEN 'BENEFIT_CHECK' WHEN 'H13' THEN 'MEDIATION'
        WHEN 'H6' THEN 'DEBT_ADVICE' WHEN 'H3' THEN 'ARRANGEMENT' WHEN 'H4' THEN 'ARRANGEMENT' WHEN 'H12' THEN 'ARRANGEMENT' ELSE 'BENEFIT_CHECK' END AS offer,
        substr(rule, 2)::INT AS place FROM facts JOIN ranked USING (day, subject)
    UNION ALL SELECT subject, gap, 15 FROM gaps JOIN ranked USING (subject) UNION ALL SELECT subject, 'BENEFIT_CHECK', 99 FROM ranked
) WHERE offer <> 'ARRANGEMENT' OR subject NOT IN (FROM agreed UNION FROM frozen) GROUP BY ALL;
CREATE TABLE prevention_list AS
SELECT household_id, person_id, row_number() OVER (ORDER BY is_direct DESC, points DESC) AS list_rank, (place - 1) // 20 + 1 AS week, points, rules, is_direct,
    o.first_offer, o.others, c.has_flag, f.subject IS NOT NULL AS has_freeze, CASE WHEN h.subject IS NULL THEN p.ward_code END AS ward_code
FROM ranked r JOIN ids i USING (subject) JOIN (SELECT subject, arg_min(offer, place) AS first_offer, list(offer ORDER BY place) AS others FROM offers GROUP BY ALL) o USING (subject)
LEFT JOIN care c USING (subject) LEFT JOIN frozen f USING (subject) LEFT JOIN withheld h USING (subject) LEFT JOIN w.psn_spine__people p ON p.person_key = i.person_key
WHERE is_direct OR place <= 80;
CREATE TABLE step_down AS
SELECT household_id, person_id, b.points AS points_before, n.points, CASE WHEN m.subject IS NULL THEN 'LEFT' WHEN n.is_open THEN 'CASE' ELSE 'ENDED' END AS why, e.ended
FROM scored b JOIN ids USING (subject) LEFT JOIN scored n ON n.subject = b.subject AND n.day = $as_at
LEFT JOIN (SELECT DISTINCT subject FROM members WHERE day = $as_at) m ON m.subject = b.subject
LEFT JOIN (SELECT e.subject, list(e.rule) AS ended FROM points e LEFT JOIN points l ON l.day = $as_at AND l.subject = e.subject AND l.rule = e.rule
    WHERE e.day <> $as_at AND coalesce(l.points, 0) < e.points GROUP BY ALL) e ON e.subject = b.subject
WHERE b.day <> $as_at AND NOT b.is_open AND (b.points >= 40 OR b.is_direct) AND (n.subject IS NULL OR n.is_open OR NOT (n.points >= 40 OR n.is_direct));
CREATE TABLE prevention_workings AS
WITH met AS (SELECT subject, rule, pence, fact_on FROM facts WHERE day = $as_at), figures AS (
    SELECT subject, rule, 'FACT' AS figure, NULL::HUGEINT AS pence, fact_on AS figure_on FROM met WHERE rule IN ('H1', 'H8', 'H9', 'H10', 'H11', 'H13')
    UNION ALL SELECT subject, 'H1', 'NOTICE_ENDS', NULL, notice_expiry FROM cases JOIN met USING (subject) WHERE day = $as_at AND rule = 'H1' AND notice_expiry IS NOT NULL
    UNION ALL SELECT subject, rule, unnest(['NOTICE', 'COURT', 'ORDER', 'EVICTION']), NULL, unnest([nosp_date, courtdate, possorder, evictdate]) FROM met JOIN tenancies USING (subject) WHERE rule = 'H2' AND day = $as_at
    UNION ALL SELECT subject, rule, unnest(['OWED', 'GROSS']), unnest([now, gross]), day FROM met JOIN balances USING (subject) WHERE day = $as_at AND rule IN ('H3', 'H4', 'H12')
    UNION ALL SELECT subject, rule, unnest(['ONE', 'TWO', 'THREE']), unnest([one, two, three]), day FROM met JOIN balances USING (subject) WHERE day = $as_at AND rule = 'H4'
    UNION ALL SELECT subject, rule, stage, overdue_pence, stage_on FROM met JOIN tax USING (subject) WHERE day = $as_at AND rule = 'H5' AND step > 0 AND overdue_pence > 0
    UNION ALL SELECT subject, rule, kind, kinds.pence, day FROM met JOIN kinds USING (subject) WHERE day = $as_at AND rule = 'H6'
    UNION ALL SELECT subject, rule, award_type, weekly_amount_pence, from_date FROM met JOIN awards USING (subject) WHERE day = $as_at AND rule = 'H7' AND is_in_force AND award_type IN ('CAP', 'UOC', 'SHF')
    UNION ALL SELECT subject, 'OFFER', 'FREEZE', NULL, NULL FROM frozen JOIN ranked USING (subject)
    UNION ALL SELECT subject, 'OFFER', 'NO_ARRANGEMENT', NULL, NULL FROM agreed JOIN ranked USING (subject)
    UNION ALL SELECT subject, 'OFFER', 'HARDSHIP_IN_FORCE', weekly_amount_pence, to_date FROM awards JOIN ranked USING (day, subject) WHERE award_type = 'DHP' AND is_in_force
    UNION ALL SELECT subject, 'OFFER', 'FAMILY', NULL, application_date FROM cases JOIN ranked USING (day, subject) WHERE reason_loss IN ('FAM', 'FRI', 'REL')
)
SELECT household_id, figures.* EXCLUDE (subject), row_number() OVER (PARTITION BY subject, rule ORDER BY figure, figure_on) AS figure_number
FROM (SELECT DISTINCT * FROM figures WHERE figure_on IS NOT NULL OR rule = 'OFFER') figures JOIN ids USING (subject);
CREATE TABLE prevention_chronology AS
WITH listed AS (SELECT subject, household_id, person_id FROM ids JOIN prevention_list USING (household_id, person_id)), events AS (
    SELECT subject, unnest(['NOTICE', 'NOTICE_ENDS', 'APPLIED', 'PREVENTION', 'PREVENTION_ENDED', 'RELIEF', 'RELIEF_ENDED', 'MAIN_DUTY']) AS event, NULL::BIGINT AS pence,
        unnest([notice_date, notice_expiry, application_date, prevention_start, prevention_end, relief_start, relief_end, main_duty_date]) AS event_on FROM listed JOIN cases USING (subject) WHERE day = $as_at
    UNION ALL SELECT subject, unnest(['START', 'END', 'NOTICE', 'COURT', 'ORDER', 'EVICTION']), NULL, unnest([cot, eot, nosp_date, courtdate, possorder, evictdate]) FROM listed JOIN tenancies USING (subject) WHERE day = $as_at
    UNION ALL SELECT subject, unnest(['CLAIM', 'CLAIM_ENDED', 'SUSPENDED']), NULL, unnest([application_date, cancel_date, susp_date]) FROM listed JOIN members USING (subject)
        JOIN w.psn_benefits__benefit_claims USING (person_key) WHERE day = $as_at
    UNION ALL SELECT subject, action_code, balance_pence, action_date FROM listed JOIN tenancies USING (subject) JOIN w.psn_housing__arrears_actions USING (tenancy_key) WHERE day = $as_at
    UNION ALL SELECT subject, stage, amount_at_stage_pence, stage_date FROM listed JOIN accounts USING (subject) JOIN w.psn_revenues__council_tax_recovery USING (council_tax_account_key)
        WHERE day = $as_at AND NOT reversed_ind
    UNION ALL SELECT subject, unnest([award_type, award_type || '_ENDED']), weekly_amount_pence, unnest([from_date, to_date]) FROM listed JOIN awards USING (subject) WHERE day = $as_at
    UNION ALL SELECT subject, 'OVERPAYMENT', original_pence, created FROM listed JOIN members USING (subject) JOIN w.psn_benefits__benefit_overpayments USING (person_key) WHERE day = $as_at
    UNION ALL SELECT subject, 'MOVED_IN', NULL, occupation_date FROM listed JOIN accounts USING (subject) JOIN w.psn_revenues__council_tax_occupations USING (council_tax_account_key) WHERE day = $as_at
)
SELECT household_id, person_id, event_on, event, pence, row_number() OVER (PARTITION BY subject ORDER BY event_on, event) AS event_number
FROM (SELECT DISTINCT * FROM events WHERE event_on >= $as_at - INTERVAL 24 MONTH) JOIN listed USING (subject);
CREATE TABLE prevention_totals AS
SELECT 'INDICATOR' AS totals, rule AS category, count(*) AS households FROM household_indicators GROUP BY ALL
UNION ALL SELECT 'PLACE', CASE WHEN is_direct THEN 'DIRECT' WHEN place <= 80 THEN 'LISTED' ELSE 'TAIL' END, count(*) FROM ranked GROUP BY ALL
UNION ALL SELECT 'WARD', coalesce(ward_code, ''), count(*) FROM ranked JOIN ids USING (subject) LEFT JOIN w.psn_spine__people p ON p.person_key = ids.person_key GROUP BY ALL
UNION ALL SELECT 'OFFER', offer, count(*) FROM (SELECT arg_min(offer, place) AS offer FROM offers GROUP BY subject) GROUP BY ALL
UNION ALL SELECT 'GAP', gap, count(*) FROM gaps GROUP BY ALL
UNION ALL SELECT 'STEP_DOWN', why, count(*) FROM step_down GROUP BY ALL
UNION ALL SELECT 'OPEN', CASE WHEN points >= 40 OR is_direct THEN 'ABOVE' ELSE 'BELOW' END, count(*) FROM scored WHERE day = $as_at AND is_open GROUP BY ALL
UNION ALL SELECT 'ASSESSED', unnest(['HOUSEHOLDS', 'PEOPLE']), unnest([count(DISTINCT subject), count(*)]) FROM members WHERE day = $as_at;
