-- Plain floor of informed_debt: the values of every published table, under pseudonyms, with codes and amounts for words. What
-- each person owes by debt, by type and in all; the rules that hold for them and what each rests on; events; totals.
CREATE TEMP TABLE stages AS
SELECT council_tax_account_key, fy, stage, stage_date, amount_at_stage_pence, hold_until, hold_code FROM w.psn_revenues__council_tax_recovery
WHERE NOT reversed_ind AND stage_date <= $as_at;
CREATE TEMP TABLE owed_by AS
WITH last_stage AS (
    SELECT council_tax_account_key, fy, arg_max(stage, stage_date) FILTER (WHERE stage <> 'HOLD') AS stage,
        max(stage_date) FILTER (WHERE stage <> 'HOLD') AS stage_on, max(stage_date) FILTER (WHERE stage IN ('ARR', 'AOE', 'DEA')) AS arranged_on,
        bool_or(stage = 'HOLD' AND (hold_until IS NULL OR hold_until >= $as_at)) AS is_held FROM stages GROUP BY ALL
), moved AS (
    SELECT tenancy_key, post_date::DATE AS posted_on, sum(real_value_pence) AS pence
    FROM w.psn_housing__rent_transactions WHERE post_date::DATE <= $as_at GROUP BY ALL
), running AS (
    SELECT tenancy_key, posted_on, sum(pence) OVER (PARTITION BY tenancy_key ORDER BY posted_on) AS pence FROM moved
), clear AS (SELECT tenancy_key, max(posted_on) AS clear_on FROM running WHERE pence <= 0 GROUP BY ALL
), began AS (
    SELECT r.tenancy_key, min(posted_on) AS began_on FROM running r LEFT JOIN clear USING (tenancy_key)
    WHERE clear_on IS NULL OR posted_on > clear_on GROUP BY ALL
), owed AS (
    SELECT p.person_key, 'COUNCIL_TAX' AS kind, b.council_tax_account_key AS account_key, b.fy, b.balance_pence, b.overdue_pence,
        s.stage, s.stage_on, greatest(a.liability_start, make_date(b.fy, 4, 1)) AS raised_on, s.stage IN ('ARR', 'AOE', 'DEA') AS has_plan,
        CASE WHEN s.stage_on > s.arranged_on THEN s.arranged_on END AS broken_on, s.stage IN ('EA1', 'EA2') AS is_with_agent,
        coalesce(s.is_held, false) OR (a.prohibit_code IS NOT NULL AND (a.prohibit_end IS NULL OR a.prohibit_end >= $as_at)) AS is_held,
        a.account_status = 'F' AS is_former, a.lead_liab_pos IN (-1, 11) AS is_unsettled
    FROM w.psn_revenues__council_tax_balances b JOIN w.psn_revenues__council_tax_accounts a USING (council_tax_account_key)
    JOIN (SELECT DISTINCT person_key, council_tax_account_key FROM w.psn_revenues__council_tax_parties
        WHERE liab_pos NOT IN (0, 9) AND person_key IS NOT NULL AND from_date <= $as_at) p USING (council_tax_account_key)
    LEFT JOIN last_stage s ON s.council_tax_account_key = b.council_tax_account_key AND s.fy = b.fy WHERE b.balance_pence <> 0
    UNION ALL
    SELECT p.person_key, 'RENT', t.tenancy_key, 0, t.cur_bal_pence, greatest(t.cur_bal_pence, 0), NULL, NULL,
        coalesce(began_on, t.cot), false, NULL, false, false,
        coalesce(t.eot <= $as_at, false), false
    FROM w.psn_housing__tenancies t JOIN (SELECT DISTINCT person_key, council_household_key FROM w.psn_housing__tenancy_people
        WHERE responsible AND person_key IS NOT NULL) p USING (council_household_key)
    LEFT JOIN began USING (tenancy_key) WHERE t.cur_bal_pence <> 0
    UNION ALL
    SELECT person_key, 'OVERPAYMENT', overpayment_invoice_key, 0, balance_pence, balance_pence, stage, NULL, created,
        recovery_route IN ('ONGHB', 'DEA', 'DWPPD'), NULL, stage = 'AGT', stage = 'HOLD', false, false FROM w.psn_benefits__benefit_overpayments WHERE balance_pence <> 0 AND person_key IS NOT NULL
    UNION ALL
    SELECT person_key, 'SUNDRY', sundry_account_key, 0, balance_pence, balance_pence, stage, NULL, raised, false, NULL, stage = 'AGT', stage = 'HOLD', false, false
    FROM w.psn_corporate__sundry_debts WHERE balance_pence <> 0 AND person_key IS NOT NULL
), frozen AS (
    SELECT person_key, max(coalesce(frozen_until, DATE '9999-12-31')) AS frozen_until FROM (
        SELECT person_key, frozen_until FROM w.psn_corporate__debt_respite_notices
        WHERE start_date <= $as_at AND (frozen_until IS NULL OR frozen_until >= $as_at)
        UNION ALL SELECT person_key, NULL FROM w.psn_corporate__deaths WHERE NOT withdrawn_ind) GROUP BY ALL
), joint AS (
    SELECT kind, account_key, fy FROM owed GROUP BY ALL HAVING count(*) > 1
), objecting AS (
    SELECT DISTINCT person_key FROM w.psn_corporate__data_objections WHERE service_scope IN ('REV', 'ALL') AND decision <> 'REFUSED'
)
SELECT owed.*, j.kind IS NOT NULL AS is_joint,
    is_held OR f.person_key IS NOT NULL AS is_frozen, f.frozen_until,
    CASE WHEN is_held OR f.person_key IS NOT NULL THEN 0 ELSE overdue_pence END AS recoverable_pence, $as_at - raised_on AS age_days
