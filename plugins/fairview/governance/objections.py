"""Objections and restrictions that reach nobody: whose person is not found, or whose row could not be read.

An objection nobody is found for protects nobody. It waits as a task with a declared deadline; after it the services it
names publish nothing until the person is found or a role has closed the task. Rows set aside block at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import FeedContract
from fairview.errors import FairviewError
from fairview.identity import review, schema
from fairview.identity.acts import acts
from fairview.intake.receipts import REFUSALS
from fairview.intake.state import InForce
from fairview.store import ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places


class NoSuchTask(FairviewError):
    """No objection waits under this number."""

    exit_code = 2


@dataclass(frozen=True)
class Task:
    """An objection in force whose person has no record but the objection's own.

    `scope`: purpose code, None for all services; `since`: the as-at date it was first linked; `blocks_from`: the first as-at
    date on which the services it names publish nothing.
    """

    item: str
    scope: str | None
    since: date
    blocks_from: date
    record_key: str

    def blocks(self, purpose: str, on: date) -> bool:
        """Whether a service with this purpose may not publish on a day because of it."""
        return self.scope in (None, purpose) and self.blocks_from <= on


# Refused objections are none; one without a decision is restricted until there is one (SPEC data_objections), and one
# without a scope names every service.
_WAITING = """
    WITH companions AS (SELECT person_key, count(*) FILTER (WHERE feed <> $feed) AS others
        FROM vault.identity.record_person GROUP BY person_key)
    SELECT staged.record_key, nullif(staged."{scope}", 'ALL') AS scope, max(seen.since) AS since
    FROM vault.staged."{feed}" AS staged
    JOIN vault.identity.record_person AS linked ON linked.feed = $feed AND linked.record_key = staged.record_key
    JOIN companions USING (person_key)
    JOIN vault.identity.registry_record AS seen
        ON seen.feed = $feed AND seen.record_key = staged.record_key AND seen.until IS NULL
    WHERE companions.others = 0
        AND coalesce(staged."{decision}", '') <> 'REFUSED'
        AND (staged."{end}" IS NULL OR staged."{end}" >= $on)
        AND staged.record_key NOT IN (SELECT record_key FROM vault.identity.objections_closed)
    GROUP BY ALL ORDER BY since, staged.record_key"""


def tasks(places: Places, keyring: Keyring, catalogue: Catalogue, on: date) -> list[Task]:
    """The objections in force on a day whose person is not found, the oldest first; none before people were ever linked."""
    if not places.vault.exists():
        return []
    found = []
    with opening.vault(places, keyring, read_only=True) as con:
        if not schema.exists(con, "objections_closed"):
            return []
        for contract in _contracts(catalogue):
            declared = contract.objections
            rows = con.execute(
                _WAITING.format(
                    feed=contract.feed,
                    scope=declared["scope"],
                    decision=declared["decision"],
                    end=declared["end"],
                ),
                {"feed": contract.feed, "on": on},
            ).fetchall()
            for key, scope, since in rows:
                blocks_from = since + timedelta(days=declared["deadlineDays"])
                item = review.number(keyring, "objection", contract.feed, key)
                found.append(Task(item, scope, since, blocks_from, key))
    return found


def reasons(
    places: Places, keyring: Keyring, catalogue: Catalogue, state: InForce, purpose: str, on: date
) -> list[str]:
    """Why objections forbid a service with this purpose to publish on a day, in plain English; empty when they do not."""
    return [
        *_set_aside(catalogue, state, purpose),
        *_not_linked(places, catalogue, purpose),
        *(
            ["an objection has waited past its deadline for the person it is about to be found (fairview objections)"]
            if any(task.blocks(purpose, on) for task in tasks(places, keyring, catalogue, on))
            else []
        ),
    ]


def close(
    places: Places, keyring: Keyring, catalogue: Catalogue, item: str, by: str, reason: str, on: date, at: datetime
) -> None:
    """Close a task: the person is in no other record of the council, so that no service can know them.

    `by` is a role declared for it; the ledger keeps role and time, never the objection. Raises NoSuchTask, NotPermitted.
    """
    acts(catalogue.house).demand(by, "close_objection")
    words = acts(catalogue.house).told(reason)
    task = next((task for task in tasks(places, keyring, catalogue, on) if task.item == item), None)
    if task is None:
        raise NoSuchTask("no objection waits under this number; `fairview objections` lists those that do")
    with opening.vault(places, keyring) as con:
        con.execute("USE memory")
        schema.ensure(con)
        con.execute(
            "INSERT INTO vault.identity.objections_closed VALUES (?, ?, ?, ?)", [task.record_key, by, at, words]
        )
    ledger.append(places, "objection_closed", at, item=item, by=by)


def _contracts(catalogue: Catalogue) -> list[FeedContract]:
    return [contract for contract in catalogue.feeds if contract.objections]


def _set_aside(catalogue: Catalogue, state: InForce, purpose: str) -> list[str]:
    """Rows of the file in force that were set aside: whom they are about, and which service, nobody can tell."""
    return [
        f"rows of {contract.feed} are set aside: whose objections they are cannot be told until they are corrected"
        for contract in _contracts(catalogue)
        if purpose in contract.blocking["purposes"] and state.feeds[contract.feed].quarantined
    ]


def _not_linked(places: Places, catalogue: Catalogue, purpose: str) -> list[str]:
    """Whether objections have come in since people were last linked: whom these are about is not known yet."""
    linked = max((entry["number"] for entry in ledger.read(places, "links")), default=-1)
    arrived = {
        (entry["source"], file.get("feed"))
        for entry in ledger.read(places, "delivery")
        if entry["number"] > linked and entry["outcome"] not in (*REFUSALS, "ignored")
        for file in entry.get("files") or []
        if file.get("outcome") not in REFUSALS
    }
    return [
        f"{contract.feed} has come in since people were last linked"
        for contract in _contracts(catalogue)
        if purpose in contract.blocking["purposes"] and (contract.source, contract.feed) in arrived
    ]
