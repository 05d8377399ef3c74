"""Reads a delivery's manifest and judges it: form, source, dates and names. Knows no data file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairview.contracts.feed import FeedContract
from fairview.intake.forms.marks import without_widthless

SPEC_VERSION = "1.0"
# More rows, bytes or deliveries than any council has.
_MOST = 10**12
# What a delivered file may be called, whatever the contract says (house rule 96).
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


# The keys of the specification, section 1: a message may name them, and no other.
_KEYS = {
    "source", "extract_date", "delivery", "spec_version", "files", "feed", "file", "kind", "rows", "control", "type",
    "column", "value", "bytes", "sha256", "covers_from", "covers_to",
}  # fmt: skip


class ManifestFault(Exception):
    """The manifest cannot stand for a delivery: carries the rule, and the key at fault where it is one agreed."""

    def __init__(self, rule: str, key: str | None = None) -> None:
        super().__init__(rule)
        self.rule, self.key = rule, key if key in _KEYS else None


@dataclass(frozen=True)
class Entry:
    """One file as the manifest describes it."""

    feed: str
    file: str
    rows: int
    control_type: str
    control_column: str | None
    control_value: str
    size: int
    sha256: str
    covers_from: date
    covers_to: date


@dataclass(frozen=True)
class Manifest:
    """One delivery as it describes itself. `strangers` counts entries for feeds no contract knows."""

    source: str
    extract_date: date
    number: int
    version: str
    entries: tuple[Entry, ...]
    strangers: tuple[str, ...]


def read(content: bytes, contracts: tuple[FeedContract, ...]) -> Manifest:
    """The manifest in a file's bytes. Raises ManifestFault (D64) when it is not what the specification says."""
    claims = parsed(content)
    known = {contract.feed for contract in contracts}
    items = _of(claims, "files", list)
    entries = tuple(_entry(item) for item in items if _of(item, "feed", _text) in known)
    for key, values in (("feed", [one.feed for one in entries]), ("file", [one.file for one in entries])):
        if len(set(values)) != len(values):
            raise ManifestFault("D64", key)
    return Manifest(
        source=_of(claims, "source", _text),
        extract_date=_of(claims, "extract_date", _date),
        number=_of(claims, "delivery", lambda value: _whole(value, least=1)),
        version=str(claims.get("spec_version")),
        entries=entries,
        strangers=tuple(_of(item, "file", _text) for item in items if item["feed"] not in known),
    )


def parsed(content: bytes) -> dict[str, Any]:
    """What a manifest claims, before it is judged: the one way its bytes are read. Raises ManifestFault (D64)."""
    try:
        claims = json.loads(
            content.decode("utf-8-sig"), parse_constant=_no_constants, object_pairs_hook=_without_duplicates
        )
    except (ValueError, RecursionError):
        raise ManifestFault("D64") from None
    if not isinstance(claims, dict):
        raise ManifestFault("D64")
    return claims


def _no_constants(_: str) -> Any:
    raise ValueError


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the manifest; a key given twice says two things, of which a parser would keep the last in silence."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ManifestFault("D64", key)
        found[key] = value
    return found


def _of(item: dict[str, Any], key: str, read: Callable[[Any], Any]) -> Any:
    """What stands under a key. Raises ManifestFault, which names the key, where it is missing or holds something else."""
    try:
        return read(item[key])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ManifestFault("D64", key) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= _MOST:
        raise TypeError
    return value


def _date(value: Any) -> date:
    return date.fromisoformat(_text(value))


def _digest(value: Any) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", digest := _text(value).lower()):
        raise ValueError
    return digest


def _entry(item: dict[str, Any]) -> Entry:
    control = _of(item, "control", dict)
    return Entry(
        feed=_of(item, "feed", _text),
        file=_of(item, "file", _text),
        rows=_of(item, "rows", _whole),
        control_type=_of(control, "type", _text),
        control_column=control.get("column"),
        control_value=_of(control, "value", lambda value: without_widthless(str(value)).strip()),
        size=_of(item, "bytes", _whole),
        sha256=_of(item, "sha256", _digest),
        covers_from=_of(item, "covers_from", _date),
        covers_to=_of(item, "covers_to", _date),
    )


def file_name(contract: FeedContract, extract_date: date) -> str:
    """The agreed name of a feed's file for an extract date."""
    pattern = contract.facts["fileName"]
    return (
        pattern.replace("{yyyymmdd}", extract_date.strftime("%Y%m%d"))
        .replace("{yyyy}", extract_date.strftime("%Y"))
        .replace("{mm}", extract_date.strftime("%m"))
    )


def name_pattern(contract: FeedContract) -> re.Pattern[str]:
    """The agreed name of a feed's file for any extract date."""
    text = re.escape(contract.facts["fileName"])
    for word, digits in (("yyyymmdd", 8), ("yyyy", 4), ("mm", 2)):
        text = text.replace(rf"\{{{word}\}}", rf"\d{{{digits}}}")
    return re.compile(text)


def manifest_name(source: str, extract_date: date) -> str:
    """The agreed name of a delivery's manifest."""
    return f"MANIFEST_{source.upper()}_{extract_date:%Y%m%d}.json"