FROM owed LEFT JOIN frozen f USING (person_key) LEFT JOIN joint j USING (kind, account_key, fy)
WHERE person_key NOT IN (FROM objecting);
CREATE TEMP TABLE people AS
SELECT person_key, lent_floor(person_key::VARCHAR)::UUID AS person_id FROM (SELECT person_key FROM owed_by GROUP BY ALL HAVING max(balance_pence) > 0);
CREATE TEMP TABLE ids AS
SELECT account_key, fy, lent_floor(account_key::VARCHAR || fy)::UUID AS debt_id FROM (SELECT DISTINCT account_key, fy FROM owed_by JOIN people USING (person_key));
CREATE TABLE debts AS
SELECT person_id, debt_id, kind, nullif(fy, 0) AS fy, stage, stage_on, balance_pence, overdue_pence, recoverable_pence, is_joint, is_frozen, frozen_until, is_held,
    raised_on, age_days, has_plan, is_former, row_number() OVER (PARTITION BY person_key ORDER BY overdue_pence > 0 DESC, kind DESC, raised_on) AS priority
FROM owed_by JOIN people USING (person_key) JOIN ids USING (account_key, fy);
CREATE TABLE debts_by_type AS
SELECT person_id, kind, sum(greatest(balance_pence, 0)) AS balance, sum(least(balance_pence, 0)) AS credit, sum(overdue_pence) AS overdue,
    sum(recoverable_pence) AS recoverable, count(*) AS debts, bool_or(is_joint) AS is_joint, bool_or(is_frozen) AS is_frozen, min(raised_on) AS oldest
