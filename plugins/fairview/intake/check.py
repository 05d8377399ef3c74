"""Tells a supplier what would happen to a file or delivery: the same checks, without vault, keys or past.

Nothing is kept: the scratch folder is gone when the answer is there. What only the past can tell (replay, volume, ties,
parents among earlier events) is not asked.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import FeedContract
from fairview.intake import answering, crossing, deliveries, doorway, judging, landing, manifest, reading, tables
from fairview.intake.deliveries import Delivery
from fairview.intake.doorway import Examined, Keeping
from fairview.intake.judging import Judged
from fairview.intake.manifest import Entry
from fairview.intake.receipts import FileReceipt, Receipt
from fairview.intake.rules import sentence
from fairview.store import opening, places


def check(path: Path, catalogue: Catalogue) -> list[Receipt]:
    """What the door would answer to a folder of deliveries, one receipt each, or to a single file.

    A single file is judged without a manifest, by the contract its name belongs to.
    """
    path = Path(path)
    with _scratch(catalogue) as con:
        if path.is_dir():
            return [_delivery(con, delivery, catalogue) for delivery in deliveries.find(path)]
        return [_file(con, path, catalogue)]


@contextmanager
def _scratch(catalogue: Catalogue) -> Iterator:
    with tempfile.TemporaryDirectory() as folder:
        con = opening.connect(places.places(Path(folder) / "check"))
        try:
            tables.ensure(con, catalogue)
            yield con
        finally:
            con.close()


def _delivery(con, delivery: Delivery, catalogue: Catalogue) -> Receipt:
    found = doorway.examine(con, delivery, catalogue, Keeping(), None)
    return _answer(con, found)


def _answer(con, found: Examined) -> Receipt:
    staged = {
        file.feed: (file.received - judging.quarantined(con, file) - sum(file.dropped.values()), 0)
        for file in found.files
        if file.is_typed and not file.is_refused
    }
    return answering.receipt(con, found, "", staged)


def _file(con, path: Path, catalogue: Catalogue) -> Receipt:
    contract, day = _contract_of(path.name, catalogue)
    if contract is None or day is None:
        unknown = FileReceipt(
            None, None, "reject_file", rules={"file-name": 1}, messages=(sentence("the file", "file-name"),)
        )
        return Receipt("", day, None, "", "reject_file", (unknown,))
    found = Examined(Delivery(contract.source, path.parent, day, None))
    entry = Entry(contract.feed, path.name, 0, "", None, "", 0, "", day, day)
    file = Judged(contract, entry, day)
    found.files.append(file)
    judging.prepare(con)
    try:
        landed = landing.take_in(path, reading.MOST_FILE_BYTES, None, None)
    except landing.Unusable as fault:
        file.refuse(fault.rule)
        return _answer(con, found)
    try:
        with reading.Session() as session:
            read = session.reading(landed.descriptor, reading.layout(contract, path.name, day))
            judging.take(con, file, read)
            file.entry = _as_read(entry, contract, read.facts)
            judging.judge(con, file)
            crossing.Crossing(con, catalogue, {contract.feed: file}, day, (), frozenset(), has_past=False).judge()
    finally:
        os.close(landed.descriptor)
    return _answer(con, found)


def _as_read(entry: Entry, contract: FeedContract, facts: dict) -> Entry:
    """What a manifest would say of the file, had it been made from it."""
    agreed = contract.facts["controlTotal"]
    return Entry(
        entry.feed, entry.file, facts.get("rows", 0), agreed["type"], agreed.get("column"), (facts.get("control") or ["0"])[0],
        entry.size, entry.sha256, entry.covers_from, entry.covers_to,
    )  # fmt: skip


def _contract_of(name: str, catalogue: Catalogue) -> tuple[FeedContract | None, date | None]:
    for contract in catalogue.feeds:
        if manifest.name_pattern(contract).fullmatch(name):
            return contract, deliveries.day_in(name)
    return None, None
