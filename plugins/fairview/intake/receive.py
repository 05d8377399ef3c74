"""Receives one delivery: examine, load, answer, and enter it in the ledger.

Everything of a delivery is loaded in one transaction; a kill at any moment leaves the vault as it was or as it shall be.
A ledger entry or a supplier's report that a kill came before is written at the next delivery.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.intake import answering, doorway, landing, loading, past, receipts, supplier_report, tables
from fairview.intake.deliveries import Delivery
from fairview.intake.doorway import Examined, Keeping
from fairview.intake.receipts import Receipt
from fairview.intake.rules import sentence
from fairview.store import ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


def receive(delivery: Delivery, catalogue: Catalogue, places: Places, keyring: Keyring, at: datetime) -> Receipt:
    """Check and stage one delivery of one source. A refusal is an outcome, not an exception.

    The supplier's folder is only read. Raises StoreError or KeyMissing when the vault cannot be opened.
    """
    keeping = Keeping(places.landing(delivery.source), keyring.landing_key(), places.work)
    with opening.vault(places, keyring) as con:
        landing.clear(keeping.folder)
        tables.ensure(con, catalogue)
        _catch_up(con, places, catalogue)
        known = past.read(con, delivery.source)
        found = doorway.examine(con, delivery, catalogue, keeping, known)
        if found.replay_of:
            _note_again(places, found, at)
            return _replayed(con, found)
        answer = _load(con, found, found.content, at)
        _catch_up(con, places, catalogue)
    return answer


def _load(con, found: Examined, content: str, at: datetime) -> Receipt:
    delivery_id, attempt = _name(con, found)
    con.execute("BEGIN")
    try:
        staged = {}
        for file in (one for one in found.files if one.is_typed and not one.is_refused and not found.refusals):
            staged[file.feed] = loading.stage(con, file, delivery_id, found.replaces)
            loading.clear_replaced(con, file, delivery_id, found.replaces)
        answer = answering.receipt(con, found, delivery_id, staged)
        by_feed = {line.feed: line for line in answer.files}
        for file in found.files:
            if file.feed in staged:
                loading.prove(file, staged[file.feed][0], by_feed[file.feed].quarantined)
        if any(file.is_typed for file in found.files):
            loading.write_findings(con, found, delivery_id)
        loading.write_receipt(con, found, answer, content, attempt, at)
        loading.commit(con)
    except BaseException:
        con.execute("ROLLBACK")
        raise
    return answer


def _name(con, found: Examined) -> tuple[str, int]:
    """An id for this arrival: source, date and number, and which attempt where there were others."""
    day = found.extract_date.isoformat() if found.extract_date else "undated"
    earlier = con.execute(
        "SELECT count(*) FROM intake.deliveries WHERE source = ? AND extract_date IS NOT DISTINCT FROM ? "
        "AND number IS NOT DISTINCT FROM ?",
        [found.delivery.source, found.extract_date, found.number],
    ).fetchone()[0]
    name = f"{found.delivery.source}-{day}-{found.number or 0:04d}"
    return (name if not earlier else f"{name}-{earlier + 1:02d}"), earlier + 1


def _replayed(con, found: Examined) -> Receipt:
    """The receipt given before, with a note: the very same delivery again changes nothing."""
    before = receipts.all_in(con, found.replay_of)[0]
    note = sentence(found.delivery.name, "replayed-delivery")
    return Receipt(
        before.source, before.extract_date, before.delivery, before.delivery_id, before.outcome, before.files,
        before.rules | {"replayed-delivery": 1}, (*before.messages, note),
    )  # fmt: skip


def _note_again(places: Places, found: Examined, at: datetime) -> None:
    """Let the ledger tell of what came again with something beside it that was left unread, so that it waits no longer."""
    content = found.content
    if content not in {entry["content"] for entry in ledger.read(places, "delivery", "delivery_again")}:
        about = {"source": found.delivery.source, "delivery_id": found.replay_of}
        ledger.append(places, "delivery_again", at, content=content, **about)


def _catch_up(con, places: Places, catalogue: Catalogue) -> None:
    """Write the supplier's report and the ledger entry of what the vault holds and the ledger does not tell yet, in order
    of arrival: after a kill at any moment the next delivery makes up for it."""
    told = {entry.get("delivery_id") for entry in ledger.read(places, "delivery")}
    arrived = dict(con.execute("SELECT delivery_id, (received_at, content) FROM intake.deliveries").fetchall())
    for receipt in receipts.all_in(con):
        if receipt.delivery_id not in told:
            supplier_report.write(receipt, places.reports(receipt.source), catalogue)
            at, content = arrived[receipt.delivery_id]
            ledger.append(places, "delivery", datetime.fromisoformat(at), content=content, **_entry(receipt))


def _entry(receipt: Receipt) -> dict[str, Any]:
    return {
        "delivery_id": receipt.delivery_id,
        "source": receipt.source,
        "extract_date": receipt.extract_date.isoformat() if receipt.extract_date else None,
        "delivery": receipt.delivery,
        "outcome": receipt.outcome,
        "rules": receipt.rules,
        "files": [
            {
                "feed": file.feed,
                "file": file.file,
                "outcome": file.outcome,
                "received": file.received,
                "staged": file.staged,
                "quarantined": file.quarantined,
                "dropped": file.dropped,
                "rejected": file.rejected,
                "rules": file.rules,
            }
            for file in receipt.files
        ],
    }