FROM debts GROUP BY ALL;
CREATE TEMP TABLE flagged AS
SELECT person_key, min(review_by) AS review_by FROM (
    SELECT person_key, review_by FROM w.psn_corporate__vulnerability_register
    WHERE needs_care AND start_date <= $as_at AND (end_date IS NULL OR end_date >= $as_at)
    UNION ALL SELECT t.person_key, NULL FROM w.psn_housing__tenancy_people f JOIN w.psn_housing__tenancy_people t USING (council_household_key)
        WHERE f.has_support_flag AND t.responsible
    UNION ALL SELECT o.person_key, NULL FROM owed_by o JOIN w.psn_revenues__council_tax_discounts d ON d.council_tax_account_key = o.account_key
        WHERE is_support_discount AND start_date <= $as_at AND (end_date IS NULL OR end_date >= $as_at)
    UNION ALL SELECT o.person_key, NULL FROM owed_by o JOIN w.psn_revenues__council_tax_accounts a ON a.council_tax_account_key = o.account_key
        WHERE a.has_handling_need
) WHERE person_key IS NOT NULL GROUP BY ALL;
CREATE TEMP TABLE summed AS
SELECT person_key, sum(greatest(balance_pence, 0)) AS balance, sum(least(balance_pence, 0)) AS credit, sum(overdue_pence) AS overdue,
    sum(recoverable_pence) AS recoverable, sum(balance_pence) FILTER (WHERE is_frozen) AS frozen, count(DISTINCT kind) FILTER (WHERE overdue_pence > 0) AS kinds,
    count(*) AS debts, count(*) FILTER (WHERE kind = 'COUNCIL_TAX') AS council_tax, count(*) FILTER (WHERE kind = 'RENT') AS rents,
    count(*) FILTER (WHERE kind = 'OVERPAYMENT') AS overpayments, count(*) FILTER (WHERE kind = 'SUNDRY') AS sundries, min(raised_on) AS oldest,
    min(raised_on) FILTER (WHERE overdue_pence > 0) AS oldest_overdue, bool_and(CASE WHEN kind = 'COUNCIL_TAX' THEN coalesce(stage, '') IN ('', 'BILL', 'REM1') AND make_date(fy + 1, 4, 1) > $as_at ELSE age_days <= 60 END)
        FILTER (WHERE overdue_pence > 0) AS is_new,
    bool_or(is_with_agent AND overdue_pence > 0) AS is_with_agent, bool_or(has_plan) AS has_plan, bool_or(is_joint) AS is_joint,
    sum(overdue_pence) FILTER (WHERE is_joint) AS joint_overdue, bool_and(is_frozen) FILTER (WHERE overdue_pence > 0) AS is_all_frozen,
    bool_or(is_with_agent AND is_frozen) AS is_to_recall, arg_max({'account_key': account_key, 'fy': fy}, overdue_pence) AS first
FROM owed_by JOIN people USING (person_key) GROUP BY ALL HAVING sum(overdue_pence) > 0 OR bool_or(is_frozen);
CREATE TEMP TABLE reductions AS
SELECT DISTINCT r.*, s.person_key, c.council_tax_account_key, b.gross_debit_pence - b.discounts_pence AS charge_pence
FROM w.psn_benefits__benefit_awards r JOIN w.psn_benefits__benefit_claims c USING (benefit_claim_key)
JOIN (SELECT DISTINCT person_key, account_key FROM owed_by) o ON o.account_key = c.council_tax_account_key JOIN summed s ON s.person_key = o.person_key
LEFT JOIN w.psn_revenues__council_tax_balances b ON b.council_tax_account_key = c.council_tax_account_key AND b.fy = year($as_at - INTERVAL 3 MONTH)
WHERE r.award_type = 'CTR' AND r.from_date <= $as_at;
CREATE TEMP TABLE spells AS
SELECT n.*, s.overdue FROM w.psn_corporate__debt_respite_notices n JOIN summed s USING (person_key) WHERE start_date <= $as_at;
-- A step the law allows only after another, without that other in time; of the years that owe something.
CREATE TEMP TABLE out_of_order AS
WITH owing AS (SELECT DISTINCT account_key AS council_tax_account_key, fy FROM owed_by WHERE overdue_pence > 0 AND kind = 'COUNCIL_TAX'),
    law(stage, needs, days) AS (VALUES ('SUMM', 'REM1', 7), ('SUMM', 'REM2', 7), ('SUMM', 'FINAL', 7), ('LO', 'SUMM', 0), ('EA1', 'LO', 0), ('EA2', 'LO', 0)),
    steps AS (SELECT s.* FROM stages s JOIN owing USING (council_tax_account_key, fy))
SELECT s.council_tax_account_key, s.fy, s.stage, s.stage_date FROM steps s WHERE s.stage IN (SELECT stage FROM law) AND NOT EXISTS (
    SELECT 1 FROM steps e JOIN law ON law.needs = e.stage WHERE e.council_tax_account_key = s.council_tax_account_key AND e.fy = s.fy
        AND law.stage = s.stage AND e.stage_date + law.days <= s.stage_date);
