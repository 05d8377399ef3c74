"""What the tasks call: one verb each, with a receipt fit for XCom (names and counts, never a person)."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.domain.verdicts import Status
from fairview.errors import Blocked, FairviewError
from fairview.intake.receipts import REFUSALS
from fairview.orchestration import surroundings, words
from fairview.publication import holding
from fairview.store import generations, ledger
from fairview.store.places import WAREHOUSE

log = logging.getLogger(__name__)


def _waiting(here: walk.House, source: str | None, up_to: str | None) -> list:
    """Deliveries in the inbox that have not been received, oldest first."""
    from fairview.intake import deliveries

    inbox = surroundings.inbox()
    if not inbox.is_dir():
        return []
    limit = date.fromisoformat(up_to) if up_to else None
    asked = [
        delivery
        for delivery in deliveries.find(inbox)
        if (source is None or delivery.source == source) and (limit is None or delivery.extract_date <= limit)
    ]
    return deliveries.waiting(asked, here.places)


def receive_waiting(source: str, up_to: str | None) -> list[dict]:
    """Receive what waits of one source, in date order. Returns one line of counts per file, and what it says in words."""
    from fairview.intake import receipts

    here = surroundings.house()
    lines = []
    for delivery in _waiting(here, source, up_to):
        receipt = walk.receive(here, delivery, surroundings.now())
        for line in receipts.lines(receipt):
            # Figures of single people could be told from the parts of a total; a task's page is open to more than the door is.
            line["control"] = receipts.in_balance(line["control"])
            line["account"] = receipts.account(line)
            if line["file"] is None:
                line["messages"] = list(receipt.messages)
            lines.append(line)
            log.info("%s", line["account"])
            for message in line["messages"]:
                log.info("%s", message)
        log.info("the supplier's report: reports/%s/%s.html", receipt.source, receipt.delivery_id)
    return lines


def refusals(receipts: list[dict]) -> list[str]:
    """What the door refused, one sentence each."""
    refused = [line for line in receipts if line["outcome"] in REFUSALS]
    return [
        f"{line['file'] or line['source']}: {line['outcome']}: {' '.join(line['messages'])}".strip().rstrip(":")
        for line in refused
    ]


# What a linking answers to: after any of them the links may be others.
_ASKS_FOR_LINKS = ("delivery", "link_decision", "link_decision_withdrawn", "links_let_through")


def link_if_new(even_if_nothing_is_new: bool) -> dict | None:
    """Link people, unless nothing was received or decided since they were last linked. Returns counts, or None.

    Where they were linked and the warehouse was never built from it, since a process was killed in between, that remains
    to be done: then the number is the last linking's.
    """
    here = surroundings.house()
    last = {entry["kind"]: entry["number"] for entry in ledger.read(here.places, "links", *_ASKS_FOR_LINKS)}
    asked = max((last.get(kind, 0) for kind in _ASKS_FOR_LINKS), default=0)
    if not even_if_nothing_is_new and asked <= last.get("links", 0):
        warehouse = generations.current(here.places, WAREHOUSE)
        if not last.get("links") or (warehouse and warehouse.manifest.get("links") == last["links"]):
            return None
        log.info("people were linked already, and the warehouse is behind: it is built")
        return {"linked_by": str(last["links"])}
    receipt = walk.link(here, surroundings.now())
    log.info("%s", receipt)
    return {name: str(value) for name, value in walk.counts(receipt).items()}


def let_links_through(by: str, reason: str) -> int:
    """Let a stopped linking through, as the role chosen in the form. Returns the ledger's number of it."""
    entry = walk.let_links_through(surroundings.house(), by, reason, surroundings.now())
    log.info("let through by %s: %s", by, entry["reason"])
    return entry["number"]


def decide_link(params: dict) -> str:
    """Decide an item of the review queue, or revoke a decision. Returns the decision's number."""
    here, at = surroundings.house(), surroundings.now()
    if params["verdict"] == "revoke":
        walk.revoke(here, params["item"], params["by"], params["reason"], at)
        return params["item"]
    return walk.decide(here, params["verdict"], params["item"], params["by"], params["reason"], at)


def build_warehouse() -> dict:
    """Build the warehouse and make it current. Returns rows per table."""
    candidate = walk.build_warehouse(surroundings.house())
    rows = candidate.manifest["rows"]
    for table, count in rows.items():
        log.info("%s: %s rows", table, f"{count:,}")
    return rows


def build_candidate(service: str) -> str | None:
    """Build a service's candidate; None while there is no warehouse to build it from.

    Raises Blocked, after saying so in the ledger, when it may not be published just now.
    """
    here = surroundings.house()
    if generations.current(here.places, WAREHOUSE) is None:
        return None
    card = here.catalogue.service(service)
    if reasons := walk.reasons_to_keep_back(here, card, surroundings.now()):
        walk.keep_back(here, service, reasons, surroundings.now())
        raise Blocked("kept back: " + "; ".join(reasons))
    try:
        return walk.build_candidate(here, service).name
    except FairviewError as error:
        walk.keep_back(here, service, [str(error)], surroundings.now())
        raise


