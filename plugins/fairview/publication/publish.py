"""Publication: replaces what a service's officers see, in one switch, and only with what was judged good.

Knows: that no task state is to be trusted. The publisher checks for itself that the verdict is the gate's, is about this
very candidate (its hash computed anew) and about the suites and rules in force now, and lets it pass.
Refuses to know: how a candidate was judged. Where it may not publish it changes no published byte and says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from fairview.contracts.catalogue import Catalogue
from fairview.domain import verdicts
from fairview.domain.disclosure import told
from fairview.errors import Blocked, StoreError, Waiting
from fairview.gate import suites
from fairview.publication import holding, residents
from fairview.store import exports, generations, ledger
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import Places


@dataclass(frozen=True)
class Publication:
    """What was published: `reasons` are the warnings it was published with, `replaced` the generation it destroyed."""

    service: str
    generation: str
    status: str
    rows: dict[str, int] = field(hash=False)
    reasons: tuple[str, ...] = ()
    replaced: str | None = None


def publish(
    places: Places, keyring: Keyring, catalogue: Catalogue, service: str, candidate: Generation, at: datetime
) -> Publication:
    """Make a judged candidate the published generation and destroy the one it replaces, key first.

    Raises Blocked, after noting `kept_back` in the ledger, when the verdict does not allow it; Waiting, after noting
    `held`, when a person has to decide first. The same candidate twice is published once: a re-run after a crash only
    completes the ledger.
    """
    before = generations.current(places, service)
    if before is not None:
        _complete_ledger(places, keyring, catalogue, before, at)
        if before.name == candidate.name:
            return _published(candidate, None)
    faults = list(_faults(keyring, catalogue, service, candidate, before))
    if not faults and candidate.verdict["status"] == verdicts.Status.WARN:
        if holding.hold(places, catalogue, candidate, at).decision is None and not holding.lapse(places, candidate, at):
            raise Waiting("; ".join(holding.faults(places, keyring, candidate)))
        faults = list(holding.faults(places, keyring, candidate))
    if faults:
        keep_back(places, service, faults, at, generation=candidate.name)
        raise Blocked("; ".join(faults))
    counted = residents.counted(places, keyring, catalogue.service(service), candidate)
    done = _published(candidate, generations.switch(places, candidate))
    exports.destroy(places, service)
    _note(places, done, candidate, counted, at)
    return done


def keep_back(
    places: Places, service: str, reasons: Iterable[str], at: datetime, generation: str | None = None
) -> None:
    """Note in the ledger that nothing was published and why; what is published stays as it is."""
    ledger.append(places, "kept_back", at, service=service, generation=generation, reasons=list(reasons))


def withdraw(places: Places, service: str, reason: str, at: datetime) -> str | None:
    """Take what a service published away and destroy its key. Returns the generation's name, None if there was none.

    A withdrawal whose process died before the ledger told of it is told by the next call.
    """
    standing, told = generations.withdraw(places, service), _told_published(places, service)
    if told and told != standing:
        generations.finish(places, service, told)
    for generation in dict.fromkeys(name for name in (told, standing) if name):
        exports.destroy(places, service)
        ledger.append(
            places,
            "withdrawal",
            at,
            service=service,
            generation=generation,
            reason=reason,
            destroyed_at=at.isoformat(timespec="seconds"),
        )
    return standing or told


def _told_published(places: Places, service: str) -> str | None:
    """The generation the ledger calls published, or None."""
    told = [entry for entry in ledger.read(places, "publication", "withdrawal") if entry["service"] == service]
    return told[-1]["generation"] if told and told[-1]["kind"] == "publication" else None


def _faults(
    keyring: Keyring, catalogue: Catalogue, service: str, candidate: Generation, before: Generation | None
) -> Iterable[str]:
    """Why the candidate may not be published, in plain English; nothing when it may."""
    try:
        manifest, verdict = candidate.manifest, candidate.verdict
        digest = generations.file_hash(candidate.database)
    except (StoreError, OSError):
        yield "the candidate has not been judged, or is not there any more"
        return
    if not verdicts.is_signed(verdict, keyring.verdict_key()):
        yield "the verdict was not signed by the gate, or was changed afterwards"
        return
    about = (verdict["service"], verdict["generation"], manifest["zone"], manifest["generation"])
    if about != (service, candidate.name, service, candidate.name):
        yield "the verdict is about another candidate"
    elif not verdict["sha256"] == manifest["sha256"] == digest:
        yield "the candidate was changed after it was judged"
    elif (verdict["as_at"], verdict["warehouse"]) != (str(manifest["as_at"]), str(manifest.get("warehouse", ""))):
        yield "the candidate's description was changed after it was judged"
    if verdict["suites"] != suites.fingerprint(catalogue, service):
        yield "the expectations were changed after the candidate was judged"
    if verdict["rules"] != suites.rules_fingerprint(catalogue, service):
        yield "the rule pack or the service card was changed after the candidate was judged"
    if before is not None and verdict["as_at"] < str(before.manifest["as_at"]):
        yield "the candidate is older than what is published"
    if verdict["status"] not in (*verdicts.PUBLISHABLE, verdicts.Status.WARN):
        yield from _told(verdict) or ["the gate did not let it pass"]


def _told(verdict: dict) -> list[str]:
    """A verdict's reasons, what is milder left out where something worse is told."""
    found = verdicts.rebuilt(verdict)
    milder = {*verdicts.PUBLISHABLE, verdicts.Status.WARN}
    harsh = (
        replace(table, judgements=tuple(one for one in table.judgements if one.status not in milder))
        for table in found.tables
    )
    return [reason for table in harsh for reason in table.reasons()]


def _published(candidate: Generation, replaced: str | None) -> Publication:
    rows = dict(candidate.manifest["rows"])
    try:
        verdict = verdicts.rebuilt(candidate.verdict)
    except StoreError:  # put there by hand, past this module: said, so that the next publication is not held up
        unjudged = ("it was put in place without a verdict",)
        return Publication(candidate.zone, candidate.name, verdicts.Status.NOT_RUN, rows, unjudged, replaced)
    return Publication(candidate.zone, candidate.name, verdict.status, rows, tuple(verdict.reasons()), replaced)


def _note(
    places: Places, done: Publication, published: Generation, counted: dict, at: datetime, noted_late: bool = False
) -> None:
    """The ledger's entry: counts under disclosure control, exact ones stay with the generation."""
    ledger.append(
        places,
        "publication",
        at,
        service=done.service,
        generation=done.generation,
        as_at=published.manifest["as_at"],
        sha256=published.manifest["sha256"],
        status=done.status,
        warnings=list(done.reasons),
        rows={table: told(count).value for table, count in done.rows.items()},
        residents=counted,
        replaced=done.replaced,
        destroyed_at=at.isoformat(timespec="seconds") if done.replaced else None,
        noted_late=noted_late,
    )


def _complete_ledger(places: Places, keyring: Keyring, catalogue: Catalogue, current: Generation, at: datetime) -> None:
    """Note a publication whose process died between the switch and the ledger, and finish what it had to destroy."""
    noted = [entry["generation"] for entry in ledger.read(places, "publication") if entry["service"] == current.zone]
    if current.name in noted:
        return
    counted = residents.counted(places, keyring, catalogue.service(current.zone), current)
    for left in noted[-1:]:
        generations.finish(places, current.zone, left)
    exports.destroy(places, current.zone)
    _note(places, _published(current, noted[-1] if noted else None), current, counted, at, noted_late=True)
