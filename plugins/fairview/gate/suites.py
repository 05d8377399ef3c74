"""Suites: what must be true of a table before it replaces what is published, read from `expectations/`.

Knows: a service's own suite for a table (`expectations/<service>/<table>.json`, Great Expectations' own JSON) and the
house's (`expectations/_house/*.json`), which hold for every published table and are written with placeholders:

  $table, $key, $as_at              the card's table, its key columns, the candidate's as-at date
  $columns_of_text                  what may hold words (everything but numbers, dates, booleans and UUIDs), as one text
  $small_counts, $long_numbers      a condition over the columns that hold counts; over the other whole numbers
  $rows_low, $rows_high             what `meta.limits` makes of the published generation's rows
  $limit_<word>                     any other number of `meta.limits`
  $rows_a_subject                   how many rows one person or household had, on average, when last published
  $wordings                         a query of codes with two wordings, of the columns x_code and x_label
  $labels_apart, $codes_of_words    a condition: one of a code and its wording without the other; a code of more than one word
  $shares, $blanks, $levels         queries that set every column beside its published self (`drift`)

`meta.needs` names the columns, and `meta.roles` the roles of table, for which a house expectation makes sense; `subject`
stands for the pseudonym of a person or household, `published` for a generation to compare with.
Refuses to know: the data. An expectation that does not make sense is an error, never passed over.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import Table
from fairview.domain.disclosure import ROUNDING, THRESHOLD
from fairview.domain.verdicts import Severity
from fairview.errors import DeclarationError
from fairview.gate import drift

_HOUSE = "_house"
_NO_WORDS = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|DOUBLE|FLOAT|DATE|TIME.*|BOOLEAN|UUID|INTERVAL)"
)
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
_NOT_WORDED = {"event_code"}  # what happened is worded with its detail: "Summons", "Frozen (breathing space)"
_NOT_ONE_WORD = {"comparison_code"}  # "at least", as the rule packs write it
_META = ("id", "why", "owner", "since")
_SUBJECTS = ("household_id", "person_id")  # the first that a table has is whom its rows are about


@dataclass(frozen=True)
class Shape:
    """What a house expectation may depend on: the table's card, columns with types, as-at date, and all that before."""

    table: Table
    columns: Mapping[str, str]
    as_at: str
    rows_before: int | None = None
    columns_before: Mapping[str, str] | None = None
    as_at_before: str = ""
    subjects_before: int | None = None


def subject(columns: Iterable[str]) -> str:
    """The column that says whom a table's rows are about; '' of a table about nobody."""
    return next((name for name in _SUBJECTS if name in columns), "")


def fingerprint(catalogue: Catalogue, service: str) -> str:
    """SHA-256 over every suite that judges a service, names and bytes: what a verdict is bound to."""
    folders = (catalogue.house / "expectations" / _HOUSE, catalogue.house / "expectations" / service)
    return _hashed(catalogue.house, [path for folder in folders for path in folder.glob("*.json")])


def rules_fingerprint(catalogue: Catalogue, service: str) -> str:
    """SHA-256 over a service's rule packs and its card: the rules whose answer is judged."""
    seeds = list((catalogue.house / "dbt_project" / "seeds" / service).glob("*.csv"))
    return _hashed(catalogue.house, [*seeds, catalogue.service(service).path])


