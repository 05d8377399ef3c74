"""Deterministic rules: pairs of records tied by a key a source system itself keeps, or by plain identity.

Knows: which reference of which feed points where. A key alone is never enough: the names must agree, because
references are mistyped, accounts change hands and claimants point at a partner's account.
Refuses to know: weights of likelihood; a rule's pair counts as certain unless it clashes.

Each rule is declared here with what it rests on; `dags/identity/rules.yml` says why and since when, and can stop one.
"""

from __future__ import annotations

from fairview.identity import clusters
from fairview.identity.agreement import name_grade

# Every rule yields candidate pairs (a, b) of record ids; `least_grade` is the agreement of names it asks for;
# `one_of` means that of several candidates only the best, and only if it is the only best, is taken.
RULES = {
    "same place in a list": {
        "sql": """SELECT a.record_id AS a, b.record_id AS b FROM records a
            JOIN (SELECT list, position, min(record_id) AS record_id FROM records WHERE list IS NOT NULL GROUP BY ALL) b
            USING (list, position) WHERE a.record_id <> b.record_id""",
        "least_grade": 2,
    },
    "overpayment's claim": {
        "sql": """SELECT 'benefit_overpayments|' || o.record_key AS a, 'benefit_claims|' || c.record_key AS b
            FROM vault.staged.benefit_overpayments o
            JOIN vault.staged.benefit_claims c ON o.claim_ref = c.claim_id || '/' || c.check_digit""",
        "least_grade": 2,
    },
    "claim's council tax reference": {
        "sql": """SELECT 'benefit_claims|' || c.record_key AS a, 'council_tax_parties|' || p.record_key AS b
            FROM vault.staged.benefit_claims c
            JOIN vault.staged.council_tax_accounts t ON c.ctax_ref = t.account_ref || t.account_cd
            JOIN vault.staged.council_tax_parties p ON p.account_ref = t.account_ref AND p.liab_pos <> 0""",
        "least_grade": 2,
        "one_of": "position",
    },
    "claim's rent reference": {
        "sql": """SELECT 'benefit_claims|' || c.record_key AS a, 'tenancy_people|' || p.record_key AS b
            FROM vault.staged.benefit_claims c JOIN vault.staged.tenancies t ON t.payref = c.rent_ref
            JOIN vault.staged.tenancy_people p ON p.house_ref = t.house_ref""",
        "least_grade": 2,
        "one_of": "position",
    },
    "debt named in a respite notice": {
        "sql": """WITH named AS (
                SELECT record_key, trim(unnest(string_split(debt_refs, ';'))) AS ref FROM vault.staged.debt_respite_notices)
            SELECT 'debt_respite_notices|' || n.record_key AS a, 'council_tax_parties|' || p.record_key AS b
            FROM named n JOIN vault.staged.council_tax_parties p ON n.ref = 'CT:' || p.account_ref
            UNION ALL
            SELECT 'debt_respite_notices|' || n.record_key, 'tenancy_people|' || p.record_key
            FROM named n JOIN vault.staged.tenancies t ON n.ref = 'RENT:' || t.payref
            JOIN vault.staged.tenancy_people p ON p.house_ref = t.house_ref
            UNION ALL
            SELECT 'debt_respite_notices|' || n.record_key, 'benefit_overpayments|' || o.record_key
            FROM named n JOIN vault.staged.benefit_overpayments o ON n.ref = 'HBOP:' || o.invoice_no
            UNION ALL
            SELECT 'debt_respite_notices|' || n.record_key, 'sundry_debts|' || s.record_key
            FROM named n JOIN vault.staged.sundry_debts s ON n.ref = 'SUN:' || s.account_no""",
        "least_grade": 2,
        "one_of": "position",
    },
    "same national insurance number": {
        "sql": """SELECT a.record_id AS a, b.record_id AS b FROM records a JOIN records b USING (nino)
            WHERE a.record_id < b.record_id""",
        "least_grade": 2,
    },
    "same person number in benefits": {
        "sql": """SELECT 'benefit_members|' || a.record_key AS a, 'benefit_members|' || b.record_key AS b
            FROM vault.staged.benefit_members a JOIN vault.staged.benefit_members b USING (person_ref)
            WHERE a.record_key < b.record_key AND birth_grade(a.birth_date, b.birth_date) = 4""",
        "least_grade": 3,
    },
    "same name, birth date and home": {
        "sql": """SELECT a.record_id AS a, b.record_id AS b
            FROM records a JOIN records b ON a.birth_date = b.birth_date AND a.sur = b.sur AND a.fore = b.fore
            JOIN spells x ON x.record_id = a.record_id JOIN spells y ON y.record_id = b.record_id AND y.place = x.place
            WHERE a.record_id < b.record_id AND length(a.fore) > 1 AND strftime(a.birth_date, '%d%m') <> '0101'""",
        "least_grade": 4,
    },
    "same name and e-mail": {
        "sql": """SELECT a.record_id AS a, b.record_id AS b FROM records a JOIN records b USING (email)
            WHERE a.record_id < b.record_id AND length(a.fore) > 1 AND length(b.fore) > 1""",
        "least_grade": 4,
    },
}  # fmt: skip

# Certain, as log2 odds: far above what any sum of likelihoods reaches, below a person's decision.
CERTAIN = 100.0

_PAIRS = """
INSERT INTO rule_pairs
WITH candidates AS (SELECT DISTINCT a, b FROM ({sql})), graded AS (
    SELECT x.record_id AS a, y.record_id AS b, {grade} AS grade, y.position
    FROM candidates c JOIN records x ON x.record_id = c.a JOIN records y ON y.record_id = c.b
)
SELECT least(a, b), greatest(a, b), $rule, grade FROM graded WHERE grade >= $least {best}
"""
# The clearest name wins; between equals the first in the list (the lead of the account), as claims ask for it.
_ONE_OF = "QUALIFY row_number() OVER (PARTITION BY a, split_part(b, '|', 1) ORDER BY grade DESC, position, b) = 1"


def pair_up(con) -> None:
    """Fill `rule_pairs(a, b, rule, grade)` with every pair a rule ties, from `records` and `spells`."""
    con.execute("CREATE OR REPLACE TEMP TABLE rule_pairs (a VARCHAR, b VARCHAR, rule VARCHAR, grade INTEGER)")
    for rule, facts in RULES.items():
        con.execute(
            _PAIRS.format(sql=facts["sql"], grade=name_grade("x", "y"), best=_ONE_OF if facts.get("one_of") else ""),
            {"rule": rule, "least": facts["least_grade"]},
        )


def apply(con, margin: float) -> None:
    """Join records by the rules into profiles. Needs `record_facets` and an empty `must_join` (`decisions.bring`); leaves `profile_of(record_id, profile)` and the refusals of the rules."""
    pair_up(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE pairs AS SELECT a, b, $1 + max(grade) AS weight FROM rule_pairs GROUP BY a, b",
        [CERTAIN],
    )
    con.execute("CREATE OR REPLACE TEMP TABLE facets AS FROM record_facets")
    clusters.join(con, margin)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE profile_of AS SELECT node AS record_id, cluster AS profile FROM membership"
    )
    con.execute("CREATE OR REPLACE TEMP TABLE rules_refused AS FROM refused")
    con.execute("CREATE OR REPLACE TEMP TABLE rules_torn AS FROM torn")
