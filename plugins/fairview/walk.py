"""The walk: the verbs of the floors below in the order data takes them, from a delivery to a published mart.

Both front doors, Airflow and the terminal, call these functions and nothing else. Time, state and declarations come in
as arguments; every function returns a receipt of counts and names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import ServiceCard
from fairview.errors import Blocked, FairviewError, Waiting
from fairview.intake.receipts import REFUSALS
from fairview.store import generations, ledger, locks
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places
from fairview.store.troubles import plainly as _step

Tell = Callable[[str], None]


def is_refused(receipt) -> bool:
    """True when the door refused the delivery or any file of it."""
    return receipt.outcome in REFUSALS or any(file.outcome in REFUSALS for file in receipt.files)


@dataclass(frozen=True)
class House:
    """What every step needs: the declarations, where state lies, what opens it."""

    catalogue: Catalogue
    places: Places
    keyring: Keyring


@dataclass(frozen=True)
class Served:
    """How one service came out of a run: published, or kept back and why."""

    service: str
    published: bool
    status: str
    reasons: tuple[str, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    generation: str | None = None


@dataclass
class Walked:
    """How a whole walk came out."""

    receipts: list = field(default_factory=list)
    served: list[Served] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all published, 3 something blocked at a gate, 4 something refused at the door (both: 4)."""
        if any(is_refused(receipt) for receipt in self.receipts):
            return 4
        return 3 if any(not service.published for service in self.served) else 0


def house(catalogue: Catalogue, places: Places) -> House:
    """Open the keyring and hand the officers' key files out. Raises KeyMissing."""
    keyring = Keyring.load(places)
    for card in catalogue.services:
        keyring.hand_out(places, card.service)
    return House(catalogue, places, keyring)


def receive(here: House, delivery, at: datetime):
    """Check and stage one delivery of one source. Returns intake's receipt; a refusal is an outcome, not an exception."""
    from fairview.intake import receive as door

    with _step(f"receiving {delivery.name}"), locks.hold(here.places, "vault", f"receiving {delivery.source}"):
        return door.receive(delivery, here.catalogue, here.places, here.keyring, at)


def forget(here: House, at: datetime) -> dict[str, int]:
    """Destroy landing copies and quarantined rows past the time their contracts give them. Returns counts."""
    from fairview.intake import landing, quarantine

    doing = "forgetting what is past its time"
    with _step(doing), locks.hold(here.places, "vault", doing):
        return {
            "landing copies": landing.forget(here.places, here.keyring, here.catalogue, at),
            "quarantined rows": quarantine.forget(here.places, here.keyring, here.catalogue, at),
        }


def in_force(here: House):
    """What intake holds in force: newest extract dates, refusals, staleness."""
    from fairview.intake import state

    with _step("reading what is in force"):
        return state.in_force(here.places, here.keyring, here.catalogue)


def link(here: House, at: datetime):
    """Link people in the vault as at the newest extract date. Returns identity's receipt.

    Raises TooManyChanged when a guard stops it: nothing was written, the ledger says so, and every service is kept back
    until a run passes or a role lets this one through (`let_links_through`).
    """
    from fairview.governance import objections
    from fairview.identity import link as identity
    from fairview.identity import review
    from fairview.identity.guards import TooManyChanged

    with _step("linking people"):
        as_at = in_force(here).as_at
        stop = _standing_stop(here)
        allowed = stop["counts"] if stop and stop["let_through"] and stop["as_at"] == str(as_at) else None
        try:
            with locks.hold(here.places, "vault", "linking people"):
                receipt = identity.link_people(here.places, here.keyring, as_at, at, allowed=allowed)
        except TooManyChanged as stopped:
            _note_stop(here, as_at, stopped, at)
            raise
        review.write_page(here.places, here.keyring)
        waiting = objections.tasks(here.places, here.keyring, here.catalogue, as_at)
        ledger.append(here.places, "links", at, **counts(receipt), objections_waiting=len(waiting))
    return receipt


def _standing_stop(here: House) -> dict | None:
    """The ledger's entry of a stopped linking that no later run has passed, with whether it was let through."""
    found = None
    for entry in ledger.read(here.places, "links", "links_stopped", "links_let_through"):
        if entry["kind"] == "links":
            found = None
        elif entry["kind"] == "links_stopped":
            found = entry | {"let_through": False}
        elif found and entry["stop"] == found["number"]:
            found["let_through"] = True
    return found