CREATE TEMP TABLE rules AS
SELECT person_key, 'F01' AS rule, min(start_date) AS fact_on, NULL::HUGEINT AS pence FROM spells WHERE frozen_until IS NULL OR frozen_until >= $as_at GROUP BY ALL
UNION ALL SELECT d.person_key, 'F02', min(notified_on), NULL FROM w.psn_corporate__deaths d JOIN summed USING (person_key) WHERE NOT withdrawn_ind GROUP BY ALL
UNION ALL SELECT person_key, 'F03', $as_at, coalesce(nullif(overdue, 0), frozen) FROM summed WHERE coalesce(is_all_frozen, true)
UNION ALL SELECT person_key, 'F04', $as_at, overdue FROM summed WHERE is_to_recall
UNION ALL SELECT person_key, 'S01', $as_at, NULL FROM summed JOIN flagged USING (person_key)
UNION ALL SELECT person_key, 'S02', review_by, NULL FROM summed JOIN flagged USING (person_key) WHERE review_by < $as_at - 90
UNION ALL SELECT person_key, 'S03', $as_at, overdue FROM summed JOIN flagged USING (person_key) WHERE is_with_agent
UNION ALL SELECT person_key, 'R01', max(frozen_until), NULL FROM spells WHERE frozen_until BETWEEN $as_at - 30 AND $as_at - 1 GROUP BY ALL
UNION ALL SELECT person_key, 'R02', max(start_date), NULL FROM spells WHERE status = 'CANC' AND (frozen_until IS NULL OR frozen_until >= $as_at) GROUP BY ALL
UNION ALL SELECT o.person_key, 'R03', max(t.stage_date), max(o.overdue_pence) FROM owed_by o JOIN spells s USING (person_key)
    JOIN stages t ON t.council_tax_account_key = o.account_key AND t.fy = o.fy AND t.stage IN ('SUMM', 'LO', 'EA1', 'EA2')
        AND t.stage_date > s.start_date AND (s.frozen_until IS NULL OR t.stage_date <= s.frozen_until) GROUP BY ALL
UNION ALL SELECT o.person_key, 'R04', max(t.stage_date), max(o.overdue_pence) FROM owed_by o JOIN summed USING (person_key)
    JOIN out_of_order t ON t.council_tax_account_key = o.account_key AND t.fy = o.fy GROUP BY ALL
UNION ALL SELECT person_key, 'R05', $as_at, max(overdue_pence) FROM owed_by JOIN summed USING (person_key) WHERE is_unsettled AND overdue_pence > 0 GROUP BY ALL
UNION ALL SELECT o.person_key, 'R06', $as_at, sum(o.overdue_pence) FROM owed_by o JOIN summed USING (person_key) WHERE o.is_joint AND o.overdue_pence > 0
    AND (o.account_key, o.fy) IN (SELECT (account_key, fy) FROM owed_by JOIN w.psn_corporate__deaths USING (person_key) WHERE NOT withdrawn_ind) GROUP BY ALL
UNION ALL SELECT person_key, 'U01', max(from_date), NULL FROM reductions WHERE passport_ind AND (to_date IS NULL OR to_date >= $as_at) GROUP BY ALL
UNION ALL SELECT person_key, 'U02', max(from_date), NULL FROM reductions WHERE NOT passport_ind AND (to_date IS NULL OR to_date >= $as_at)
    AND weekly_amount_pence * 5200.0 / nullif(charge_pence, 0) >= 74 GROUP BY ALL
UNION ALL SELECT person_key, 'U03', $as_at, overdue FROM summed WHERE kinds >= 3
UNION ALL SELECT p.person_key, 'U04', $as_at, max(p.balance_pence) FROM w.psn_benefits__benefit_overpayments p JOIN summed USING (person_key)
    WHERE recovery_route IN ('ONGHB', 'DWPPD') AND p.balance_pence > 0 GROUP BY ALL
UNION ALL SELECT t.person_key, CASE WHEN h.uc_flag THEN 'U05' ELSE 'U06' END, $as_at, NULL FROM w.psn_housing__tenancies h
    JOIN w.psn_housing__tenancy_people t USING (council_household_key) JOIN summed USING (person_key)
    WHERE t.responsible AND (h.eot IS NULL OR h.eot > $as_at) AND (h.uc_flag OR h.hb_flag) GROUP BY ALL
