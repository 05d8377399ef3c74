"""What the leak scanner looks for: every identifier of the feeds, taken from the vault, and the ways one may be written.

Knows which columns of a contract identify (classes DIR, QUA and REF), what kind of identifier each is, and which kinds
are telling on their own: a postcode is, a birth date or a forename is not, but beside the same person's surname it is.
Refuses to know where it is looked for. All values stay in tables of the connection given; none leaves this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import Column, FeedContract
from fairview.domain.identifiers import NO_FIXED_ABODE

IDENTIFYING = {"DIR", "QUA", "REF"}

# How an identifier written in plain counts. Anything counts as an unkeyed hash, since nothing is a hash by chance.
JOINED = "joined"  # its letters and digits in a row, whatever blanks, hyphens and marks stand between them
BOUNDED = "bounded"  # the same words: digits alone, which dates and times could make up by chance
VALUE = "value"  # only as a whole value (a cell, a field): a surname may be an English word
HASHED = "hashed"  # never in plain: too common to tell a leak from chance

# Columns of an identifying class that point at nobody on their own, with the reason.
NOT_SOUGHT = {
    "title": "Mr and Mrs are said of everybody",
    "gender": "two letters, said of everybody",
    "town": "six towns, said of everybody in them",
    "saon": "'Flat 2' is in every block; sought as part of an address",
    "usrn": "the number of a street, of nobody in it",
}

# A number of seven or fewer digits is met by chance in any log: not sought in plain. Owner: information governance,
# since 2026-11-23; at 10,000 account numbers of eight digits one random number in 10,000 is met by chance.
LEAST_DIGITS = 8
# From eleven digits on (phones, UPRNs, payment references) digits may be joined across blanks and hyphens.
LEAST_JOINED_DIGITS = 11
# Least letters and digits of anything else sought in plain; a name needs two words of two letters.
LEAST_JOINED = 6
# A surname of at least six letters that is no word of the house's own texts is rare enough to count among other words.
LEAST_RARE = 6


@dataclass(frozen=True)
class _Role:
    kind: str
    counts: str


_ROLES = {
    "nino": _Role("national insurance number", JOINED),
    "postcode": _Role("postcode", JOINED),
    "uprn": _Role("UPRN", JOINED),
    "birth": _Role("birth date", HASHED),
    "given": _Role("forename", HASHED),
    "family": _Role("surname", VALUE),
    "whole name": _Role("full name", JOINED),
    "phone": _Role("phone", JOINED),
    "email": _Role("e-mail", JOINED),
    "address": _Role("address", JOINED),
    "paon": _Role("address number", HASHED),
    "street": _Role("street", HASHED),
    "reference": _Role("reference number", JOINED),
}
_BY_NAME = {"forename": "given", "forenames": "given", "surname": "family", "paon": "paon", "street": "street"}


def role(column: Column) -> str | None:
    """What a column identifies by, None where it points at nobody. Follows the contract's facts, then the column's name."""
    if column.sensitivity not in IDENTIFYING or column.name.rsplit("_", 1)[-1] in NOT_SOUGHT:
        return None
    if column.is_birth_date:
        return "birth"
    if column.facts.get("normalise") in ("nino", "postcode", "uprn"):
        return str(column.facts["normalise"])
    if column.sensitivity == "REF":
        return "reference"
    if column.name in _BY_NAME:
        return _BY_NAME[column.name]
    for word in ("phone", "email", "address", "addr"):
        if word in column.name:
            return "address" if word == "addr" else word
    return "whole name" if column.name.endswith("name") else "reference"


def gather(con, catalogue: Catalogue, canaries: Iterable[str] = ()) -> dict[str, int]:
    """Fill `sought(ident, kind, counts, text, origin)` from the attached vault, one row an identifier as it is written.

    `origin` names feed, column and row of one record, no value. `canaries` are words to look for besides, as they are
    and by their sound. Returns identifiers by kind.
    """
    con.execute("CREATE TEMP TABLE gathered (kind VARCHAR, counts VARCHAR, text VARCHAR, origin VARCHAR)")
    held = {(s, t) for s, t in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()}
    for contract in catalogue.feeds:
        for query in _queries(contract, held):
            con.execute(f"INSERT INTO gathered {query}")
    con.executemany(
        "INSERT INTO gathered VALUES ('canary', 'joined', ?, 'given')", [[word] for word in canaries] or [[None]]
    )
    con.execute(
        "CREATE TEMP TABLE sought AS SELECT row_number() OVER (ORDER BY kind, text)::INTEGER AS ident, kind, counts, text, "
        f"min(origin) AS origin FROM gathered WHERE length(text) > 0 AND text <> '{NO_FIXED_ABODE}' GROUP BY kind, counts, text"
    )
    con.execute("DROP TABLE gathered")
    return dict(con.execute("SELECT kind, count(*) FROM sought GROUP BY kind ORDER BY kind").fetchall())


def _queries(contract: FeedContract, held: set[tuple[str, str]]) -> Iterable[str]:
    """SELECTs of kind, counts, text, origin over every table of the vault that holds rows of a feed as they came."""
    roles = {column: found for column in contract.loaded if (found := role(column))}
    for schema in ("staged", "history"):
        if (schema, contract.feed) in held:
            table = f'{schema}."{contract.feed}"'
            cells = {column: f'"{column.staged_name}"::VARCHAR' for column in roles}
            yield from _of_rows(contract, roles, cells, table, ("identity", "record_person") in held)
    if ("intake", "quarantine") in held:
        table = f"(SELECT * FROM intake.quarantine WHERE feed = '{contract.feed}')"
        cells = {column: f"trim(content['{column.name}'])" for column in roles}
        yield from _of_rows(contract, roles, cells, table, False)


def _of_rows(
    contract: FeedContract, roles: dict[Column, str], cells: dict[Column, str], table: str, is_linked: bool
) -> Iterable[str]:
    named = {found: cells[column] for column, found in roles.items()}
    for column, found in roles.items():
        kind = _ROLES[found]
        where = ""
        if found == "whole name" and is_linked:  # firms, voids and 'the occupier' are nobody
            where = f" SEMI JOIN (SELECT record_key FROM identity.record_person WHERE feed = '{contract.feed}') USING (record_key)"
        yield _select(kind.kind, kind.counts, cells[column], contract, column.name, f"{table}{where}")
    for kind, columns, text in _together(named):
        yield _select(kind, JOINED, text, contract, columns, table)


def _together(named: dict[str, str]) -> Iterable[tuple[str, str, str]]:
    """Kinds made of two columns of one row: kind, the columns' roles, SQL of the text. Both orders, both ways of a date."""
    given, family, birth, postcode = (named.get(found) for found in ("given", "family", "birth", "postcode"))
    if given and family:
        for first, second in ((given, family), (family, given)):
            yield "full name", "forename, surname", f"{first} || ' ' || {second}"
    if birth:
        day = f"TRY_CAST({birth} AS DATE)"
        for written in (f"strftime({day}, '%Y-%m-%d')", f"strftime({day}, '%d/%m/%Y')"):
            for kind, other in (("birth date and postcode", postcode), ("birth date and surname", family)):
                if other:
                    yield kind, kind.replace(" and ", ", "), f"{written} || ' ' || {other}"
                    yield kind, kind.replace(" and ", ", "), f"{other} || ' ' || {written}"
    if "paon" in named and "street" in named:
        yield "address", "paon, street", f"{named['paon']} || ' ' || {named['street']}"


