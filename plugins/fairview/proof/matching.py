"""Looks for identifiers in passages of text, by hash joins in DuckDB over runs of words, decoded where they were encoded.

A passage is cut into words; every run of one to six of them, joined, is looked up among the normal forms of what is
sought. So case, blanks, hyphens and marks between the parts do not matter. What looks like base64, hex, a URL or mark-up
is decoded first; what looks like a hash is kept, and met at the end by the hashes of everything sought, in one pass.
Memory is bounded by the batch, whatever the size of a file. Refuses to know: files, and what is done about a finding.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from fairview.proof import own_rows, sought
from fairview.proof.looking import Source
from fairview.store.keys import Keyring

# Longest run of words an identifier is looked for in; a longer one is looked for by its first six.
RUN = 6
BATCH_BYTES = 24 << 20
# In ciphertext letters come by chance: a form must have at least this many of them to count there.
LEAST_IN_NOISE = 7
_HASHES = ("md5", "sha1", "sha256")
# A hash may be cut: 16, 12 or 8 of its digits are compared, the first 64 bits shifted by as much. At 20,000 residents one
# token of 12 digits in ten million meets one of their hashes by chance, of 8 digits one in four hundred: those count in
# an artefact that holds more of them than chance explains. Owner: information governance, since 2026-11-26.
_SHIFTS = (0, 16, 32)
_NO_CHANCE = 1e-6
_UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_PRINTABLE = r"[\x20-\x7E\x{A0}-\x{FFFF}\s]+"

_ENTITIES = {"&amp;": "&", "&#39;": "''", "&#x27;": "''", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&nbsp;": " "}
_UNMARKED = "regexp_replace(text, '<[^>]*>', ' ', 'g')"
for _entity, _mark in _ENTITIES.items():
    _UNMARKED = f"replace({_UNMARKED}, '{_entity}', '{_mark}')"

# Encodings of a whole passage, and of single words in it: name → (where it may be, SQL of what it says).
_ENCODED_WHOLE = {
    "URL": (
        "regexp_matches(text, '%[0-9A-Fa-f]{2}')",
        "coalesce(TRY(url_decode(text)), TRY(url_decode(regexp_replace(text, '%[89A-Fa-f][0-9A-Fa-f]', ' ', 'g'))))",
    ),
    "mark-up": ("contains(text, '<') OR contains(text, '&')", _UNMARKED),
}
_PADDED = "rpad(word, ((length(word) + 3) // 4 * 4)::INTEGER, '=')"
_ENCODED_WORDS = {
    "base64": (
        "list_concat(regexp_extract_all(text, '[A-Za-z0-9+/]{8,}'), regexp_extract_all(text, '[A-Za-z0-9_-]{8,}'))",
        f"TRY(decode(from_base64(replace(replace({_PADDED}, '-', '+'), '_', '/'))))",
    ),
    "hex": ("regexp_extract_all(text, '(?:[0-9A-Fa-f]{2}){6,}')", "TRY(decode(unhex(word)))"),
}


class Passages:
    """Takes passages, and looks through them batch by batch once they are cut into words. A subclass says for what."""

    def __init__(self, con) -> None:
        self._con = con
        self._held: dict[Source, list[tuple[str, bool, str]]] = {}
        self._bytes = 0
        con.execute(
            "CREATE OR REPLACE TEMP TABLE passage (artefact INTEGER, place VARCHAR, is_value BOOLEAN, is_noise BOOLEAN, "
            "is_ours BOOLEAN, text VARCHAR)"
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE suspect (prefix UBIGINT, shift INTEGER, artefact INTEGER, place VARCHAR)"
        )

    def compare(self, artefact: int, zone: str, tables: list[tuple[str, str]], keyring: Keyring) -> None:
        """What is to be done while a generation is attached; nothing, unless a subclass knows better."""

    def _meet(self) -> None:
        """Look through `run`: every word of the batch with the five after it."""
        raise NotImplementedError

    def add(self, source: Source, passages: Iterable[tuple[str, bool, str]]) -> None:
        """Passages as (place, whether it is a whole value, text)."""
        for passage in passages:
            self._held.setdefault(source, []).append(passage)
            self._bytes += len(passage[2]) + len(passage[0])
            if self._bytes >= BATCH_BYTES:
                self.search()

    def add_query(self, source: Source, place: str, is_value: bool, query: str) -> None:
        """Passages straight from an attached database: `query` yields one text column."""
        self._con.execute(
            f"INSERT INTO passage SELECT {source.number}, ?, {is_value}, {source.is_noise}, {source.is_ours}, text "
            f"FROM ({query}) AS t(text) WHERE length(text) > 0",
            [place],
        )
        if self._con.execute("SELECT count(*) FROM passage").fetchone()[0] > BATCH_BYTES // 32:
            self.search()

    def add_tokens(self, source: Source, place: str, query: str) -> None:
        """Values that may be unkeyed hashes and nothing else: `query` yields UUIDs or hex text."""
        self._con.execute(
            f"INSERT INTO suspect SELECT ('0x' || left(replace(text::VARCHAR, '-', ''), 16))::UBIGINT, 0, {source.number}, ? "
            f"FROM ({query}) AS t(text)",
            [place],
        )

    def search(self) -> None:
        """Look through what was taken since the last search, and forget it."""
        import pyarrow as pa

        for source, passages in self._held.items():
            places, values, texts = zip(*passages, strict=True)
            batch = pa.table(
                {"place": pa.array(places), "is_value": pa.array(values), "text": pa.array(texts, pa.large_string())}
            )
            self._con.register("batch", batch)
            self._con.execute(
                f"INSERT INTO passage SELECT {source.number}, place, is_value, {source.is_noise}, {source.is_ours}, text FROM batch"
            )
            self._con.unregister("batch")
        self._held, self._bytes = {}, 0
        self._decode()
        self._cut()
        self._meet()
        self._suspect()
        self._con.execute("TRUNCATE passage")
        self._con.execute("DROP TABLE decoded")
        self._con.execute("DROP TABLE run")

    def _decode(self) -> None:
        """`decoded`: every passage as it is (layer ''), and what is encoded in it. Each coded word is undone once a batch."""
        kept = "artefact, place, is_noise, is_ours"
        parts = [f"SELECT {kept}, is_value, '' AS layer, text FROM passage"]
        for layer, (where, text) in _ENCODED_WHOLE.items():
            parts.append(f"SELECT {kept}, is_value, '{layer}', {text} FROM passage WHERE {where}")
        for layer, (found, text) in _ENCODED_WORDS.items():
            self._con.execute(
                f"CREATE OR REPLACE TEMP TABLE coded_{layer} AS SELECT DISTINCT {kept}, unnest({found}) AS word FROM passage"
            )
            parts.append(
                f"SELECT {kept}, true, '{layer}', text FROM coded_{layer} JOIN (SELECT word, {text} AS text FROM "
                f"(SELECT DISTINCT word FROM coded_{layer}) WHERE length(word) % 4 <> 1) USING (word) "
                f"WHERE length(text) >= {sought.LEAST_JOINED} AND regexp_full_match(text, '{_PRINTABLE}')"
            )
        self._con.execute("CREATE TEMP TABLE decoded AS " + " UNION ALL ".join(parts))

    def _cut(self) -> None:
        """`run`: every word with the five after it, and its place among the words of its passage."""
        clean = f"regexp_replace(regexp_replace(text, '{_UUID}', ' ', 'g'), '[0-9a-fA-F]{{32,}}', ' ', 'g')"
        kept = "artefact, place, is_value, is_noise, is_ours, layer, size"
        self._con.execute(
            f"CREATE TEMP TABLE run AS SELECT {kept}, nth, {', '.join(f'w[nth + {n}] AS w{n + 1}' for n in range(RUN))} FROM "
            f"(SELECT {kept}, w, unnest(range(1, size + 1)) AS nth FROM "
            f"(SELECT *, len(w) AS size FROM (SELECT *, words({clean}) AS w FROM decoded)))"
        )

    def _suspect(self) -> None:
        """Keep the first 16 hex digits of whatever looks like a hash, and words that look like one cut shorter."""
        found = (
            "list_concat(regexp_extract_all(lower(text), '[0-9a-f]{16,}'), "
            f"list_transform(regexp_extract_all(lower(text), '{_UUID}'), u -> replace(u, '-', '')))"
        )
        self._con.execute(
            f"INSERT INTO suspect SELECT DISTINCT ('0x' || left(word, 16))::UBIGINT, 0, artefact, place "
            f"FROM (SELECT artefact, place, unnest(list_distinct({found})) AS word FROM decoded)"
        )
        in_plain = "NOT is_noise AND regexp_matches(w1, '[0-9]') AND regexp_matches(w1, '[A-F]')"
        for digits, shift, where in ((12, 16, "true"), (8, 32, in_plain)):
            self._con.execute(
                f"INSERT INTO suspect SELECT DISTINCT ('0x' || left(w1, {digits}))::UBIGINT, {shift}, artefact, place FROM run "
                f"WHERE length(w1) BETWEEN {digits} AND {digits + 3} AND regexp_full_match(w1, '[0-9A-F]+') AND {where}"
            )


class Matcher(Passages):
    """Remembers where an identifier was met. One for each scan; the connection holds `sought`, `form` and `house_word`."""

    def __init__(self, con) -> None:
        super().__init__(con)
        con.execute("CREATE TEMP TABLE met (artefact INTEGER, place VARCHAR, form VARCHAR, ident INTEGER)")
        self._by_sound = bool(con.execute("SELECT count(*) FROM form WHERE counts = 'sound'").fetchone()[0])

    def compare(self, artefact: int, zone: str, tables: list[tuple[str, str]], keyring: Keyring) -> None:
        """Compare the tables of persons in the attached zone with the vault's people, row by row."""
        own_rows.compare(self._con, artefact, zone, tables, keyring)

    def _meet(self) -> None:
        """Join every run of words with the forms sought."""
        for n in range(1, RUN + 1):
            parts = [f"w{k}" for k in range(1, n + 1)]
            joined, bounds = " || ".join(parts), " || '|' || ".join(parts)
            self._con.execute(
                f"INSERT INTO met SELECT DISTINCT artefact, place, trim(concat_ws(' ', nullif(layer, ''), style)), ident "
                f"FROM (SELECT *, {joined} AS joined, {bounds} AS bounds FROM run "
                f"WHERE w{n} IS NOT NULL AND length({joined}) BETWEEN {sought.LEAST_JOINED} AND 80) AS here "
                "JOIN form USING (joined) WHERE (form.bounds IS NULL OR form.bounds = here.bounds) "
                f"AND (NOT is_noise OR layer <> '' OR length(joined) >= {LEAST_IN_NOISE}) "
                f"AND CASE counts WHEN 'value' THEN is_value AND nth = 1 AND size = {n} WHEN 'rare' THEN is_ours "
                "WHEN 'sound' THEN false ELSE true END"
            )
        if self._by_sound:
            self._con.execute(
                "INSERT INTO met SELECT DISTINCT artefact, place, style, ident FROM "
                "(SELECT *, soundex(w1) || soundex(w2) AS joined FROM run WHERE length(w1) > 1 AND length(w2) > 1) "
                "JOIN form USING (joined) WHERE counts = 'sound' AND (is_ours OR is_value)"
            )

    def finish(self) -> None:
        """Search what is left, then meet everything that looks like a hash with the hashes of everything sought."""
        self.search()
        self._con.execute(
            f"CREATE TEMP TABLE spelled AS {sought.spellings()} AND squash(text) NOT IN (SELECT word FROM house_word)"
        )
        hashed = " UNION ALL ".join(
            f"SELECT ident, '{name}' AS form, ('0x' || left({name}(spelled), 16))::UBIGINT AS prefix FROM spelled"
            for name in _HASHES
        )
        shifts = ", ".join(f"({shift})" for shift in _SHIFTS)
        self._con.execute(
            f"CREATE TEMP TABLE cut_met AS WITH seen AS (SELECT DISTINCT * FROM suspect) "
            f"SELECT artefact, place, form, ident, shift, seen.prefix FROM (SELECT ident, form, shift, prefix >> shift AS prefix "
            f"FROM ({hashed}), (VALUES {shifts}) AS cut(shift)) JOIN seen USING (shift, prefix)"
        )
        self._con.execute(
            "INSERT INTO met SELECT DISTINCT artefact, place, 'unkeyed ' || form, ident FROM cut_met "
            "WHERE shift < 32 OR list_contains(?, artefact)",
            [self._beyond_chance()],
        )

    def _beyond_chance(self) -> list[int]:
        """Artefacts that hold more hashes cut to eight digits than that many random tokens would make up."""
        hashes = 3 * self._con.execute("SELECT count(*) FROM spelled").fetchone()[0]
        tokens = dict(
            self._con.execute(
                "SELECT artefact, count(DISTINCT prefix) FROM suspect WHERE shift = 32 GROUP BY ALL"
            ).fetchall()
        )
        met = self._con.execute(
            "SELECT artefact, count(DISTINCT prefix) FROM cut_met WHERE shift = 32 GROUP BY ALL"
        ).fetchall()
        return [
            artefact for artefact, count in met if _at_least(count, tokens[artefact] * hashes / 2.0**32) < _NO_CHANCE
        ]


def _at_least(count: int, expected: float) -> float:
    """The chance of at least so many of rare events (Poisson)."""
    term, fewer = math.exp(-expected), 0.0
    for number in range(count):
        fewer += term
        term *= expected / (number + 1)
    # Small chances drown in 1 - fewer: the tail's own first term bounds them from below and is nearly all of them.
    return max(1 - fewer, term)
