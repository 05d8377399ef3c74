-- Plain floor of homelessness_prevention: the thirteen measures of each household at the as-at date, met tiers, list, events dated.
CREATE TABLE members AS
SELECT m.person_key, CASE WHEN h.is_shared OR h.is_institution THEN m.person_key ELSE m.household_key END AS subject
FROM w.psn_spine__household_members m JOIN w.psn_spine__households h USING (household_key)
WHERE m.from_on <= $as_at AND (m.to_on IS NULL OR m.to_on >= $as_at)
    AND m.person_key NOT IN (SELECT person_key FROM w.psn_corporate__data_objections WHERE service_scope IN ('HSG', 'ALL') AND decision <> 'REFUSED' AND person_key IS NOT NULL)
    AND m.person_key NOT IN (SELECT person_key FROM w.psn_corporate__deaths WHERE NOT withdrawn_ind AND person_key IS NOT NULL);
CREATE TABLE tenancies AS
SELECT DISTINCT ON (t.tenancy_key) t.*, m.subject, rent_pence + service_pence + other_charge_pence AS gross
FROM w.psn_housing__tenancies t JOIN w.psn_housing__tenancy_people p USING (council_household_key) JOIN members m USING (person_key)
WHERE p.responsible AND t.cot <= $as_at AND (t.eot IS NULL OR t.eot > $as_at);
CREATE TABLE accounts AS
SELECT a.*, m.subject FROM w.psn_revenues__council_tax_accounts a JOIN members m USING (person_key) WHERE NOT is_estate AND liability_start <= $as_at;
CREATE TABLE awards AS
SELECT a.*, c.status, c.susp_date, c.cancel_date, m.subject FROM w.psn_benefits__benefit_awards a
JOIN w.psn_benefits__benefit_claims c USING (benefit_claim_key) JOIN members m USING (person_key) WHERE a.from_date <= $as_at;
CREATE TABLE facts AS
WITH balances AS (
    SELECT t.subject, t.tenancy_key, t.gross, t.cur_bal_pence AS now, t.uc_flag,
        t.cur_bal_pence - coalesce(sum(x.real_value_pence) FILTER (WHERE post_date::DATE > $as_at - 31), 0) AS one,
        t.cur_bal_pence - coalesce(sum(x.real_value_pence) FILTER (WHERE post_date::DATE > $as_at - 61), 0) AS two,
        t.cur_bal_pence - coalesce(sum(x.real_value_pence) FILTER (WHERE post_date::DATE > $as_at - 92), 0) AS three
    FROM tenancies t LEFT JOIN w.psn_housing__rent_transactions x ON x.tenancy_key = t.tenancy_key AND post_date::DATE > $as_at - 92
    GROUP BY t.subject, t.tenancy_key, t.gross, t.cur_bal_pence, t.uc_flag
), stages AS (
    SELECT council_tax_account_key, fy, arg_max(stage, stage_date) AS stage, max(stage_date) AS stage_on FROM w.psn_revenues__council_tax_recovery
    WHERE NOT reversed_ind AND stage_date <= $as_at GROUP BY ALL
), tax AS (
    SELECT a.subject, s.stage, s.stage_on, b.overdue_pence FROM accounts a JOIN w.psn_revenues__council_tax_balances b USING (council_tax_account_key)
    LEFT JOIN stages s ON s.council_tax_account_key = b.council_tax_account_key AND s.fy = b.fy WHERE b.overdue_pence > 0
), kinds AS (
    SELECT subject, 'CT' AS kind, overdue_pence AS pence FROM tax UNION ALL SELECT subject, 'RENT', now FROM balances WHERE now > 0
    UNION ALL SELECT subject, 'HBOP', balance_pence FROM w.psn_benefits__benefit_overpayments JOIN members USING (person_key) WHERE balance_pence > 0
    UNION ALL SELECT subject, 'SUN', balance_pence FROM w.psn_corporate__sundry_debts JOIN members USING (person_key) WHERE balance_pence > 0
), cases AS (SELECT c.*, subject FROM w.psn_housing__homelessness_cases c JOIN members USING (person_key) WHERE application_date <= $as_at)
SELECT subject, 'H1' AS rule, max(notice_expiry - $as_at)::DOUBLE AS value, max(notice_date) AS fact_on FROM cases
    WHERE notice_expiry BETWEEN $as_at AND $as_at + 56 AND case_status = 'OPEN' GROUP BY ALL
