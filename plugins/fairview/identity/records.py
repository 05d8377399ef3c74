"""Brings every record which may be a person into one shape: names, birth date, numbers, contacts, where and when.

Knows: in which columns each feed keeps them, how its names are written, and which records are no person.
Refuses to know: whether two records are one person.

Makes temporary tables on the connection it is given (never in the vault):
- `gazetteer(uprn, place)`, `addresses(key, place)`: how a UPRN or a written address becomes one place.
- `records`: one row per record which is a person.
- `spells`: where the person of a record is said to live or have lived; several rows per record.
- `record_stays(record_id, stay)`: the dated homes among the spells, as {place, from_on, to_on, code, is_placed, is_last_known, is_let}.
- `slots`: places in a list that only one person can hold (a party of an account, a member of a claim).
"""

from __future__ import annotations

from fairview.domain import identifiers, names
from fairview.identity import agreement
from fairview.identity import declarations as declared_in
from fairview.identity.declarations import Declarations

# Letters and digits only, with what is typed for one another made equal (council_tax_accounts, fourth note).
_ADDRESS_MACROS = (
    "address_key(x) AS translate(regexp_replace(upper(x), '[^A-Z0-9]', '', 'g'), 'OLI', '011')",
    "postcode_key(p) AS CASE WHEN replace(upper(p), ' ', '') NOT IN ('ZZ993VZ', 'ZZ993WZ') THEN address_key(p) END",
    "address_numbers(x) AS array_to_string(regexp_extract_all(x, '[0-9]+[A-Za-z]?'), '-')",
    "phone_key(x) AS nullif(regexp_replace(regexp_replace(x, '[^0-9]', '', 'g'), '^(0044|44)', '0'), '')",
    "email_key(x) AS CASE WHEN contains(x, '@') THEN lower(trim(x)) END",
    "uprn_key(x) AS nullif(ltrim(x, '0'), '')",
)

# A superseded UPRN may redirect to one that was itself superseded; four steps are more than any gazetteer holds.
_GAZETTEER = """
CREATE OR REPLACE TEMP TABLE gazetteer AS
WITH RECURSIVE steps AS (
    SELECT uprn, uprn AS place, 0 AS step FROM vault.staged.properties
    UNION ALL
    SELECT steps.uprn, uprn_key(properties.redirect_uprn), step + 1
    FROM steps JOIN vault.staged.properties ON properties.uprn = steps.place
    WHERE properties.redirect_uprn IS NOT NULL AND step < 4
)
SELECT uprn, arg_max(place, step) AS place FROM steps GROUP BY uprn
"""

# Written addresses, from the gazetteer and as housing and council tax write them; one place per key or none.
_ADDRESSES = """
CREATE OR REPLACE TEMP TABLE addresses AS
WITH written AS (
    SELECT postcode_key(postcode) AS postcode, concat_ws(' ', saon, paon, street) AS line, town, place
    FROM vault.staged.properties JOIN gazetteer USING (uprn)
    UNION ALL
    SELECT postcode_key(postcode), concat_ws(' ', addr1, addr2), addr3, coalesce(place, uprn_key(p.uprn))
    FROM vault.staged.council_tax_properties p LEFT JOIN gazetteer ON gazetteer.uprn = uprn_key(p.uprn)
    UNION ALL
    SELECT postcode_key(postcode), concat_ws(' ', addr1, addr2), NULL, coalesce(place, uprn_key(t.uprn))
    FROM vault.staged.tenancies t LEFT JOIN gazetteer ON gazetteer.uprn = uprn_key(t.uprn)
), keyed AS (
    SELECT postcode || '|' || address_key(line) AS key, place FROM written
    UNION SELECT postcode || '|' || address_key(line || coalesce(town, '')), place FROM written
    UNION SELECT postcode || '#' || address_numbers(line), place FROM written WHERE address_numbers(line) <> ''
)
SELECT key, min(place) AS place FROM keyed WHERE key IS NOT NULL AND place IS NOT NULL
GROUP BY key HAVING count(DISTINCT place) = 1
"""