def _select(kind: str, counts: str, text: str, contract: FeedContract, columns: str, table: str) -> str:
    return (
        f"SELECT '{kind}', '{counts}', {text} AS text, "
        f"'{contract.source}.{contract.feed} ' || row_number || ' ({columns})' FROM {table} WHERE {text} IS NOT NULL"
    )


def forms(con) -> None:
    """Fill `form(joined, bounds, style, counts, ident)`: the normal forms of what is sought in plain, forwards and reversed.

    `words`, `squash` and `telling` are macros taught to the connection; `bounds` is null where boundaries do not matter.
    """
    teach(con)
    con.execute(
        """CREATE TEMP TABLE worded AS SELECT ident, kind, counts, style, written, words(written)[:6] AS w,
            array_to_string(words(written)[:6], '') AS joined
        FROM (SELECT *, 'plain' AS style, text AS written FROM sought WHERE counts <> 'hashed'
            UNION ALL SELECT *, 'reversed', reverse(text) FROM sought WHERE counts <> 'hashed'
            UNION ALL SELECT *, 'plain', '44' || regexp_replace(text, '[^0-9]', '', 'g')[2:] FROM sought
                WHERE kind = 'phone' AND starts_with(text, '0'))"""
    )
    con.execute(
        f"""CREATE TEMP TABLE form AS SELECT DISTINCT joined, CASE WHEN counts = 'value' THEN array_to_string(w, '|') END AS bounds,
            style, counts, ident FROM worded
        WHERE telling(kind, joined, w) AND NOT (regexp_full_match(joined, '[0-9]+') AND length(joined) < {LEAST_JOINED_DIGITS})"""
    )
    # Digits alone, eight to ten of them: as they stand, and in groups of two, three and four.
    con.execute(
        f"""INSERT INTO form SELECT DISTINCT joined, array_to_string(bounds, '|'), style, 'bounded', ident FROM (
            SELECT *, unnest([w, [joined]] || [regexp_extract_all(joined, '.{{1,' || n || '}}') FOR n IN [2, 3, 4]]) AS bounds
            FROM worded WHERE regexp_full_match(joined, '[0-9]+')
            AND length(joined) BETWEEN {LEAST_DIGITS} AND {LEAST_JOINED_DIGITS - 1})"""
    )
    con.execute(
        """INSERT INTO form SELECT DISTINCT sounds(text), NULL, 'by sound', 'sound', ident FROM sought
        WHERE kind = 'canary' AND len(words(text)) > 1"""
    )


