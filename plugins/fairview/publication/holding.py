"""A candidate held for a person: what is asked, who answered what and why, and that the answer counts for it alone.

Knows: that a verdict of `warn` is published only with a decision; that a decision is bound to the candidate's hash and to
the very verdict the person saw, is signed, is in the ledger with who and why, and is made once; and that no answer in time
means not published. Judging again does not help: it makes another verdict, of which nobody has decided, and neither moves
the deadline nor undoes a refusal. Refuses to know: how the person was asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.terms import LEAST_REASON, LONGEST_REASON, terms
from fairview.domain import verdicts
from fairview.domain.verdicts import Status, Verdict
from fairview.errors import Blocked, StoreError
from fairview.store import generations, ledger
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import Places

APPROVED, REFUSED, LAPSED = "approved", "refused", "lapsed"

# The ledger is open to all: nothing shaped like an identifier gets into it.
_TELLS = re.compile(
    r"[^\s@]+@[^\s@]+\.|\b[A-Z]{2} ?(\d{2} ?){3}[A-D]\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|(\d[ -]?){7,}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Held:
    """A candidate that waits, or waited, for a person. `decision`: approved, refused, lapsed, or None while it waits."""

    service: str
    generation: str
    since: str
    until: str
    verdict: Verdict
    decision: str | None = None

    def question(self) -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
        """Table, what is out of the ordinary, and the figures to decide by."""
        yield from ((table, one.why, one.figures) for table, one in self.verdict.held())


def hold(places: Places, catalogue: Catalogue, candidate: Generation, at: datetime) -> Held:
    """Note in the ledger that a judged candidate waits, once however often it is asked. Returns what is to be decided."""
    verdict = verdicts.rebuilt(candidate.verdict)
    entry = _entry(places, "held", candidate)
    if entry is None:
        entry = ledger.append(
            places,
            "held",
            at,
            service=candidate.zone,
            generation=candidate.name,
            sha256=verdict.sha256,
            until=(at + terms(catalogue).answer_within).isoformat(timespec="seconds"),
            reasons=[f"{table}: {one.why} ({one.expectation})" for table, one in verdict.held()],
        )
    return Held(candidate.zone, candidate.name, entry["at"], entry["until"], verdict, _decided(places, candidate))


def holds(places: Places, catalogue: Catalogue) -> list[Held]:
    """Every candidate that is still there and was held, by service: waiting, or decided and not yet published."""
    found = []
    for card in catalogue.services:
        current = generations.current(places, card.service)
        for entry in ledger.read(places, "held"):
            candidate = Generation(card.service, places.zone(card.service) / entry["generation"])
            if (
                entry["service"] == card.service
                and candidate.path.is_dir()
                and (not current or current.name != candidate.name)
            ):
                verdict = verdicts.rebuilt(candidate.verdict)
                decision = _decided(places, candidate)
                found.append(Held(card.service, candidate.name, entry["at"], entry["until"], verdict, decision))
    return found


def decide(
    places: Places,
    keyring: Keyring,
    catalogue: Catalogue,
    candidate: Generation,
    decision: str,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Lay a person's signed decision beside the candidate and note it in the ledger, with who and why.

    Raises Blocked when the candidate is not held, was decided already, the time has passed, `by` may not decide, or the
    reason is missing or tells something of a person.
    """
    try:
        verdict = candidate.verdict
    except StoreError:
        raise Blocked("the candidate has not been judged, or is not there any more") from None
    entry = _entry(places, "held", candidate)
    if entry is None or verdict["status"] != Status.WARN or not verdicts.is_signed(verdict, keyring.verdict_key()):
        raise Blocked("this candidate is not held for a person")
    decided = _decided(places, candidate)
    if decided == decision == APPROVED and not list(faults(places, keyring, candidate)):
        return  # said already, of this very verdict: a task that runs again says nothing new
    if decided and not decided == decision == APPROVED:
        raise Blocked(f"this candidate was {decided} already; the next run makes another")
    if at > datetime.fromisoformat(entry["until"]):
        lapse(places, candidate, at)
        raise Blocked(f"the time to decide ended at {entry['until']}; it is not published, the next run asks again")
    if why_not := objection(catalogue, by, reason):
        raise Blocked(why_not)
    _note(places, keyring, candidate, verdict, decision, by.strip(), reason.strip(), at)


