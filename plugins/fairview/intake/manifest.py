"""Reads a delivery's manifest and judges it: form, source, dates and names. Knows no data file."""

from __future__ import annotations

import json
import re
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


class ManifestFault(Exception):
    """The manifest cannot stand for a delivery: carries the rule."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


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
    try:
        claims = json.loads(
            content.decode("utf-8-sig"), parse_constant=_no_constants, object_pairs_hook=_without_duplicates
        )
        known = {contract.feed for contract in contracts}
        files = [item for item in claims["files"] if item["feed"] in known]
        manifest = Manifest(
            source=_text(claims["source"]),
            extract_date=date.fromisoformat(_text(claims["extract_date"])),
            number=_whole(claims["delivery"], least=1),
            version=str(claims.get("spec_version")),
            entries=tuple(_entry(item) for item in files),
            strangers=tuple(_text(item["file"]) for item in claims["files"] if item["feed"] not in known),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ManifestFault("D64") from None
    feeds = [entry.feed for entry in manifest.entries]
    names = [entry.file for entry in manifest.entries]
    if len(set(feeds)) != len(feeds) or len(set(names)) != len(names):
        raise ManifestFault("D64")
    return manifest


def _no_constants(_: str) -> Any:
    raise ValueError


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the manifest; a key given twice says two things, of which a parser would keep the last in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= _MOST:
        raise TypeError
    return value


def _entry(item: dict[str, Any]) -> Entry:
    control = item["control"]
    digest = _text(item["sha256"]).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError
    return Entry(
        feed=_text(item["feed"]),
        file=_text(item["file"]),
        rows=_whole(item["rows"]),
        control_type=_text(control["type"]),
        control_column=control.get("column"),
        control_value=without_widthless(str(control["value"])).strip(),
        size=_whole(item["bytes"]),
        sha256=digest,
        covers_from=date.fromisoformat(_text(item["covers_from"])),
        covers_to=date.fromisoformat(_text(item["covers_to"])),
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
