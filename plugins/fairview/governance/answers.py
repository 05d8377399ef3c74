"""The eleven questions a resident put to a council about such a system, answered from live state.

Source of the questions: freedom of information request FOI 9541, Thurrock Council, answered 26 November 2019, quoted word
for word; they name the system the council had then. Answers 4, 7 and 9 do not ask what "profiled" means: they count
everything it can mean. Refuses to know: any person; every number here has passed disclosure control before it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import FeedContract
from fairview.contracts.service import ServiceCard
from fairview.domain.disclosure import THRESHOLD

REFERENCE = "FOI 9541, Thurrock Council, answered on 26 November 2019"


@dataclass(frozen=True)
class Answer:
    """One question and its answer: sentences, and where it helps a list."""

    number: int
    question: str
    sentences: tuple[str, ...]
    items: tuple[str, ...] = field(default=())


_USING = "Which council services / departments are using the Xantura system for {}?"
_PROFILED = "How many Thurrock residents have been profiled for {}?"
_DATA = "What information / data was used by the system in the process of profiling residents?"
QUESTIONS = {
    1: ("using", "HSG", _USING.format("homelessness prevention")),
    2: ("using", "CSF", _USING.format("ASB profiling")),
    3: ("using", "REV", _USING.format("informed debt collection")),
    4: ("counted", "CSF", _PROFILED.format("ASB")),
    5: ("police", "CSF", "How many of those profiled for ASB have led to a police investigation and / or arrest?"),
    6: ("data", "CSF", "What information / data was used by the system in the process of ASB profiling?"),
    7: ("counted", "HSG", _PROFILED.format("potential homelessness").rstrip("?")),
    8: ("data", "HSG", _DATA),
    9: ("counted", "REV", _PROFILED.format("informed debt collections")),
    10: ("data", "REV", _DATA),
    11: ("stored", "", "Where is the profile data stored and how long is it stored for before being destroyed?"),
}


def answers(catalogue: Catalogue, services: list[dict[str, Any]]) -> list[Answer]:
    """The eleven, in order. `services` are the record's own entries, one a card (see `record`)."""
    by_code = {card.purpose_code: card for card in catalogue.services}
    states = {state["service"]: state for state in services}
    found = []
    for number, (about, code, question) in QUESTIONS.items():
        card = by_code.get(code)
        if about == "stored":
            found.append(Answer(number, question, *_stored(catalogue, services)))
        elif card is None:
            found.append(Answer(number, question, ("None: this council has no such service in this system.",)))
        else:
            found.append(Answer(number, question, *_ANSWERED[about](catalogue, card, states[card.service])))
    return found


def _using(catalogue: Catalogue, card: ServiceCard, state: dict) -> tuple:
    what = f"{card.department}, for “{card.title}”. {card.purpose.strip()}"
    if state["published"]:
        what = f"{what} What its officers see now is as at {state['as_at']}, published on {state['published_on']}."
    else:
        what = f"{what} It has nothing published at present."
    return (what, f"Lawful basis: {card.lawful_basis.strip()}"), ()


def _counted(catalogue: Catalogue, card: ServiceCard, state: dict) -> tuple:
    looked_up = state["reidentified"]
    named = f"Looked up by name, with two approvals each, since this system began: {looked_up}."
    if not state["published"]:
        return (f"None at present: {card.department} has nothing published.", named), ()
    counts = state["residents"]
    items = [
        f"With a record in the data the service reads: {counts['in_data']} people." if counts["in_data"] else "",
        f"Assessed (a rule of the service left a row about them): {_by_unit(counts['assessed'])}.",
        f"On the list officers work from: {_by_unit(counts['listed'])}.",
        named,
    ]
    sentences = (
        "“Profiled” can mean any of the following, so each is counted. Nobody is decided about by a machine: "
        f"an officer reads the reasons. Counts under {THRESHOLD} are not told, the rest are rounded to 5.",
    )
    return sentences, tuple(item for item in items if item)


def _police(catalogue: Catalogue, card: ServiceCard, state: dict) -> tuple:
    dropped = [
        rule
        for contract in catalogue.of_source("community_safety")
        for rule in contract.row_rules
        for rule in [
            f"{' and '.join(word.lower().replace('_', ' ') for word in rule['drop'])} ({rule['id']}, {contract.feed})"
        ]
    ]
    unread = f" Rows about an {'; '.join(dropped)} are thrown away unread when a file arrives." if dropped else ""
    return (
        "None. The service knows victims only, so that they are offered support; it looks for no suspect and tells the "
        f"police nothing.{unread}",
        "Nothing is sent from this system to the police or to anyone outside the council.",
    ), ()


def _data(catalogue: Catalogue, card: ServiceCard, state: dict) -> tuple:
    known = {f"{contract.source}.{contract.feed}": contract for contract in catalogue.feeds}
    items = []
    for feed in card.feeds:
        contract = known.get(feed)
        if contract is None:
            items.append(feed)
            continue
        words = [f"{label}{', '.join(found)}" for label, found in _columns(contract, card.purpose_code) if found]
        items.append(f"{contract.title} ({contract.source}): {'; '.join(words) or 'only to link records'}.")
    never = "; ".join(card.never)
    sentences = (
        "These feeds, and of each the columns its contract permits for this purpose. Names, addresses and numbers are used "
        "to link records inside the vault and go no further; of health and the like no more leaves it than one yes-or-no flag.",
        f"Never used or done: {never}." if never else "",
    )
    return tuple(sentence for sentence in sentences if sentence), tuple(items)


def _columns(contract: FeedContract, purpose: str) -> list[tuple[str, list[str]]]:
    """A feed's columns by how the purpose may use them, labelled, in plain words."""
    used, references, control = [], [], []
    for column in contract.loaded:
        if column.purposes == {"OPS"}:
            control.append(column.name)
        elif purpose in column.purposes and column.sensitivity == "REF":
            references.append(column.name)
        elif purpose in column.purposes and column.sensitivity in {"ATT", "MEA", "OPS"}:
            used.append(column.name)
    plain = [sorted(name.replace("_", " ") for name in names) for names in (used, references, control)]
    labels = ("", "as pseudonyms only: ", "only to stop, slow or soften: ")
    return list(zip(labels, plain, strict=True))


def _by_unit(counts: dict[str, str]) -> str:
    return ", ".join(f"{count} {unit}" for unit, count in counts.items()) or "none"


def _stored(catalogue: Catalogue, services: list[dict]) -> tuple:
    months = sorted({contract.retention_months for contract in catalogue.feeds})
    sentences = [
        "In one encrypted folder on the council's own machine that runs this system. Nothing is sent anywhere else; no "
        "service outside is called.",
        "What is derived about residents (lists, facts, reasons) exists once, in the newest generation of each service, "
        "encrypted under a key of its own. Each publication destroys the key of the one before, then the files. A service is "
        "withdrawn when a source it rests on falls silent.",
    ]
    if months:
        span = f"{months[0]}" if len(months) == 1 else f"{months[0]} to {months[-1]}"
        sentences.append(f"What departments deliver is kept encrypted for {span} months, as each feed's contract says.")
    items = []
    for state in services:
        held = f"held now: generation of {state['published_on']}" if state["published"] else "nothing held now"
        last = (
            f"last destroyed on {state['destroyed_on']}"
            if state["destroyed_on"]
            else "nothing has had to be destroyed yet"
        )
        items.append(f"{state['title']}: {held}; {last}. {state['retention']}")
    return tuple(sentences), tuple(items)


_ANSWERED = {"using": _using, "counted": _counted, "police": _police, "data": _data}