def _note_stop(here: House, as_at: date, stopped, at: datetime) -> None:
    """Put a stopped linking into the ledger once, and keep every service back for it."""
    standing = _standing_stop(here)
    if standing and (standing["as_at"], standing["counts"]) == (str(as_at), stopped.counts):
        return
    limits = {breach.kind: breach.most for breach in stopped.breaches}
    reason = stopped.public()
    ledger.append(
        here.places, "links_stopped", at, as_at=str(as_at), counts=stopped.counts, limits=limits, reason=reason
    )
    for card in here.catalogue.services:
        keep_back(here, card.service, [reason], at)


def let_links_through(here: House, by: str, reason: str, at: datetime) -> dict:
    """Let the linking a guard stopped through at its next run: the changes counted then, no more. Returns the ledger's entry.

    `by` is a role declared for it, `reason` a code of `dags/identity/acts.yml`; both go into the ledger.
    Raises NotPermitted, and Blocked when no stopped linking waits.
    """
    from fairview.identity.acts import NotPermitted, acts

    declared = acts(here.catalogue.house)
    declared.demand(by, "let_through")
    if reason not in declared.reasons:
        raise NotPermitted(f"the reason must be one the public record can name: {', '.join(declared.reasons)}")
    stop = _standing_stop(here)
    if stop is None:
        raise Blocked("no stopped linking waits to be let through")
    return ledger.append(
        here.places, "links_let_through", at, stop=stop["number"], as_at=stop["as_at"], counts=stop["counts"], by=by,
        reason=declared.reasons[reason],
    )  # fmt: skip


def decide(here: House, verdict: str, about: str | tuple, by: str, reason: str, at: datetime) -> str:
    """Decide a queue's item, or two records ((feed, key), (feed, key)). Returns the decision's number; it holds from the next run on."""
    from fairview.identity import review

    with _step("deciding a link"), locks.hold(here.places, "vault", "deciding a link"):
        if isinstance(about, str):
            return review.settle(here.places, here.keyring, about, verdict, reason, by, at)
        return review.decide(here.places, here.keyring, verdict, *about, reason, by, at)


def revoke(here: House, decision: str, by: str, reason: str, at: datetime) -> None:
    """Take a decision about links back; from the next run on it does not hold."""
    from fairview.identity import review

    with _step("revoking a decision"), locks.hold(here.places, "vault", "revoking a decision"):
        review.withdraw(here.places, here.keyring, decision, reason, by, at)


def counts(receipt) -> dict:
    """A linking receipt's counts by name, fit for the ledger and XCom."""
    return {name: value for name, value in asdict(receipt).items() if isinstance(value, int | bool | date | str)}


def build_warehouse(here: House) -> Generation:
    """Build the pseudonymised layer as a new generation and make it current; the one it replaces is shredded."""
    from fairview.transformation import dbt

    with _step("building the warehouse"):
        as_at, doing = in_force(here).as_at, "building the warehouse"
        with locks.hold(here.places, "vault", doing), locks.hold(here.places, WAREHOUSE, doing):
            candidate = dbt.build_warehouse(here.catalogue, here.places, here.keyring, as_at)
            generations.switch(here.places, candidate)
    return candidate


def reasons_to_keep_back(here: House, card: ServiceCard, at: datetime, state=None) -> list[str]:
    """Why intake forbids a publication just now, in plain English; empty when it may go ahead.

    `state` is what `in_force` said, where the caller has asked already: asking opens the vault.
    """
    from fairview.governance import objections

    state = state or in_force(here)
    stop = _standing_stop(here)
    reasons = state.blocks(card) + _silence(here, state, card, at) + ([stop["reason"]] if stop else [])
    if day := _today(here, state, at):
        reasons += objections.reasons(here.places, here.keyring, here.catalogue, state, card.purpose_code, day)
    return reasons


def _today(here: House, state, at: datetime) -> date | None:
    """The day deadlines are held against; None before the first delivery.

    Counted in extract dates, so that deliveries walked late are not stale at once; while nothing at all arrives, the
    days since the last arrival are added, so that total silence is seen too.
    """
    arrivals = [datetime.fromisoformat(entry["at"]) for entry in ledger.read(here.places, "delivery")]
    return state.as_at + (at - max(arrivals)) if state.as_at and arrivals else None


def _silence(here: House, state, card: ServiceCard, at: datetime) -> list[str]:
    """A sentence when a source the service rests on has been silent for longer than declared (45 days), else nothing."""
    day = _today(here, state, at)
    silent = state.silent_sources(card, day) if day else []
    return [f"no delivery from {', '.join(silent)} within the declared time"] if silent else []