# Names per feed before any judgement. One SELECT per feed: feed, record_key, full name as written (for the rules on who
# is no person), forename, surname, title, sex, birth date, NINO, phone, e-mail, whether the role needs an adult, list
# and position in it, whether the source says the person is dead.
_SOURCES = {
    "council_tax_accounts": """
        SELECT 'revenues' AS source, 'council_tax_accounts' AS feed, record_key, lead_liab_name AS written,
            combined_forename(lead_liab_name) AS forename, combined_surname(lead_liab_name) AS surname,
            coalesce(name_title(regexp_replace(lead_liab_name, '^[^,]*,', '')), lead_liab_title) AS title, NULL AS gender,
            NULL::DATE AS birth_date, NULL AS nino, phone, email, true AS is_adult,
            'account:' || account_ref AS list, 1::BIGINT AS position,
            says_dead(lead_liab_title, lead_liab_name) AS said_dead,
            CASE WHEN lead_liab_pos = 0 THEN 'grown' ELSE 'head' END AS role
        FROM vault.staged.council_tax_accounts
        WHERE lead_liab_pos NOT IN (SELECT position FROM no_person_positions)""",
    "council_tax_parties": """
        SELECT 'revenues', 'council_tax_parties', record_key, party_name, combined_forename(party_name),
            combined_surname(party_name), coalesce(name_title(regexp_replace(party_name, '^[^,]*,', '')), party_title), NULL,
            NULL::DATE, NULL, NULL, NULL, true, 'account:' || account_ref, party_seq,
            says_dead(party_title, party_name), CASE WHEN liab_pos = 0 THEN 'grown' ELSE 'head' END
        FROM vault.staged.council_tax_parties
        WHERE liab_pos NOT IN (SELECT position FROM no_person_positions)""",
    "benefit_claims": """
        SELECT 'benefits', 'benefit_claims', c.record_key, 'CLAIMANT, X', m.forename, m.surname, m.title, m.gender, m.birth_date,
            c.nino, c.phone, c.email, true, 'claim:' || c.claim_id, m.member_seq, false, 'head'
        FROM vault.staged.benefit_claims c LEFT JOIN claimants m ON m.claim_id = c.claim_id
            AND (m.nino IS NULL OR c.nino IS NULL OR damerau_levenshtein(m.nino, c.nino) <= 2)""",
    "benefit_members": """
        SELECT 'benefits', 'benefit_members', record_key, concat_ws(' ', forename, surname), forename, surname, title, gender,
            birth_date, nino, NULL, NULL, relation IN ('C', 'P'), 'claim:' || claim_id, member_seq,
            deceased_date IS NOT NULL, CASE relation WHEN 'D' THEN 'child' WHEN 'N' THEN 'grown' ELSE 'head' END
        FROM vault.staged.benefit_members""",
    "benefit_overpayments": """
        SELECT 'benefits', 'benefit_overpayments', record_key, debtor_name, debtor_forename(debtor_name),
            debtor_surname(debtor_name), name_title(debtor_name), NULL, NULL::DATE, nino, NULL, NULL, true, NULL, NULL,
            says_dead(NULL, debtor_name), 'head'
        FROM vault.staged.benefit_overpayments""",
    "tenancy_people": """
        SELECT 'housing', 'tenancy_people', record_key, concat_ws(' ', forename, surname), forename, surname, title, NULL,
            dob, ni_no, phone, email, coalesce(responsible, false), 'house:' || house_ref, person_no, false,
            CASE WHEN responsible OR relationship IN ('TEN', 'PAR') THEN 'head' WHEN relationship = 'CHI' THEN 'child'
                 WHEN relationship IS NOT NULL THEN 'grown' END
        FROM vault.staged.tenancy_people""",
    "homelessness_cases": """
        SELECT 'housing', 'homelessness_cases', record_key, concat_ws(' ', forename, surname), forename, surname, NULL, NULL,
            dob, nino, phone, NULL, true, NULL, NULL, false, NULL
        FROM vault.staged.homelessness_cases""",
    "asb_parties": """
        SELECT 'community_safety', 'asb_parties', record_key, concat_ws(' ', forename, surname), forename, surname, title, gender,
            dob, NULL, phone, email, false, 'incident:' || incident_ref, party_seq, false, NULL
        FROM vault.staged.asb_parties WHERE NOT coalesce(anonymous_ind, false) AND surname IS NOT NULL
            AND party_role IN ('VICTIM', 'COMPLAINANT', 'REPORTER')""",
    "debt_respite_notices": """
        SELECT 'corporate', 'debt_respite_notices', record_key, concat_ws(' ', forename, surname), forename, surname, NULL, NULL,
            dob, NULL, NULL, NULL, true, NULL, NULL, false, NULL
        FROM vault.staged.debt_respite_notices""",
    "vulnerability_register": """
        SELECT 'corporate', 'vulnerability_register', record_key, concat_ws(' ', forename, surname), forename, surname, NULL, NULL,
            dob, NULL, NULL, NULL, false, NULL, NULL, false, NULL
        FROM vault.staged.vulnerability_register""",
    "deaths": """
        SELECT 'corporate', 'deaths', record_key, concat_ws(' ', forenames, surname), forenames, surname, NULL, NULL, dob, NULL,
            NULL, NULL, false, NULL, NULL, true, NULL
        FROM vault.staged.deaths""",
    "data_objections": """
        SELECT 'corporate', 'data_objections', record_key, concat_ws(' ', forename, surname), forename, surname, NULL, NULL, dob,
            NULL, NULL, NULL, false, NULL, NULL, false, NULL
        FROM vault.staged.data_objections""",
    "sundry_debts": """
        SELECT 'corporate', 'sundry_debts', record_key, debtor_name, debtor_forename(debtor_name), debtor_surname(debtor_name),
            name_title(debtor_name), NULL, NULL::DATE, NULL, NULL, NULL, true, NULL, NULL, says_dead(NULL, debtor_name), NULL
        FROM vault.staged.sundry_debts""",
}

