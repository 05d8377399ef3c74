"""Takes one delivery through every check, in the specification's order, without loading anything.

Manifest, presence, checksum, structure, trailer and control total, row rules, ties between feeds, comparison with the
delivery before. What it finds is handed to `receive` (which loads) or `check` (which only tells).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import FeedContract
from fairview.intake import comparing, crossing, deliveries, judging, landing, manifest, past, reading
from fairview.intake.deliveries import Delivery
from fairview.intake.judging import Judged
from fairview.intake.manifest import Entry, Manifest
from fairview.intake.past import Past


@dataclass
class Examined:
    """A delivery as the checks left it. `refusals` refuse the delivery whole; `files` carry their own."""

    delivery: Delivery
    manifest: Manifest | None = None
    manifest_sha256: str | None = None
    refusals: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    warnings: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    strangers: list[tuple[str | None, str]] = field(default_factory=list)
    files: list[Judged] = field(default_factory=list)
    absent: list[tuple[FeedContract, str, str]] = field(default_factory=list)
    known: list[tuple[str | None, str]] = field(default_factory=list)
    names: tuple[str, ...] = ()
    landed: dict[str, tuple[str, int]] = field(default_factory=dict)
    unusable: set[str] = field(default_factory=set)
    replaces: tuple[str, ...] = ()
    replay_of: str | None = None

    @property
    def extract_date(self) -> date | None:
        """The manifest's, once believed; for one that contradicts its files, what folder or file names say."""
        if self.manifest and ("D11", {}) not in self.refusals:
            return self.manifest.extract_date
        return self.delivery.folder_date or deliveries.day_in_names(self.delivery.folder) or self.delivery.extract_date

    @property
    def number(self) -> int | None:
        return self.manifest.number if self.manifest else self.delivery.number

    @property
    def content(self) -> str:
        """The content of what was looked at, not of what may have been put in its place since."""
        taken = {name: sha256 for name, (sha256, _) in self.landed.items()} | dict.fromkeys(self.unusable, "")
        return deliveries.content(self.delivery, self.names, taken)

    def refuse(self, rule: str, **facts: Any) -> None:
        self.refusals.append((rule, facts))


@dataclass(frozen=True)
class Keeping:
    """Where landing copies and scratch go; all None for a check that keeps nothing."""

    folder: Path | None = None
    key: bytes | None = field(default=None, repr=False)
    work: Path | None = None


def examine(con, delivery: Delivery, catalogue: Catalogue, keeping: Keeping, known: Past | None) -> Examined:
    """All checks of one delivery on a connection whose current database holds the vault's tables.

    `known` None means the past cannot be told (a supplier's own check).
    """
    found = Examined(delivery, names=tuple(path.name for path in deliveries.entries(delivery.folder)))
    if len(found.names) > deliveries.MOST_ENTRIES:
        found.refuse("too-many-files")
        return found
    contracts = catalogue.of_source(delivery.source)
    _read_manifest(found, contracts, keeping)
    if not found.refusals and found.manifest:
        _judge_names(found, contracts)
    if not found.refusals and found.manifest:
        _judge_order(found, known)
    if not found.refusals and found.manifest:
        _judge_presence(found, contracts)
    if found.refusals or not found.manifest:
        _list_known(found, contracts)
        return found
    landed = _take_in(found, contracts, keeping)
    try:
        _judge_number(found, known)
        if not found.refusals and not found.replay_of:
            _judge_files(con, found, catalogue, keeping, landed, known)
    finally:
        for one in landed.values():
            one.close()
    if found.refusals:
        _list_known(found, contracts)
    return found


# --- manifest ----------------------------------------------------------------------------------------------------


