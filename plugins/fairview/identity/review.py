"""The review queue and the decisions people take on it.

Knows: which links a person should look at, and how a decision is put down: by whom, when, why, and in the ledger.
Refuses to know: values. What leaves the vault here is feed names, agreement levels and an item's number; whoever holds
the vault's key looks the two records up there.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from fairview.errors import FairviewError
from fairview.identity import schema
from fairview.store import ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

VERDICTS = ("must_link", "must_not_link")


class DecisionRefused(FairviewError):
    """A decision names no known record or item, or contradicts one in force."""

    exit_code = 2


def listing(places: Places, keyring: Keyring, kind: str | None = None, most: int = 100) -> list[dict[str, Any]]:
    """What waits for a person, the heaviest first: item, kind (uncertain, conflict, tie), reason, feeds, evidence, since when.

    Evidence is the level of agreement of each comparison. No reference numbers, no values. `kind` narrows it.
    """
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "review_queue"):
            return []
        rows = con.execute(
            """SELECT item, kind, reason, feed_a, feed_b, round(weight, 1), evidence, raised_on FROM vault.identity.review_queue
            WHERE $kind IS NULL OR kind = $kind ORDER BY weight DESC NULLS FIRST, item LIMIT $most""",
            {"kind": kind, "most": most},
        ).fetchall()
    return [
        {
            "item": item, "kind": what, "reason": reason, "feeds": [feed_a, feed_b], "weight": weight,
            "evidence": json.loads(evidence) if evidence else {}, "raised_on": raised_on,
        }
        for item, what, reason, feed_a, feed_b, weight, evidence, raised_on in rows
    ]  # fmt: skip


def decide(
    places: Places,
    keyring: Keyring,
    verdict: str,
    first: tuple[str, str],
    second: tuple[str, str],
    reason: str,
    by: str,
    at: datetime,
) -> str:
    """Decide that two records (feed, record key) must or must not be one person. Returns the decision's number.

    It holds from the next run on, through every training, until withdrawn. Raises DecisionRefused when a record is not
    known to the registry, when the verdict is no verdict, or when the opposite is in force for the pair.
    """
    if verdict not in VERDICTS:
        raise DecisionRefused(f"a verdict is one of {', '.join(VERDICTS)}")
    if first == second:
        raise DecisionRefused("a decision is about two records")
    if not reason.strip() or not by.strip():
        raise DecisionRefused("a decision needs its reason and who took it")
    (feed_a, key_a), (feed_b, key_b) = sorted([first, second])
    number = hashlib.sha256("\x1f".join([verdict, feed_a, key_a, feed_b, key_b, at.isoformat()]).encode()).hexdigest()[
        :12
    ]
    with opening.vault(places, keyring) as con:
        con.execute("USE memory")
        schema.ensure(con)
        for feed, key in ((feed_a, key_a), (feed_b, key_b)):
            known = con.execute(
                "SELECT count(*) FROM vault.identity.registry_record WHERE feed = ? AND record_key = ?", [feed, key]
            ).fetchone()
            if not known[0]:
                raise DecisionRefused(f"the registry knows no such record of {feed}")
        standing = con.execute(
            """SELECT decision, verdict FROM vault.identity.decisions
            WHERE withdrawn_at IS NULL AND feed_a = ? AND key_a = ? AND feed_b = ? AND key_b = ?""",
            [feed_a, key_a, feed_b, key_b],
        ).fetchone()
        if standing and standing[1] == verdict:
            return standing[0]
        if standing:
            raise DecisionRefused(f"decision {standing[0]} says the opposite; withdraw it first")
        con.execute(
            "INSERT INTO vault.identity.decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            [number, verdict, feed_a, key_a, feed_b, key_b, reason, by, at],
        )
    ledger.append(places, "link_decision", at, decision=number, verdict=verdict, feeds=[feed_a, feed_b], by=by)
    return number


def settle(places: Places, keyring: Keyring, item: str, verdict: str, reason: str, by: str, at: datetime) -> str:
    """Decide an item of the queue by its number. Returns the decision's number. Raises DecisionRefused."""
    with opening.vault(places, keyring, read_only=True) as con:
        row = con.execute(
            "SELECT feed_a, key_a, feed_b, key_b FROM vault.identity.review_queue WHERE item = ?", [item]
        ).fetchone()
    if not row:
        raise DecisionRefused("no such item waits in the queue")
    return decide(places, keyring, verdict, (row[0], row[1]), (row[2], row[3]), reason, by, at)


def withdraw(places: Places, keyring: Keyring, decision: str, by: str, at: datetime) -> None:
    """Take a decision back; it stays on record with who did so and when. Raises DecisionRefused when none is in force."""
    with opening.vault(places, keyring) as con:
        con.execute("USE memory")
        schema.ensure(con)
        found = con.execute(
            "SELECT count(*) FROM vault.identity.decisions WHERE decision = ? AND withdrawn_at IS NULL", [decision]
        ).fetchone()
        if not found[0]:
            raise DecisionRefused("no such decision is in force")
        con.execute(
            "UPDATE vault.identity.decisions SET withdrawn_by = ?, withdrawn_at = ? WHERE decision = ?",
            [by, at, decision],
        )
    ledger.append(places, "link_decision_withdrawn", at, decision=decision, by=by)


def decided(places: Places, keyring: Keyring) -> list[dict[str, Any]]:
    """Every decision ever taken: number, verdict, feeds, who, when, withdrawn or not. No reference numbers."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "decisions"):
            return []
        cursor = con.execute(
            """SELECT decision, verdict, feed_a, feed_b, reason, decided_by, decided_at, withdrawn_by, withdrawn_at
            FROM vault.identity.decisions ORDER BY decided_at, decision"""
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