PERSON_FEEDS = tuple(_SOURCES)

# One claimant per claim: the person in the role now, else the last one.
_CLAIMANTS = """
CREATE OR REPLACE TEMP TABLE claimants AS
SELECT * FROM vault.staged.benefit_members WHERE relation = 'C'
QUALIFY row_number() OVER (PARTITION BY claim_id ORDER BY to_date DESC NULLS FIRST, from_date DESC, member_seq) = 1
"""

# A name that nearly all its bearers have as a forename stands in the surname's field, beside one that hardly anybody has
# as a forename: the record was entered the other way round. Counted in people's other names, so that a much-recorded
# person counts once; the record itself does not count, or the rarer a community's names are the less it would be put right. Set by identity, 2026-11-26: with fewer bearers a council's records cannot tell.
_LEAST_BEARERS, _USE = 5, 10
# A forename whose bearers are nearly all of one sex tells it where neither title nor gender does.
_LEAST_TOLD, _ONE_SEX = 5, 0.95

_WRITTEN = """
CREATE OR REPLACE TEMP TABLE written_people AS
WITH written AS ({union}), plain AS (
    SELECT feed || '|' || record_key AS record_id, source, feed, record_key,
        name_plain(forename) AS forename, name_plain(surname) AS surname,
        coalesce(gender_sex(gender), title_sex(title)) AS sex,
        CASE WHEN birth_date BETWEEN DATE '1901-01-01' AND $as_at THEN birth_date END AS birth_date,
        CASE WHEN {is_nino} THEN nino END AS nino,
        phone_key(phone) AS phone, email_key(email) AS email, is_adult, list, position, said_dead, role
    FROM written WHERE not_a_person(written) IS NULL
)
SELECT * FROM plain WHERE surname IS NOT NULL OR nino IS NOT NULL
"""

_ORDER = f"""
CREATE OR REPLACE TEMP TABLE turned AS
WITH fores AS (SELECT forename AS name, count(DISTINCT surname) AS bearers FROM written_people WHERE length(forename) > 1 GROUP BY 1),
surs AS (SELECT surname AS name, count(DISTINCT forename) AS bearers FROM written_people GROUP BY 1)
SELECT DISTINCT w.forename, w.surname FROM written_people w
JOIN fores given ON given.name = w.surname LEFT JOIN surs kept ON kept.name = w.surname
LEFT JOIN fores other ON other.name = w.forename LEFT JOIN surs family ON family.name = w.forename
WHERE length(w.forename) > 2 AND given.bearers >= {_LEAST_BEARERS} AND given.bearers >= {_USE} * (coalesce(kept.bearers, 1) - 1)
  AND coalesce(other.bearers, 0) <= 1 + coalesce(family.bearers, 0)
"""

