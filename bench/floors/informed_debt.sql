-- Plain floor of informed_debt: what each person owes, by debt, by type and in all, with stage, age, joint, freeze; events dated.
CREATE TABLE debts AS
WITH stages AS (
    SELECT council_tax_account_key, fy, arg_max(stage, stage_date) AS stage, max(stage_date) AS stage_on,
        bool_or(stage = 'ARR') AS has_plan, bool_or(stage IN ('EA1', 'EA2')) AS is_with_agent
    FROM w.psn_revenues__council_tax_recovery WHERE NOT reversed_ind AND stage_date <= $as_at GROUP BY ALL
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
        s.stage, s.stage_on, greatest(a.liability_start, make_date(b.fy, 4, 1)) AS raised_on, s.has_plan, s.is_with_agent,
        a.prohibit_code IS NOT NULL AND (a.prohibit_end IS NULL OR a.prohibit_end >= $as_at) AS is_held
    FROM w.psn_revenues__council_tax_balances b JOIN w.psn_revenues__council_tax_accounts a USING (council_tax_account_key)
    JOIN (SELECT DISTINCT person_key, council_tax_account_key FROM w.psn_revenues__council_tax_parties
        WHERE liab_pos NOT IN (0, 9) AND person_key IS NOT NULL AND from_date <= $as_at) p USING (council_tax_account_key)
    LEFT JOIN stages s ON s.council_tax_account_key = b.council_tax_account_key AND s.fy = b.fy WHERE b.balance_pence <> 0
    UNION ALL
    SELECT p.person_key, 'RENT', t.tenancy_key, NULL, t.cur_bal_pence, greatest(t.cur_bal_pence, 0), NULL, NULL,
        coalesce(began_on, t.cot), false, false, false
    FROM w.psn_housing__tenancies t JOIN (SELECT DISTINCT person_key, council_household_key FROM w.psn_housing__tenancy_people
        WHERE responsible AND person_key IS NOT NULL) p USING (council_household_key)
    LEFT JOIN began USING (tenancy_key) WHERE t.cur_bal_pence <> 0
    UNION ALL
    SELECT person_key, 'OVERPAYMENT', overpayment_invoice_key, NULL, balance_pence, balance_pence, stage, NULL, created,
        recovery_route <> 'INV', false, false FROM w.psn_benefits__benefit_overpayments WHERE balance_pence <> 0 AND person_key IS NOT NULL
    UNION ALL
    SELECT person_key, 'SUNDRY', sundry_account_key, NULL, balance_pence, balance_pence, stage, NULL, raised, false, false, false
    FROM w.psn_corporate__sundry_debts WHERE balance_pence <> 0 AND person_key IS NOT NULL
), frozen AS (
    SELECT DISTINCT person_key FROM w.psn_corporate__debt_respite_notices
    WHERE start_date <= $as_at AND (frozen_until IS NULL OR frozen_until >= $as_at)
    UNION SELECT person_key FROM w.psn_corporate__deaths WHERE NOT withdrawn_ind
), objecting AS (
    SELECT DISTINCT person_key FROM w.psn_corporate__data_objections WHERE service_scope IN ('REV', 'ALL') AND decision <> 'REFUSED'
)
SELECT owed.*, count(*) OVER (PARTITION BY kind, account_key, fy) > 1 AS is_joint, is_held OR f.person_key IS NOT NULL AS is_frozen,
    CASE WHEN is_held OR f.person_key IS NOT NULL THEN 0 ELSE overdue_pence END AS recoverable_pence, $as_at - raised_on AS age_days
FROM owed LEFT JOIN frozen f USING (person_key) WHERE person_key NOT IN (FROM objecting);
CREATE TABLE debts_by_type AS
SELECT person_key, kind, sum(greatest(balance_pence, 0)) AS balance, sum(least(balance_pence, 0)) AS credit, sum(overdue_pence) AS overdue,
    sum(recoverable_pence) AS recoverable, count(*) AS debts, bool_or(is_joint) AS is_joint, bool_or(is_frozen) AS is_frozen, min(raised_on) AS oldest
FROM debts GROUP BY ALL;
CREATE TABLE debt_list AS
WITH flagged AS (
    SELECT DISTINCT person_key FROM w.psn_corporate__vulnerability_register WHERE needs_care AND start_date <= $as_at AND (end_date IS NULL OR end_date >= $as_at)
    UNION SELECT person_key FROM w.psn_housing__tenancy_people WHERE has_support_flag
), summed AS (
    SELECT person_key, sum(overdue_pence) AS overdue, sum(recoverable_pence) AS recoverable, count(DISTINCT kind) AS kinds,
        min(raised_on) AS oldest, bool_or(is_with_agent) AS is_with_agent, bool_or(has_plan) AS has_plan, bool_and(is_frozen) AS is_frozen
    FROM debts GROUP BY ALL HAVING sum(overdue_pence) > 0 OR bool_or(is_frozen)
)
SELECT lent_floor(person_key::VARCHAR)::UUID AS person_id, s.*,
    CASE WHEN is_frozen THEN 'FREEZE' WHEN f.person_key IS NOT NULL THEN 'SAFEGUARD' WHEN kinds >= 3 THEN 'SUPPORT'
        WHEN has_plan OR overdue <= 15000 THEN 'PLAN' ELSE 'STANDARD' END AS lane,
    row_number() OVER (ORDER BY is_with_agent DESC, overdue DESC) AS position
FROM summed s LEFT JOIN flagged f USING (person_key);
CREATE TABLE chronology AS
WITH accounts AS (SELECT DISTINCT person_key, account_key FROM debts JOIN debt_list USING (person_key))
SELECT person_key, stage_date AS event_on, stage AS event, amount_at_stage_pence AS pence FROM accounts
JOIN w.psn_revenues__council_tax_recovery ON council_tax_account_key = account_key WHERE NOT reversed_ind
UNION ALL SELECT person_key, max(txn_date), 'PAYMENT', arg_max(amount_pence, txn_date) FROM accounts
JOIN w.psn_revenues__council_tax_transactions ON council_tax_account_key = account_key WHERE txn_type = 'PAY' GROUP BY person_key, account_key
UNION ALL SELECT person_key, raised_on, kind, balance_pence FROM debts JOIN debt_list USING (person_key);
CREATE TABLE totals AS SELECT lane, count(*) AS people, sum(overdue) AS overdue FROM debt_list GROUP BY ALL;