def objections_waiting(here: House, at: datetime) -> list:
    """The objections whose person is not found, with the services they name and the day they block."""
    from fairview.governance import objections

    day = _today(here, in_force(here), at)
    return objections.tasks(here.places, here.keyring, here.catalogue, day) if day else []


def close_objection(here: House, item: str, by: str, reason: str, at: datetime) -> None:
    """Close the task of an objection whose person is in no other record. Raises NoSuchTask, NotPermitted."""
    from fairview.governance import objections

    day = _today(here, in_force(here), at) or at.date()
    with _step("closing an objection's task"), locks.hold(here.places, "vault", "closing an objection's task"):
        objections.close(here.places, here.keyring, here.catalogue, item, by, reason, day, at)


def build_candidate(here: House, service: str) -> Generation:
    """Build one service's candidate from the current warehouse. Raises TransformationFailed."""
    from fairview.transformation import dbt

    with _step(f"building {service}"), locks.hold(here.places, service, "building"):
        warehouse = generations.current(here.places, WAREHOUSE)
        as_at = date.fromisoformat(warehouse.manifest["as_at"]) if warehouse else in_force(here).as_at
        return dbt.build_candidate(here.catalogue, here.places, here.keyring, service, as_at)


def judge(here: House, candidates: dict[str, Generation], at: datetime) -> dict:
    """Judge candidates, all suites in one process. Returns a verdict per service; each is also laid beside its candidate."""
    from fairview.gate import judge as gate

    with _step("judging " + ", ".join(candidates)):
        return gate.judge(here.places, here.keyring, here.catalogue, candidates, at)


def publish(here: House, service: str, candidate: Generation, at: datetime) -> Served:
    """Publish a judged candidate, or keep the published generation and say why. Never raises for a shut gate."""
    from fairview.publication import publish as publication

    with _step(f"publishing {service}"), locks.hold(here.places, service, "publishing"):
        try:
            done = publication.publish(here.places, here.keyring, here.catalogue, service, candidate, at)
        except Blocked as error:
            return Served(service, False, "held" if isinstance(error, Waiting) else "blocked", (str(error),))
    return Served(service, True, done.status, tuple(done.reasons), done.rows, done.generation)


def candidate(here: House, service: str, name: str) -> Generation:
    """A service's candidate by its name; only a name, never a path."""
    return Generation(service, here.places.zone(service) / Path(name).name)


def decide_hold(
    here: House, service: str, candidate: Generation, decision: str, by: str, reason: str, at: datetime
) -> None:
    """Note a person's decision about a held candidate (`approved`, `refused`). Raises Blocked when it cannot be made."""
    from fairview.publication import holding

    with locks.hold(here.places, service, "deciding"):
        holding.decide(here.places, here.keyring, here.catalogue, candidate, decision, by, reason, at)


def keep_back(here: House, service: str, reasons: Iterable[str], at: datetime) -> Served:
    """Leave the published generation as it is and put the reasons in the ledger."""
    from fairview.publication import publish as publication

    told = tuple(reasons)
    publication.keep_back(here.places, service, told, at)
    return Served(service, False, "kept back", told)


def withdraw_stale(here: House, at: datetime, state=None) -> list[str]:
    """Withdraw what rests on a source that has not sent for its declared time (45 days). Returns the services."""
    from fairview.publication import publish as publication

    state = state or in_force(here)
    withdrawn = []
    for card in here.catalogue.services:
        silence = _silence(here, state, card, at)
        with _step(f"withdrawing {card.service}"):
            gone = publication.withdraw(here.places, card.service, silence[0], at) if silence else None
        if gone:
            withdrawn.append(card.service)
    return withdrawn


def serve(
    here: House, at: datetime, tell: Tell = lambda line: None, services: Iterable[str] | None = None
) -> list[Served]:
    """Build, judge and publish the services (all, or those named). One service's trouble never stops another's."""
    outcomes: dict[str, Served] = {}
    candidates: dict[str, Generation] = {}
    cards = [card for card in here.catalogue.services if services is None or card.service in set(services)]
    state = in_force(here)
    withdraw_stale(here, at, state)
    for card in cards:
        if reasons := reasons_to_keep_back(here, card, at, state):
            outcomes[card.service] = keep_back(here, card.service, reasons, at)
            continue
        tell(f"building {card.service}")
        try:
            candidates[card.service] = build_candidate(here, card.service)
        except FairviewError as error:
            outcomes[card.service] = keep_back(here, card.service, [str(error)], at)
    if candidates:
        tell("judging " + ", ".join(candidates))
        judge(here, candidates, at)
    for service, candidate in candidates.items():
        outcomes[service] = publish(here, service, candidate, at)
    return [outcomes[card.service] for card in cards]


