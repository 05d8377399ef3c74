"""How references of the world outside are written one way: postcodes, UPRNs, national insurance numbers.

Knows their form and which are never issued, as a Python function and as an SQL expression saying the same. Refuses to know whether
one exists.
"""

from __future__ import annotations

import re

# What HM Revenue and Customs issues (National Insurance Manual NIM39110): some letters and prefixes never. A number with one is
# temporary (TN and the birth date), of another scheme, or typed to fill a field. QQ is never issued either, but every invented number
# of the specification starts so: such a number is judged by how many different people hold it. Set by identity, 2026-12-01.
_ISSUED = "^(QQ|[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z])[0-9]{6}[A-D]?$"
_NEVER_ISSUED = "^(BG|GB|KN|NK|NT|TN|ZZ)"

# No fixed abode, by NHS convention: a meaning, not an address.
NO_FIXED_ABODE = "ZZ99 3VZ"
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")
_UPRN = re.compile(r"0*[1-9][0-9]{0,11}")


def postcode(text: str | None) -> str | None:
    """Upper case with one blank before the last three characters; None for blank. What is no postcode stays, tidied."""
    if not text or not text.strip():
        return None
    packed = re.sub(r"\s", "", text).upper()
    return f"{packed[:-3]} {packed[-3:]}" if 5 <= len(packed) <= 7 else packed


def is_postcode(text: str | None) -> bool:
    """Whether the text has the form of a United Kingdom postcode, with or without its blank."""
    return bool(text) and bool(_POSTCODE.fullmatch(re.sub(r"\s", "", text).upper()))


def uprn(text: str | None) -> str | None:
    """Digits without leading zeros; None for blank or what cannot be a unique property reference number."""
    packed = (text or "").strip()
    return packed.lstrip("0") if _UPRN.fullmatch(packed) and len(packed) <= 12 else None


def nino(text: str | None) -> str | None:
    """Upper case without blanks; None for blank."""
    return re.sub(r"\s", "", text).upper() or None if text else None


def postcode_sql(value: str) -> str:
    """`postcode` as an SQL expression over a stripped text expression, null for null."""
    packed = f"upper(replace({value}, ' ', ''))"
    return f"CASE WHEN length({packed}) BETWEEN 5 AND 7 THEN {packed}[:-4] || ' ' || {packed}[-3:] ELSE {packed} END"


def uprn_sql(value: str) -> str:
    """`uprn` as an SQL expression; null where the text cannot be one."""
    return f"CASE WHEN {value} SIMILAR TO '[0-9]{{1,12}}' THEN nullif(ltrim({value}, '0'), '') END"


def nino_sql(value: str) -> str:
    """`nino` as an SQL expression."""
    return f"nullif(upper(replace({value}, ' ', '')), '')"


def is_nino(text: str | None) -> bool:
    """Whether the text, as `nino` writes it, can be one person's national insurance number; the last letter may be missing."""
    written = nino(text)
    return bool(written and re.search(_ISSUED, written) and not re.search(_NEVER_ISSUED, written))


def is_nino_sql(value: str) -> str:
    """`is_nino` as an SQL expression; null for null."""
    written = nino_sql(value)
    return f"(regexp_matches({written}, '{_ISSUED}') AND NOT regexp_matches({written}, '{_NEVER_ISSUED}'))"