UNION ALL SELECT person_key, 'U07', max(to_date), NULL FROM reductions GROUP BY ALL HAVING bool_and(to_date < $as_at) AND max(to_date) >= $as_at - 60
UNION ALL SELECT person_key, 'P01', max(stage_on), max(overdue_pence) FROM owed_by JOIN summed USING (person_key) WHERE owed_by.has_plan AND overdue_pence > 0 GROUP BY ALL
UNION ALL SELECT person_key, 'P02', max(broken_on), max(overdue_pence) FROM owed_by JOIN summed USING (person_key)
    WHERE broken_on IS NOT NULL AND overdue_pence > 0 AND stage_on - broken_on <= 365 GROUP BY ALL
UNION ALL SELECT person_key, 'P03', $as_at, overdue FROM summed WHERE overdue BETWEEN 1 AND 15000
UNION ALL SELECT person_key, 'P04', oldest_overdue, overdue FROM summed WHERE overdue > 0 AND is_new
UNION ALL SELECT person_key, 'T01', oldest_overdue, overdue FROM summed WHERE overdue > 0
UNION ALL SELECT person_key, 'N01', $as_at, joint_overdue FROM summed WHERE joint_overdue > 0
UNION ALL SELECT person_key, 'N02', $as_at, -credit FROM summed WHERE credit < 0;
CREATE TABLE debt_reasons AS
SELECT person_id, rules.*, row_number() OVER (PARTITION BY person_key ORDER BY rule) AS reason_rank FROM rules JOIN people USING (person_key);
CREATE TEMP TABLE lanes AS
SELECT person_key, CASE left(min(CASE left(rule, 1) WHEN 'F' THEN '1' WHEN 'S' THEN '2' WHEN 'R' THEN '3' WHEN 'U' THEN '4' WHEN 'P' THEN '5' ELSE '6' END || rule), 1)
    WHEN '1' THEN 'FREEZE' WHEN '2' THEN 'SAFEGUARD' WHEN '3' THEN 'REFER_HUMAN' WHEN '4' THEN 'SUPPORT' WHEN '5' THEN 'PLAN' ELSE 'STANDARD' END AS lane
FROM rules GROUP BY ALL;
CREATE TEMP TABLE withheld AS
SELECT person_key FROM w.psn_spine__people WHERE is_address_sensitive
UNION SELECT person_key FROM w.psn_corporate__debt_respite_notices WHERE address_withheld
UNION SELECT person_key FROM w.psn_benefits__benefit_claims WHERE unsafe_addr_ind
UNION SELECT o.person_key FROM owed_by o JOIN w.psn_revenues__council_tax_accounts a ON a.council_tax_account_key = o.account_key WHERE a.employee_ind;
CREATE TABLE debt_list AS
SELECT p.person_id, s.* EXCLUDE (person_key, first), i.debt_id, l.lane, CASE WHEN h.person_key IS NULL THEN q.ward_code END AS ward_code,
    CASE WHEN lane NOT IN ('FREEZE', 'STANDARD') THEN row_number() OVER (ORDER BY lane IN ('FREEZE', 'STANDARD'), is_with_agent DESC, overdue DESC) END AS position