def write_record(here: House, at: datetime):
    """Write the public record from the ledger and live state, gate open or shut."""
    from fairview.governance import record

    with _step("writing the public record"):
        return record.write(here.places, here.keyring, here.catalogue, at)


def deliver(here: House, folder: Path, clock: Callable[[], datetime], tell: Tell = lambda line: None) -> Walked:
    """Walk every delivery under a folder in date order through to publication, one extract date after another.

    Raises FairviewError for faults; refusals and shut gates are outcomes.
    """
    from fairview.intake import deliveries

    walked = Walked()
    found = deliveries.find(folder)
    if not found:
        raise FairviewError(f"no delivery was found under {folder.name}/")
    for extract_date in dict.fromkeys(delivery.extract_date for delivery in found):
        for delivery in (one for one in found if one.extract_date == extract_date):
            receipt = receive(here, delivery, clock())
            walked.receipts.append(receipt)
            tell(_told(receipt))
        if in_force(here).as_at is None:
            continue
        walked.served = follow(here, clock, lambda line, on=extract_date: tell(f"{on} {line}"))
    if not walked.served:
        write_record(here, clock())
    return walked


def follow(here: House, clock: Callable[[], datetime], tell: Tell = lambda line: None) -> list[Served]:
    """What follows once deliveries or decisions are in: link, warehouse, services, record. A stopped linking keeps all back."""
    from fairview.identity.guards import TooManyChanged

    tell("linking people")
    try:
        link(here, clock())
    except TooManyChanged as stopped:
        tell(str(stopped))
        served = [Served(card.service, False, "kept back", (stopped.public(),)) for card in here.catalogue.services]
    else:
        tell("building the warehouse")
        build_warehouse(here)
        served = serve(here, clock(), tell)
    write_record(here, clock())
    for outcome in served:
        tell(f"{outcome.service}: {outcome.status}" + "".join(f"; {reason}" for reason in outcome.reasons))
    return served


def _told(receipt) -> str:
    received = sum(file.received for file in receipt.files)
    staged = sum(file.staged for file in receipt.files)
    return f"{receipt.extract_date} {receipt.source}: {receipt.outcome}, {received:,} rows received, {staged:,} staged"


def rebuild(here: House, clock: Callable[[], datetime], tell: Tell = lambda line: None) -> list[Served]:
    """Everything derived anew from what the vault holds: people, warehouse, services, record. Raises FairviewError."""
    if in_force(here).as_at is None:
        raise FairviewError("nothing has been received yet, so there is nothing to build from")
    tell("linking people")
    link(here, clock())
    tell("building the warehouse")
    build_warehouse(here)
    served = serve(here, clock(), tell)
    write_record(here, clock())
    return served


def rotate(here: House, what: str, clock: Callable[[], datetime], tell: Tell = lambda line: None) -> list[Served]:
    """Rotate the key of `root`, the `vault` or a service; what a service publishes follows at once under new pseudonyms.

    Called again after a kill it goes on where it was. Returns how the services published again came out.
    """
    from fairview.governance import rotation

    services = [card.service for card in here.catalogue.services]
    if what == "vault":
        counted, again = rotation.rotate_vault(here.places, here.keyring), []
    elif what == "root":
        counted, again = rotation.rotate_root(here.places, here.keyring, services, tell), services
    else:
        counted, again = rotation.rotate_zone(here.places, here.keyring, here.catalogue.service(what).service), [what]
    ledger.append(here.places, "key_rotation", clock(), rotated=what, **counted)
    again = [service for service in again if generations.current(here.places, service)]
    if again and what == "root":
        build_warehouse(here)
    served = serve(here, clock(), tell, again) if again else []
    write_record(here, clock())
    return served


def run_unit_tests(here: House, as_at: date, service: str | None = None, model: str | None = None) -> int:
    """Run the models' unit tests in an empty state. Returns how many passed; raises TransformationFailed."""
    from fairview.identity import schema
    from fairview.intake import tables
    from fairview.store import opening
    from fairview.transformation import dbt

    with opening.vault(here.places, here.keyring) as con:
        tables.ensure(con, here.catalogue)
        schema.ensure(con)
    return dbt.run_unit_tests(here.catalogue, here.places, here.keyring, as_at, service, model)