def _read_manifest(found: Examined, contracts: tuple[FeedContract, ...], keeping: Keeping) -> None:
    if not contracts:
        return found.refuse("wrong-source")
    paths = [found.delivery.folder / name for name in found.names if deliveries.is_manifest(name)]
    if len(paths) != 1:
        return found.refuse("two-manifests" if paths else "D10")
    told = {"file": paths[0].name} if manifest.NAME.fullmatch(paths[0].name) else {}
    try:
        landed = landing.take_in(paths[0], deliveries.MOST_MANIFEST_BYTES, keeping.folder, keeping.key)
    except landing.Unusable as fault:
        found.unusable.add(paths[0].name)
        return found.refuse("D64" if fault.rule == "too-large" else fault.rule, **told)
    try:
        content = os.read(landed.descriptor, deliveries.MOST_MANIFEST_BYTES)
    finally:
        landed.close()
    found.manifest_sha256 = landed.sha256
    found.landed[paths[0].name] = (landed.sha256, landed.size)
    try:
        read = manifest.read(content, contracts)
    except manifest.ManifestFault as fault:
        return found.refuse(fault.rule, key=fault.key, **told)
    if read.source != found.delivery.source:
        return found.refuse("wrong-source")
    found.manifest = read
    if paths[0].name != manifest.manifest_name(read.source, read.extract_date):
        found.refuse("D11")
    if read.version != manifest.SPEC_VERSION:
        found.warnings.append(("spec-version", {}))
    return None


def _judge_names(found: Examined, contracts: tuple[FeedContract, ...]) -> None:
    """D11: folder, manifest and file names tell one extract date."""
    assert found.manifest
    day, by_feed = found.manifest.extract_date, {contract.feed: contract for contract in contracts}
    if found.delivery.folder_date not in (None, day):
        found.refuse("D11")
        return
    for entry in found.manifest.entries:
        contract = by_feed[entry.feed]
        if entry.file != manifest.file_name(contract, day) and manifest.name_pattern(contract).fullmatch(entry.file):
            found.refuse("D11")
            return


def _judge_order(found: Examined, known: Past | None) -> None:
    """D13: never back behind what was accepted; the same date only under a higher number, or the very same again."""
    assert found.manifest
    last = known.last if known else None
    if last and (found.manifest.extract_date, found.manifest.number) < (last.extract_date, last.number):
        found.refuse("D13")


def _judge_presence(found: Examined, contracts: tuple[FeedContract, ...]) -> None:
    """D01, D02, D55: what is named is there, what is there is named, and what nobody may publish without came."""
    assert found.manifest
    named = {entry.feed: entry for entry in found.manifest.entries}
    there = set(found.names)
    for contract in contracts:
        entry = named.get(contract.feed)
        if entry is not None and entry.file in there:
            continue
        agreed = manifest.file_name(contract, found.manifest.extract_date)
        if contract.blocking:
            found.refuse(contract.blocking["rule"], file=agreed)
        found.absent.append((contract, agreed, "D01" if entry else "not-named"))
    expected = {entry.file for entry in named.values()} | set(found.landed)
    for name in sorted(there - expected) + list(found.manifest.strangers):
        usable = bool(manifest.NAME.fullmatch(name))
        found.strangers.append((name, "D02") if usable else (None, "unusable-name"))
    if len(found.strangers) > deliveries.MOST_ENTRIES:
        found.refuse("too-many-files")


def _list_known(found: Examined, contracts: tuple[FeedContract, ...]) -> None:
    """The files a refused delivery is known to hold, by manifest or by name."""
    if found.manifest:
        by_feed = {contract.feed: contract for contract in contracts}
        day = found.extract_date or found.manifest.extract_date
        found.known = [(one.feed, manifest.file_name(by_feed[one.feed], day)) for one in found.manifest.entries]
        found.known += [(contract.feed, file) for contract, file, rule in found.absent if rule == "not-named"]
        return
    patterns = [(contract.feed, manifest.name_pattern(contract)) for contract in contracts]
    for name in found.names:
        found.known += [(feed, name) for feed, pattern in patterns if pattern.fullmatch(name)]


# --- files -------------------------------------------------------------------------------------------------------