_SEXES = f"""
CREATE OR REPLACE TEMP TABLE forename_sexes AS
SELECT forename, CASE WHEN avg((sex = 'M')::INTEGER) >= {_ONE_SEX} THEN 'M' ELSE 'F' END AS presumed
FROM (SELECT DISTINCT forename, surname, sex FROM written_people WHERE sex IS NOT NULL AND length(forename) > 1)
GROUP BY forename HAVING count(*) >= {_LEAST_TOLD} AND (avg((sex = 'M')::INTEGER) >= {_ONE_SEX} OR avg((sex = 'F')::INTEGER) >= {_ONE_SEX})
"""

_RECORDS = """
CREATE OR REPLACE TEMP TABLE records AS
WITH plain AS (
    SELECT w.* REPLACE (CASE WHEN t.forename IS NULL THEN w.forename ELSE w.surname END AS forename,
        CASE WHEN t.forename IS NULL THEN w.surname ELSE w.forename END AS surname)
    FROM written_people w LEFT JOIN turned t USING (forename, surname)
)
SELECT plain.* REPLACE (coalesce(plain.sex, s.presumed) AS sex), replace(plain.forename, ' ', '') AS fore, replace(surname, ' ', '') AS sur,
    name_words(surname) AS words, coalesce(families, []) AS families, coalesce(birth_date > $minors_born_after, false) AS is_minor
FROM plain LEFT JOIN forename_sexes s ON s.forename = plain.forename
LEFT JOIN (SELECT name, list(family ORDER BY family) AS families FROM nicknames GROUP BY name) n
    ON n.name = pet_ending(split_part(plain.forename, ' ', 1))
"""