def _hashed(house: Path, paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(house).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def expectations(catalogue: Catalogue, service: str, shape: Shape) -> list[dict[str, Any]]:
    """The house's and the service's expectations of one table, placeholders filled in, ready for Great Expectations.

    Raises DeclarationError when the service has no suite for the table, or an empty one, or one that makes no sense.
    """
    path = catalogue.house / "expectations" / service / f"{shape.table.name}.json"
    if not path.is_file():
        raise DeclarationError("it has no suite")
    own = _read(path)
    if not own:
        raise DeclarationError("its suite is empty")
    house = [
        _fill(item, shape)
        for suite in sorted((catalogue.house / "expectations" / _HOUSE).glob("*.json"))
        for item in _read(suite)
        if _applies(item, shape)
    ]
    if not house:
        raise DeclarationError("the house's suites are missing")
    found = [*house, *own]
    names = [item["meta"]["id"] for item in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeclarationError(f"expectations share the id {', '.join(twice)}")
    return found


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["expectations"]
        for item in found:
            if not isinstance(item["type"], str) or not isinstance(item.setdefault("kwargs", {}), dict):
                raise ValueError(item["type"])
            missing = [word for word in _META if not item["meta"].get(word)]
            if missing or item.get("severity") not in tuple(Severity):
                raise ValueError(item["type"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeclarationError(f"the suite {path.parent.name}/{path.name} makes no sense") from error
    return found


def _applies(item: dict[str, Any], shape: Shape) -> bool:
    """Whether a house expectation makes sense for the table; what it needs and does not find there it cannot judge."""
    meta = item["meta"]
    if meta.get("roles") and shape.table.role not in meta["roles"]:
        return False
    has = {
        "columns_of_text": bool(_columns_of_text(shape)),
        "small_counts": bool(_counts(shape)),
        "long_numbers": bool(_numbers(shape)),
        "wordings": bool(_wordings(shape)),
        "labels_apart": bool(_worded(shape)),
        "codes_of_words": bool(_codes(shape)),
        "person_beside_key": "person_id" in shape.columns and "person_id" not in shape.table.key,
        "subject": bool(subject(shape.columns)),
        "published": shape.rows_before is not None,
        **{name: bool(query) for name, query in _drift(shape).items()},
    }
    return all(has.get(need, need in shape.columns) for need in meta.get("needs", ()))


def _fill(item: dict[str, Any], shape: Shape) -> dict[str, Any]:
    words: dict[str, Any] = {
        "table": shape.table.name,
        "key": ", ".join(map(_quoted, shape.table.key)),
        "key_is_blank": " OR ".join(f"{_quoted(name)} IS NULL" for name in shape.table.key),
        "as_at": shape.as_at,
        "columns_of_text": _as_one_text(_columns_of_text(shape)),
        "small_counts": " OR ".join(
            f"{_quoted(name)} < {THRESHOLD} OR {_quoted(name)} % {ROUNDING} <> 0" for name in _counts(shape)
        ),
        "long_numbers": " OR ".join(
            f"{_quoted(name)} BETWEEN 10000000000 AND 999999999999" for name in _numbers(shape)
        ),
    }
    words["wordings"] = _wordings(shape)
    words["labels_apart"] = " OR ".join(
        f"({_quoted(code)} IS NULL) <> ({_quoted(label)} IS NULL)" for code, label in _worded(shape)
    )
    words["codes_of_words"] = " OR ".join(f"contains({_quoted(name)}::VARCHAR, ' ')" for name in _codes(shape))
    words["rows_a_subject"] = round(_rows_a_subject(shape), 4)
    words |= _limits(item["meta"].get("limits"), shape) | _drift(shape)

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(part) for name, part in value.items()}
        if isinstance(value, list):
            return [filled(part) for part in value]
        if not isinstance(value, str):
            return value
        if value.removeprefix("$") in words and value.startswith("$"):
            return words[value[1:]]
        return re.sub(r"\$(" + "|".join(words) + r")\b", lambda found: str(words[found.group(1)]), value)

    meta = {**item["meta"], "figures": filled(item["meta"]["figures"])} if "figures" in item["meta"] else item["meta"]
    return {**item, "kwargs": filled(item["kwargs"]), "meta": meta}


def _drift(shape: Shape) -> dict[str, str]:
    """Queries that set the table beside its published self; none before the first publication."""
    if shape.columns_before is None:
        return {}
    columns, table = drift.compared(shape.columns, shape.columns_before), shape.table.name
    return {
        "shares": drift.shares(table, columns),
        "blanks": drift.blanks(table, columns),
        "levels": drift.levels(table, columns, shape.as_at, shape.as_at_before),
    }


def _rows_a_subject(shape: Shape) -> float:
    return max(1.0, (shape.rows_before or 0) / (shape.subjects_before or 1)) if shape.subjects_before else 1.0


def _limits(limits: dict[str, Any] | None, shape: Shape) -> dict[str, float]:
    """Every number of the limits as `limit_<word>`; and fewest and most rows allowed: the declared shares of the rows
    before, never tighter than the tolerance in rows, nor than chance.

    Rows of one person or household come and go together, so chance counts these: two counts of S differ by sqrt(2 S).
    """
    if not limits:
        return {}
    numbers = {f"limit_{word}": number for word, number in limits.items() if isinstance(number, int | float)}
    before = shape.rows_before
    if before is None or not {"low", "high", "tolerance_rows", "chance"} <= limits.keys():
        return numbers
    by_chance = limits["chance"] * math.sqrt(2 * (shape.subjects_before or before)) * _rows_a_subject(shape)
    slack = max(int(limits["tolerance_rows"]), math.ceil(by_chance))
    return numbers | {
        "rows_low": max(0, min(math.floor(before * limits["low"]), before - slack)),
        "rows_high": max(math.ceil(before * limits["high"]), before + slack),
    }


def _columns_of_text(shape: Shape) -> list[str]:
    return [name for name, kind in shape.columns.items() if not _NO_WORDS.fullmatch(kind.upper())]


def _counts(shape: Shape) -> list[str]:
    return [n for n, kind in shape.columns.items() if n.endswith("_count") and _WHOLE.fullmatch(kind.upper())]


def _numbers(shape: Shape) -> list[str]:
    """Whole numbers that are not money: only money is ever that long."""
    return [n for n, kind in shape.columns.items() if _WHOLE.fullmatch(kind.upper()) and not n.endswith("_pence")]


def _wordings(shape: Shape) -> str:
    """A query of every code with two wordings, or wording with two codes, among the columns x_code and x_label."""
    pairs = [(_quoted(code), _quoted(label)) for code, label in _worded(shape) if code not in _NOT_WORDED]
    return " UNION ALL ".join(
        f"SELECT {one}::VARCHAR FROM {{batch}} WHERE {one} IS NOT NULL GROUP BY {one} HAVING count(DISTINCT {other}::VARCHAR) > 1"
        for pair in pairs
        for one, other in (pair, pair[::-1])
    )


def _worded(shape: Shape) -> list[tuple[str, str]]:
    """Every column x_code that has an x_label beside it, with that."""
    pairs = ((name, f"{name.removesuffix('_code')}_label") for name in shape.columns if name.endswith("_code"))
    return [(code, label) for code, label in pairs if label in shape.columns]


def _codes(shape: Shape) -> list[str]:
    """Columns of codes and of names of rules."""
    return [n for n in shape.columns if (n.endswith("_code") or n == "rule_id") and n not in _NOT_ONE_WORD]


def _as_one_text(columns: list[str]) -> str:
    """All words of a row as one text, pseudonyms taken out: their last digits can look like a number of the world."""
    joined = ", ".join(f"{_quoted(name)}::VARCHAR" for name in columns)
    pseudonym = "[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
    return f"regexp_replace(concat_ws(chr(10), {joined}), '{pseudonym}', '', 'g')"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