UNION ALL SELECT subject, 'H2', max(CASE WHEN evictdate IS NOT NULL THEN 3 WHEN possorder IS NOT NULL OR courtdate IS NOT NULL THEN 2 ELSE 1 END), max(nosp_date)
    FROM tenancies WHERE nosp OR possorder IS NOT NULL OR evictdate IS NOT NULL GROUP BY ALL
UNION ALL SELECT subject, 'H3', max(now / nullif(gross, 0)), $as_at FROM balances GROUP BY ALL HAVING max(now / nullif(gross, 0)) >= 2
UNION ALL SELECT subject, 'H4', 3, $as_at FROM balances WHERE now > one AND one > two AND two > three AND now >= gross GROUP BY ALL
UNION ALL SELECT subject, 'H5', max(CASE WHEN stage IN ('EA1', 'EA2', 'EARTN') THEN 3 WHEN stage IN ('FINAL', 'SUMM') THEN 1 ELSE 2 END), max(stage_on) FROM tax
    WHERE stage NOT IN ('REM1', 'REM2') GROUP BY ALL
UNION ALL SELECT subject, 'H6', count(DISTINCT kind), $as_at FROM kinds GROUP BY ALL HAVING count(DISTINCT kind) >= 2
UNION ALL SELECT subject, 'H7', max(weekly_amount_pence), max(from_date) FROM awards WHERE award_type IN ('CAP', 'UOC', 'SHF') AND to_date IS NULL
    GROUP BY ALL HAVING max(weekly_amount_pence) > 1000
UNION ALL SELECT subject, 'H8', min($as_at - to_date), max(to_date) FROM awards WHERE award_type IN ('HB', 'CTR') AND to_date BETWEEN $as_at - 60 AND $as_at GROUP BY ALL
UNION ALL SELECT subject, 'H9', min(to_date - $as_at), max(to_date) FROM awards WHERE award_type = 'DHP' AND to_date BETWEEN $as_at AND $as_at + 60 GROUP BY ALL
UNION ALL SELECT subject, 'H10', min($as_at - coalesce(relief_start, prevention_start)), max(coalesce(relief_start, prevention_start)) FROM cases
    WHERE coalesce(relief_start, prevention_start) IS NOT NULL GROUP BY ALL
UNION ALL SELECT subject, 'H11', min($as_at - occupation_date), max(occupation_date) FROM accounts JOIN w.psn_revenues__council_tax_occupations USING (council_tax_account_key)
    WHERE vacation_date IS NULL OR vacation_date > $as_at GROUP BY ALL HAVING min($as_at - occupation_date) < 365
UNION ALL SELECT subject, 'H12', max(now / nullif(gross, 0)), $as_at FROM balances WHERE uc_flag AND now > 0 AND three <= 0 GROUP BY ALL
UNION ALL SELECT m.subject, 'H13', 1, max(coalesce(p.to_date, p.from_date)) FROM w.psn_housing__tenancy_people p JOIN members m USING (person_key)
    WHERE p.to_date BETWEEN $as_at - 183 AND $as_at OR p.from_date BETWEEN $as_at - 183 AND $as_at GROUP BY ALL;
CREATE TABLE list AS
SELECT lent_floor(subject::VARCHAR)::UUID AS household_id, subject, count(*) AS rules,
    sum(CASE rule WHEN 'H2' THEN 40 WHEN 'H3' THEN least(30, floor(value / 2) * 10) WHEN 'H10' THEN 15 WHEN 'H5' THEN 5 * value ELSE 10 END) AS points
FROM facts WHERE subject NOT IN (SELECT m.subject FROM w.psn_housing__homelessness_cases c JOIN members m USING (person_key) WHERE case_status = 'OPEN')
GROUP BY ALL HAVING points >= 40 ORDER BY points DESC;
CREATE TABLE chronology AS
SELECT subject, action_date AS event_on, action_code AS event, balance_pence AS pence FROM list JOIN tenancies USING (subject) JOIN w.psn_housing__arrears_actions USING (tenancy_key)
UNION ALL SELECT subject, stage_date, stage, amount_at_stage_pence FROM list JOIN accounts USING (subject) JOIN w.psn_revenues__council_tax_recovery USING (council_tax_account_key)
UNION ALL SELECT subject, from_date, award_type, weekly_amount_pence FROM list JOIN awards USING (subject);
CREATE TABLE totals AS SELECT rule, count(*) AS households FROM facts GROUP BY ALL;