# Where a record says its person lives. `place` is a live UPRN, or a written address nobody could place.
_SPELLS = """
CREATE OR REPLACE TEMP TABLE spells AS
WITH accounts AS (
    SELECT a.account_ref, p.uprn, p.addr1, p.addr2, p.postcode, a.liability_start AS from_on, a.liability_end AS to_on, 'home' AS kind
    FROM vault.staged.council_tax_accounts a JOIN vault.staged.council_tax_properties p USING (property_ref)
    UNION
    SELECT o.account_ref, p.uprn, p.addr1, p.addr2, p.postcode, o.occupation_date, o.vacation_date, 'home'
    FROM vault.staged.council_tax_occupations o JOIN vault.staged.council_tax_properties p USING (property_ref)
    UNION
    SELECT account_ref, NULL, fwd_addr1, fwd_addr2, fwd_postcode, liability_end, NULL, 'forward'
    FROM vault.staged.council_tax_accounts WHERE fwd_addr1 IS NOT NULL
), written AS (
    SELECT 'council_tax_accounts|' || account_ref AS record_id, uprn, addr1, addr2, postcode, from_on, to_on, kind FROM accounts
    UNION ALL
    SELECT 'council_tax_parties|' || p.record_key, a.uprn, a.addr1, a.addr2, a.postcode,
        CASE WHEN kind = 'forward' THEN a.from_on ELSE greatest(a.from_on, p.from_date) END,
        CASE WHEN kind = 'forward' THEN a.to_on ELSE least(a.to_on, p.to_date) END,
        kind FROM accounts a JOIN vault.staged.council_tax_parties p USING (account_ref)
    UNION ALL
    SELECT 'benefit_claims|' || record_key, uprn, addr1, addr2, postcode, application_date, cancel_date, 'home'
    FROM vault.staged.benefit_claims
    UNION ALL
    SELECT 'benefit_members|' || m.record_key, c.uprn, c.addr1, c.addr2, c.postcode, m.from_date, m.to_date, 'home'
    FROM vault.staged.benefit_members m JOIN vault.staged.benefit_claims c USING (claim_id)
    UNION ALL
    SELECT 'benefit_overpayments|' || o.record_key, c.uprn, c.addr1, c.addr2, c.postcode, c.application_date, c.cancel_date, 'home'
    FROM vault.staged.benefit_overpayments o
    JOIN vault.staged.benefit_claims c ON o.claim_ref = c.claim_id || '/' || c.check_digit
    UNION ALL
    SELECT 'tenancy_people|' || p.record_key, t.uprn, t.addr1, t.addr2, t.postcode,
        greatest(t.cot, p.from_date), least(t.eot, p.to_date), 'home'
    FROM vault.staged.tenancy_people p JOIN vault.staged.tenancies t USING (house_ref)
    UNION ALL
    SELECT 'homelessness_cases|' || record_key, last_uprn, last_addr1, NULL, last_postcode, NULL, NULL, 'home'
    FROM vault.staged.homelessness_cases
    UNION ALL
    SELECT 'asb_parties|' || record_key, uprn, addr1, NULL, postcode, NULL, NULL, 'home' FROM vault.staged.asb_parties
    UNION ALL
    SELECT 'debt_respite_notices|' || record_key, NULL, addr1, NULL, postcode, start_date, NULL, 'home'
    FROM vault.staged.debt_respite_notices
    UNION ALL
    SELECT 'vulnerability_register|' || record_key, uprn, address, NULL, postcode, NULL, end_date, 'home'
    FROM vault.staged.vulnerability_register
    UNION ALL
    SELECT 'deaths|' || record_key, NULL, last_addr1, NULL, last_postcode, NULL, dod, 'home' FROM vault.staged.deaths
    UNION ALL
    SELECT 'data_objections|' || record_key, uprn, NULL, NULL, postcode, NULL, NULL, 'home' FROM vault.staged.data_objections
    UNION ALL
    SELECT 'sundry_debts|' || record_key, NULL, addr1, NULL, postcode, NULL, NULL, 'home' FROM vault.staged.sundry_debts
), keyed AS (
    SELECT record_id, kind, from_on, to_on, uprn_key(w.uprn) AS uprn, postcode, postcode_key(postcode) AS code,
        postcode_key(postcode) || '|' || address_key(concat_ws('', addr1, addr2)) AS line_key,
        postcode_key(postcode) || '#' || nullif(address_numbers(concat_ws(' ', addr1, addr2)), '') AS number_key
    FROM written w WHERE record_id IN (SELECT record_id FROM records)
)
SELECT DISTINCT record_id, kind, from_on, to_on, k.postcode, k.code,
    coalesce(g.place, a.place, b.place, k.uprn, CASE WHEN length(line_key) > length(k.code) + 4 THEN line_key END) AS place,
    coalesce(g.place, a.place, b.place) IS NOT NULL AS is_placed
FROM keyed k LEFT JOIN gazetteer g ON g.uprn = k.uprn
LEFT JOIN addresses a ON a.key = k.line_key
LEFT JOIN addresses b ON b.key = k.number_key
"""

# A claim and what hangs on it keep the address of now, or of the end, whatever it was before; a notice keeps that of its day.
_LAST_KNOWN = ("benefit_claims", "benefit_members", "benefit_overpayments", "debt_respite_notices")
_STAYS = """
CREATE OR REPLACE TEMP TABLE record_stays AS
SELECT DISTINCT record_id, {'place': place, 'from_on': from_on, 'to_on': coalesce(to_on, DATE '9999-12-31'), 'code': s.code,
    'is_placed': is_placed, 'is_last_known': r.feed IN $last_known, 'is_let': r.feed = 'tenancy_people' AND r.is_adult} AS stay
FROM spells s JOIN records r USING (record_id) WHERE kind = 'home' AND place IS NOT NULL AND from_on IS NOT NULL
"""