def rare_surnames(con, house_words: str) -> None:
    """Surnames that are rare: let them count among other words. `house_words` is a table of the house's own `word`s."""
    con.execute(
        f"""CREATE TEMP TABLE rare AS SELECT DISTINCT form.* REPLACE ('rare' AS counts) FROM form JOIN sought USING (ident)
        WHERE kind = 'surname' AND length(joined) >= {LEAST_RARE} AND joined NOT IN (SELECT word FROM {house_words})"""
    )
    con.execute("INSERT INTO form FROM rare")
    con.execute("DROP TABLE rare")


def spellings() -> str:
    """SELECT of ident and the ways an identifier may have been spelled before somebody hashed it, as `spelled`."""
    ways = ["text", "upper(text)", "lower(text)", "replace(text, ' ', '')", "upper(replace(text, ' ', ''))"]
    bare = "regexp_replace(text, '[^A-Za-z0-9]', '', 'g')"
    ways += ["lower(replace(text, ' ', ''))", bare, f"upper({bare})", f"lower({bare})"]
    return f"SELECT ident, unnest(list_distinct([{', '.join(ways)}])) AS spelled FROM sought WHERE length(text) >= 4"


# Titles stand between surname and forename ("SMITH, MRS JANE"); midnight follows a date. Neither tells anything.
_IDLE = ("MR", "MRS", "MISS", "MS", "MX", "DR", "REV", "PROF", "SIR", "LADY", "LORD", "DAME", "MASTER", "00:00:00")
# Words of an address that say which dwelling, not where.
_DWELLING = ("FLAT", "UNIT", "ROOM", "APARTMENT", "FLOOR", "GROUND", "FIRST", "SECOND", "THIRD", "THE")

_SOUNDS = "translate(replace(replace(w, 'H', ''), 'W', ''), 'BFPVCGJKQSXZDTLMNRAEIOUY', '111122222222334556000000')"
for _digit in "123456":
    _SOUNDS = f"regexp_replace({_SOUNDS}, '{_digit}+', '{_digit}', 'g')"

_MACROS = (
    f"soundex(w) AS left(w, 1) || left(replace(({_SOUNDS})[2:], '0', '') || '000', 3)",  # Russell and Odell, 1918
    "squash(x) AS strip_accents(upper(regexp_replace(x, '[''’‘`´]', '', 'g')))",
    # A number with dots or colons is one word: a duration or a clock is no account number.
    r"words(x) AS list_filter(regexp_extract_all(squash(x), '[0-9]+(?:[.:][0-9]+)+|[\pL\pN]+'), "
    f"w -> NOT list_contains({list(_IDLE)}, w))",
    "sounds(x) AS array_to_string(list_transform(words(x), w -> soundex(w)), '')",
    f"""telling(kind, joined, w) AS length(joined) >= {LEAST_JOINED} AND CASE
        WHEN kind = 'full name' THEN len(list_filter(w, x -> length(x) >= 2)) >= 2
        WHEN kind = 'address' THEN len(w) >= 3 AND len(list_filter(w, x -> regexp_matches(x, '[0-9]'))) > 0
            AND len(list_filter(w, x -> length(x) >= 4 AND regexp_full_match(x, '[A-Z]+')
                AND NOT list_contains({list(_DWELLING)}, x))) > 0
        WHEN kind = 'reference number' THEN length(joined) >= 7
        ELSE true END""",
)


def teach(con) -> None:
    """Give a connection the macros `words`, `squash`, `sounds` and `telling`."""
    for macro in _MACROS:
        con.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")