FROM summed s JOIN people p USING (person_key) JOIN lanes l USING (person_key) JOIN ids i ON i.account_key = s.first.account_key AND i.fy = s.first.fy
LEFT JOIN w.psn_spine__people q USING (person_key) LEFT JOIN withheld h USING (person_key);
CREATE TABLE debt_workings AS
WITH figures AS (
    SELECT person_key, rule, 'FREEZE_FROM' AS figure, NULL AS account_key, NULL AS fy, NULL::BIGINT AS pence, start_date AS figure_on FROM spells JOIN rules USING (person_key) WHERE rule IN ('F01', 'R01', 'R02')
    UNION ALL SELECT person_key, rule, 'FREEZE_UNTIL', NULL, NULL, NULL, frozen_until FROM spells JOIN rules USING (person_key) WHERE rule IN ('F01', 'R01', 'R02')
    UNION ALL SELECT DISTINCT person_key, rule, t.stage, o.account_key, o.fy, t.amount_at_stage_pence, t.stage_date FROM rules JOIN owed_by o USING (person_key)
        JOIN out_of_order f ON f.council_tax_account_key = o.account_key AND f.fy = o.fy JOIN stages t ON t.council_tax_account_key = o.account_key AND t.fy = o.fy
        WHERE rule IN ('R03', 'R04')
    UNION ALL SELECT person_key, rule, 'WEEKLY_REDUCTION', NULL, NULL, weekly_amount_pence, NULL FROM rules JOIN reductions USING (person_key)
        WHERE rule = 'U02' AND NOT passport_ind AND (to_date IS NULL OR to_date >= $as_at)
    UNION ALL SELECT person_key, rule, 'CHARGE', NULL, NULL, charge_pence, NULL FROM rules JOIN reductions USING (person_key)
        WHERE rule = 'U02' AND NOT passport_ind AND (to_date IS NULL OR to_date >= $as_at)
    UNION ALL SELECT person_key, rule, recovery_route, overpayment_invoice_key, 0, balance_pence, NULL
        FROM rules JOIN w.psn_benefits__benefit_overpayments USING (person_key) WHERE rule = 'U04' AND recovery_route IN ('ONGHB', 'DWPPD') AND balance_pence > 0
    UNION ALL SELECT person_key, rule, 'JOINT_DEBT', account_key, fy, overdue_pence, NULL FROM rules JOIN owed_by USING (person_key) WHERE rule = 'R06' AND is_joint AND overdue_pence > 0
)
SELECT person_id, figures.* EXCLUDE (person_key, account_key, fy), debt_id, row_number() OVER (PARTITION BY person_key, rule ORDER BY figure_on) AS figure_number
FROM figures JOIN people USING (person_key) LEFT JOIN ids USING (account_key, fy);
CREATE TABLE debt_chronology AS
WITH listed AS (SELECT o.* FROM owed_by o JOIN summed USING (person_key) WHERE balance_pence > 0),
events AS (
    SELECT person_key, account_key, listed.fy, stage_date AS event_on, s.stage AS event, amount_at_stage_pence AS pence
    FROM listed JOIN stages s ON council_tax_account_key = account_key AND s.fy = listed.fy
    UNION ALL SELECT person_key, account_key, listed.fy, paid_on, 'PAID', NULL FROM listed JOIN (SELECT council_tax_account_key, fy, max(txn_date) AS paid_on
        FROM w.psn_revenues__council_tax_transactions WHERE txn_type = 'PAY' AND txn_date <= $as_at GROUP BY ALL) t ON council_tax_account_key = account_key AND t.fy = listed.fy
    UNION ALL SELECT person_key, account_key, listed.fy, paid_on, 'PAID', NULL FROM listed JOIN (SELECT tenancy_key, max(post_date::DATE) AS paid_on
        FROM w.psn_housing__rent_transactions WHERE trans_type IN ('PAY', 'DDR') AND post_date::DATE <= $as_at GROUP BY ALL) ON tenancy_key = account_key
    UNION ALL SELECT person_key, account_key, listed.fy, raised_on, kind, NULL FROM listed
    UNION ALL SELECT person_key, NULL, NULL, start_date, 'FROZEN', NULL FROM spells
    UNION ALL SELECT person_key, NULL, NULL, frozen_until, 'FREEZE_ENDED', NULL FROM spells WHERE frozen_until < $as_at
    UNION ALL SELECT person_key, NULL, NULL, from_date, 'REDUCTION', NULL FROM reductions
    UNION ALL SELECT person_key, NULL, NULL, to_date, 'REDUCTION_ENDED', NULL FROM reductions WHERE to_date < $as_at
)
SELECT person_id, debt_id, event_on, event, pence, row_number() OVER (PARTITION BY person_key ORDER BY event_on, event) AS event_number
FROM events JOIN people USING (person_key) LEFT JOIN ids USING (account_key, fy);
CREATE TABLE debt_totals AS
SELECT 'LANE' AS breakdown, lane AS category, count(DISTINCT person_key) AS people, count(DISTINCT (account_key, fy)) AS debts, sum(overdue_pence) AS overdue, sum(recoverable_pence) AS recoverable
FROM lanes JOIN owed_by USING (person_key) GROUP BY ALL
UNION ALL SELECT 'DEBT_TYPE', kind, count(DISTINCT person_key), count(DISTINCT (account_key, fy)), sum(overdue_pence), sum(recoverable_pence) FROM owed_by GROUP BY ALL
UNION ALL SELECT 'WORK', CASE WHEN position IS NULL THEN 'NO_CASE' WHEN position <= 240 THEN 'THIS_MONTH' ELSE 'WAITING' END, count(*), NULL, NULL, NULL FROM debt_list GROUP BY ALL;