# What each record says of a number, a mailbox, a telephone, or an address for its post; what is not one person's, or one family's,
# names nobody and would tie whoever has it. Counted in people, by names which cannot be one person's writing and by birth dates that
# cannot be one: the first among a value's names and every later one that fits none before it. A value's first names are enough to
# tell, and keep a placeholder of a whole town from being compared with itself. Where half the values of a kind are shared by many, as the
# thousand telephones of the specification are, only what stands out does not count. Set by identity, 2026-12-01.
_MOST_COMPARED, _TIMES_USUAL, _FEWEST_TELL = 60, 3, 100
_SHARED = f"""
CREATE OR REPLACE TEMP TABLE shared_values AS
WITH said AS (
    SELECT 'nino' AS kind, nino AS value, record_id FROM records WHERE nino IS NOT NULL
    UNION ALL SELECT 'email', email, record_id FROM records WHERE email IS NOT NULL
    UNION ALL SELECT 'phone', phone, record_id FROM records WHERE phone IS NOT NULL
    UNION ALL SELECT 'forward', place, record_id FROM spells WHERE kind = 'forward' AND place IS NOT NULL
), named AS (
    SELECT DISTINCT kind, value, fore, families, sur, words, birth_date FROM said JOIN records USING (record_id) WHERE sur IS NOT NULL
), ordered AS (
    SELECT *, row_number() OVER (PARTITION BY kind, value ORDER BY birth_date IS NULL, length(fore) DESC, sur, fore, birth_date) AS place
    FROM named QUALIFY place <= {_MOST_COMPARED}
), others AS (
    SELECT b.kind, b.value FROM ordered b WHERE NOT EXISTS (
        FROM ordered a WHERE a.kind = b.kind AND a.value = b.value AND a.place < b.place AND NOT {{differ}})
), counted AS (
    SELECT kind, value, count(*) AS people FROM others GROUP BY kind, value
), usual AS (
    SELECT kind, median(people) AS people FROM counted GROUP BY kind HAVING count(*) >= {_FEWEST_TELL}
)
SELECT c.kind, c.value FROM counted c LEFT JOIN usual u USING (kind)
WHERE c.people > CASE c.kind WHEN 'nino' THEN $most_of_number ELSE greatest($most, {_TIMES_USUAL} * coalesce(u.people, 1)) END
"""


_SLOTS = """
CREATE OR REPLACE TEMP TABLE slots AS
SELECT record_id, list, position FROM records WHERE list IS NOT NULL AND position IS NOT NULL
"""


def gather(con, declared: Declarations, as_at) -> None:
    """Make the temporary tables named above from `vault.staged`, as at a date. The connection has the vault attached."""
    names.teach(con)
    agreement.teach(con, declared)
    declared_in.teach(con, declared)
    con.execute("SET VARIABLE as_at = ?", [as_at])
    for macro in _ADDRESS_MACROS:
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE no_person_positions AS SELECT unnest(?::BIGINT[]) AS position",
        [list(declared.no_person_positions)],
    )
    for statement in (_GAZETTEER, _ADDRESSES, _CLAIMANTS):
        con.execute(statement)
    con.execute(
        _WRITTEN.format(union=" UNION ALL ".join(_SOURCES.values()), is_nino=identifiers.is_nino_sql("nino")),
        {"as_at": as_at},
    )
    con.execute(_ORDER)
    con.execute(_SEXES)
    minors_born_after = as_at.replace(year=as_at.year - int(declared.limit("oldest_minor")), day=min(as_at.day, 28))
    con.execute(_RECORDS, {"minors_born_after": minors_born_after})
    con.execute(_SPELLS)
    con.execute(_STAYS, {"last_known": list(_LAST_KNOWN)})
    _drop_nobodys_own(con, declared)
    con.execute(_SLOTS)


def _drop_nobodys_own(con, declared: Declarations) -> None:
    """Take from `records` and `spells` each number, mailbox, telephone and forwarding address that more different people give
    than one person, or one family, can be."""
    con.execute(
        _SHARED.format(differ=agreement.differ("a", "b")),
        {"most_of_number": declared.limit("numbers_people"), "most": declared.limit("contacts_people")},
    )
    for column in ("nino", "email", "phone"):
        con.execute(
            f"UPDATE records SET {column} = NULL WHERE {column} IN (SELECT value FROM shared_values WHERE kind = '{column}')"
        )
    con.execute(
        "DELETE FROM spells WHERE kind = 'forward' AND place IN (SELECT value FROM shared_values WHERE kind = 'forward')"
    )