def lapse(places: Places, candidate: Generation, at: datetime) -> bool:
    """Note that nobody answered in time, where that is so and has not been noted. Returns whether it is so."""
    entry, decided = _entry(places, "held", candidate), _decided(places, candidate)
    if decided or entry is None or at <= datetime.fromisoformat(entry["until"]):
        return decided == LAPSED
    body = {"service": candidate.zone, "generation": candidate.name, "sha256": entry["sha256"]}
    ledger.append(places, "decision", at, **body, decision=LAPSED, by=None, reason="nobody answered in time")
    return True


def faults(places: Places, keyring: Keyring, candidate: Generation) -> Iterator[str]:
    """Why a held candidate may not be published, in plain English; nothing when a person has approved this very verdict."""
    verdict = candidate.verdict
    decided = _decided(places, candidate)
    if decided in (REFUSED, LAPSED):
        entry = _entry(places, "decision", candidate)
        yield f"it was refused by {entry['by']}: {entry['reason']}" if decided == REFUSED else "nobody decided in time"
        return
    try:
        document = json.loads((candidate.path / "decision.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        waits = "; ".join(
            f"{table}: “{one.why.rstrip('.')}” ({one.expectation})" for table, one in verdicts.rebuilt(verdict).held()
        )
        yield (
            f"it waits for a person's decision: {waits} (in Airflow under Required actions, or: "
            f"fairview approve {candidate.zone} --by NAME --reason WHY, fairview refuse …)"
        )
        return
    if not verdicts.is_signed(document, keyring.decision_key()):
        yield "the decision was not made through the house, or was changed afterwards"
    elif _about(document) != (candidate.zone, candidate.name, verdict["sha256"], verdict["signature"]):
        yield "the decision is about another candidate or verdict; what was judged again must be decided again"
    elif document["decision"] != APPROVED:
        yield "it was not approved"
    elif not any(entry.get("signature") == document["signature"] for entry in ledger.read(places, "decision")):
        yield "the decision is not in the ledger"


def objection(catalogue: Catalogue, by: str, reason: str) -> str | None:
    """Why an answer cannot be taken as it is: nobody's, of somebody who may not decide, or with no fit reason. None when it can."""
    allowed = terms(catalogue).approvers
    if not by.strip():
        return "whoever decides must be named"
    if allowed and by not in allowed:
        return f"{by} is not among those who may decide"
    if len(reason.strip()) < LEAST_REASON:
        return "say why, in a few words"
    if len(reason) > LONGEST_REASON:
        return f"the reason is longer than {LONGEST_REASON} characters"
    if _TELLS.search(reason):
        return "the reason holds something shaped like an identifier of a person; the ledger is open to all"
    return None


def _note(
    places: Places,
    keyring: Keyring,
    candidate: Generation,
    verdict: dict,
    decision: str,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    body: dict[str, Any] = {
        "service": candidate.zone,
        "generation": candidate.name,
        "sha256": verdict["sha256"],
        "verdict": verdict["signature"],
        "decision": decision,
        "by": by,
        "reason": reason,
        "decided_at": at.isoformat(timespec="seconds"),
    }
    body["signature"] = verdicts.signature(body, keyring.decision_key())
    generations.settle(candidate, body)  # first beside the candidate: without the ledger's entry it counts for nothing
    ledger.append(places, "decision", at, **body)


def _about(document: dict) -> tuple:
    return tuple(document.get(word) for word in ("service", "generation", "sha256", "verdict"))


def _entry(places: Places, kind: str, candidate: Generation) -> dict | None:
    """The newest entry of a kind about a candidate."""
    found = None
    for entry in ledger.read(places, kind):
        if (entry["service"], entry["generation"]) == (candidate.zone, candidate.name):
            found = entry
    return found


def _decided(places: Places, candidate: Generation) -> str | None:
    entry = _entry(places, "decision", candidate)
    return entry["decision"] if entry else None