def _take_in(found: Examined, contracts: tuple[FeedContract, ...], keeping: Keeping) -> dict[str, landing.Landed]:
    """Land every named file that is there; what cannot be taken in, or is not what the manifest says, is refused."""
    assert found.manifest
    by_feed = {contract.feed: contract for contract in contracts}
    missing = {contract.feed for contract, _, _ in found.absent}
    landed: dict[str, landing.Landed] = {}
    for entry in found.manifest.entries:
        if entry.feed in missing:
            continue
        file = Judged(by_feed[entry.feed], entry, found.manifest.extract_date, received=entry.rows)
        found.files.append(file)
        if entry.file != file.name:
            file.refuse("file-name")
            continue
        try:
            landed[entry.feed] = landing.take_in(
                found.delivery.folder / entry.file, reading.MOST_FILE_BYTES, keeping.folder, keeping.key
            )
        except landing.Unusable as fault:
            found.unusable.add(entry.file)
            file.refuse(fault.rule)
            continue
        found.landed[file.name] = (landed[entry.feed].sha256, landed[entry.feed].size)
        _judge_bytes(file, entry, landed[entry.feed])
    return landed


def _judge_bytes(file: Judged, entry: Entry, landed: landing.Landed) -> None:
    """D03 to D05: the bytes are those the manifest describes, and there are some."""
    if landed.size == 0:
        file.refuse("D05")
    elif landed.size < entry.size:
        file.refuse("D04")
    elif (landed.size, landed.sha256) != (entry.size, entry.sha256):
        file.refuse("D03")


def _judge_number(found: Examined, known: Past | None) -> None:
    """A delivery number stands for one content; the very same again changes nothing, a repaired one is taken anew."""
    assert found.manifest
    if known is None:
        return
    same_day = known.of_day(found.manifest.extract_date)
    for earlier in (one for one in same_day if one.number == found.manifest.number):
        sent = {file.feed: found.landed.get(file.name, (None, 0))[0] for file in found.files}
        before = {feed: sha256 for feed, sha256 in earlier.files.items() if sha256}
        if earlier.manifest_sha256 != found.manifest_sha256:
            found.refuse("number-reused")
        elif {feed: sha256 for feed, sha256 in sent.items() if sha256} == before:
            found.replay_of = earlier.delivery_id
        elif not earlier.refused:
            found.refuse("number-reused")
    found.replaces = tuple(one.delivery_id for one in same_day)


def _judge_files(con, found: Examined, catalogue: Catalogue, keeping: Keeping, landed, known: Past | None) -> None:
    assert found.manifest
    day = found.manifest.extract_date
    readable = [file for file in found.files if not file.is_refused]
    judging.prepare(con)
    gaps = set()
    with reading.Session() as session:
        for file in readable:
            one = landed[file.feed]
            judging.take(
                con, file, session.reading(one.descriptor, reading.layout(file.contract, file.entry.file, day))
            )
            if file.reading and file.reading.sha256 not in (None, one.sha256):
                file.refuse("still-growing")
            judging.judge(con, file)
            if file.is_typed:
                _compare(con, file, known, gaps)
        _judge_together(con, found, catalogue, gaps, known)
        if known is not None:
            judging.set_aside(con, found.files)


def _judge_together(con, found: Examined, catalogue: Catalogue, gaps: set[str], known: Past | None) -> None:
    assert found.manifest
    crossing.Crossing(
        con,
        catalogue,
        {file.feed: file for file in found.files},
        found.manifest.extract_date,
        found.replaces,
        frozenset(gaps),
        known is not None,
    ).judge()
    for file in (one for one in found.files if one.is_typed and not one.is_refused):
        judging.balance(con, file)


def _compare(con, file: Judged, known: Past | None, gaps: set[str]) -> None:
    if file.contract.limits.blank_share is not None:
        comparing.blank_shares(con, file)
    if known is None:
        return
    before = past.before(con, file.feed, file.extract_date)
    if not file.is_refused:
        comparing.compare(file, before)
        comparing.compare_units(con, file)
    if file.contract.kind == "events":
        if comparing.has_gap(file, before):
            file.warn("coverage-gap")
        if past.gap_since_first(con, file.feed, file.entry.covers_from, file.entry.covers_to):
            gaps.add(file.feed)