def judge(service: str, candidate: str) -> dict:
    """Judge a candidate. Returns its status, counts, what did not pass, and the question to a person where it is held."""
    here = surroundings.house()
    found = walk.candidate(here, service, candidate)
    verdict = walk.judge(here, {service: found}, surroundings.now())[service]
    log.info("%s", verdict.summary())
    question, until = "", ""
    if verdict.status == Status.WARN:
        held = holding.hold(here.places, here.catalogue, found, surroundings.now())
        question, until = words.of_question(here.catalogue.service(service), held), held.until
    return {"status": str(verdict.status), "summary": verdict.summary(), "question": question, "until": until}


def left_to_answer(until: str) -> timedelta:
    """How long a question stays open: to the second after the deadline the ledger gives, and never less than a second."""
    return max(datetime.fromisoformat(until) - surroundings.now(), timedelta()) + timedelta(seconds=1)


def objection_to(answer: dict) -> str | None:
    """Why Airflow's answer to a question cannot be taken, in a sentence; None when it can, and for nobody's after the deadline."""
    responded_by = answer.get("responded_by_user")
    if not responded_by:
        return None
    reason = (answer.get("params_input") or {}).get("reason")
    objection = holding.objection(catalogue(), responded_by["name"], str(reason or ""))
    return objection and f"The answer of {responded_by['name']} was not taken: {objection}."


def publish(service: str, candidate: str, answer: dict | None = None) -> dict:
    """Publish a judged candidate, after noting a person's answer where it was held.

    Raises Blocked when the gate is shut: what is published stays as it is.
    """
    here = surroundings.house()
    found = walk.candidate(here, service, candidate)
    by = ((answer or {}).get("responded_by_user") or {}).get("name")
    if by:  # an answer of nobody is Airflow's default after the deadline: the publisher notes that it lapsed
        decision = holding_word(answer["chosen_options"])
        walk.decide_hold(
            here,
            service,
            found,
            decision,
            by,
            (answer.get("params_input") or {}).get("reason") or "",
            surroundings.now(),
        )
    served = walk.publish(here, service, found, surroundings.now())
    if not served.published:
        raise Blocked("; ".join(served.reasons))
    for table, count in served.rows.items():
        log.info("%s: %s rows published", table, f"{count:,}")
    return {"generation": served.generation, "status": served.status, "rows": served.rows}


def holding_word(chosen: list[str]) -> str:
    """A decision's word in the ledger for what was chosen in Airflow."""
    return holding.APPROVED if chosen == [words.PUBLISH] else holding.REFUSED


def write_record() -> str:
    """Write the public record. Returns the name of its page in the state's public folder."""
    return str(walk.write_record(surroundings.house(), surroundings.now()).page.name)


def withdraw_stale() -> list[str]:
    """Withdraw what rests on silent sources. Returns the services."""
    return walk.withdraw_stale(surroundings.house(), surroundings.now())


def forget() -> dict:
    """Forget what is past its retention. Returns counts."""
    from fairview.governance import reidentification

    here = surroundings.house()
    forgotten = walk.forget(here, surroundings.now())
    return forgotten | {"revealed identities": reidentification.forget(here.places, surroundings.now())}


def verify_ledger() -> str:
    """The head of the unbroken chain. Raises StoreError naming the first broken line."""
    head = ledger.verify(surroundings.state())
    log.info("ledger head: %s", head)
    return head


def _request(params: dict, requested_by: str | None):
    from fairview.governance.reidentification import Request

    return Request(params["service"], params["person_id"], params["purpose"], requested_by or "")


def check_reidentification(params: dict, requested_by: str | None) -> str:
    """Check a request to name a person. Returns the requester. Raises Blocked."""
    from fairview.governance import reidentification

    here = surroundings.house()
    if conf_all_admins():
        raise Blocked(
            "everyone is an administrator here (simple_auth_manager_all_admins): two people cannot be told apart"
        )
    reidentification.check(here.places, here.keyring, here.catalogue, _request(params, requested_by))
    return requested_by or ""


def conf_all_admins() -> bool:
    """True where Airflow lets anyone in as an administrator."""
    from airflow.sdk import conf

    return conf.getboolean("core", "simple_auth_manager_all_admins", fallback=False)


def reveal(params: dict, requested_by: str | None, first: dict, second: dict) -> str:
    """Reveal a person to the holder of the service's key. Returns the ticket. Raises Blocked."""
    from fairview.governance import reidentification

    here = surroundings.house()
    approved_by = tuple((answer.get("responded_by_user") or {}).get("name") for answer in (first, second))
    if any(answer.get("chosen_options") != ["Approve"] for answer in (first, second)):
        raise Blocked("not approved by both")
    return reidentification.reveal(
        here.places, here.keyring, here.catalogue, _request(params, requested_by), approved_by, surroundings.now()
    )
