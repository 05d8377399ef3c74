"""The public record: what was received, refused, published or kept back and why, and the eleven questions answered.

Written after every run, gate open or shut, from the ledger, the declarations and what is published; in plain English,
as a page that works offline, as text and as data. Knows: that every count of people or records passes disclosure control.
Refuses to know: any row; it opens no mart and no vault.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import ServiceCard
from fairview.domain.disclosure import THRESHOLD, Told, told
from fairview.errors import StoreError
from fairview.governance import answers
from fairview.intake.receipts import REFUSALS
from fairview.store import generations, ledger, scratch
from fairview.store.keys import Keyring
from fairview.store.places import Places

_FORMS = {"html": "record.html", "json": "record.json", "text": "record.md"}
# How far back the page tells; the ledger keeps everything. A year of monthly deliveries of seven sources, and runs.
_EVENTS = 200
_OUTCOMES = {
    "accept": "accepted",
    "accept_with_warning": "accepted, with warnings",
    "blank_value": "accepted, some values left out",
    "quarantine_rows": "accepted, some rows set aside",
    "reject_file": "refused",
    "reject_delivery": "refused",
    "ignored": "known already, ignored",
}


@dataclass(frozen=True)
class PublicRecord:
    """A record as written: its page, its text, and the document behind both."""

    page: Path
    text: Path
    document: dict[str, Any]


def write(places: Places, keyring: Keyring, catalogue: Catalogue, at: datetime) -> PublicRecord:
    """Write record.html, record.md and record.json into the state's public folder, each whole or not at all.

    `keyring` is taken so that every verb of the walk is called alike; nothing is opened with it. A broken ledger is told in
    the record, not raised: the record must come out whatever happened.
    """
    document = compose(places, catalogue, at)
    written = {}
    for form, content in (
        ("json", json.dumps(document, indent=1, ensure_ascii=False) + "\n"),
        ("text", _rendered("record.md.j2", document)),
        ("html", _rendered("record.html.j2", document)),
    ):
        written[form] = scratch.lay(places, places.public / _FORMS[form], content)
    return PublicRecord(written["html"], written["text"], document)


def read(places: Places, form: str = "text") -> str:
    """The record as last written: text, json or html. Raises StoreError when there is none yet."""
    path = places.public / _FORMS[form]
    if not path.is_file():
        raise StoreError("no public record has been written yet; it is, after the first run")
    return path.read_text(encoding="utf-8")


def compose(places: Places, catalogue: Catalogue, at: datetime) -> dict[str, Any]:
    """The record as words and numbers fit for everyone."""
    entries = list(ledger.read(places))
    services = [_service(places, card, entries) for card in catalogue.services]
    return {
        "written_on": _day_and_time(at.isoformat()),
        "threshold": THRESHOLD,
        "services": services,
        "objections_waiting": _objections_waiting(entries),
        "received": _received(entries),
        "events": [event for event in map(_event, reversed(entries)) if event][:_EVENTS],
        "reference": answers.REFERENCE,
        "questions": [asdict(answer) for answer in answers.answers(catalogue, services)],
        "ledger": _chain(places, entries),
    }


def _service(places: Places, card: ServiceCard, entries: list[dict]) -> dict[str, Any]:
    """One service as it stands now: what is published, since when, on what warnings, and why nothing newer is."""
    own = [entry for entry in entries if entry.get("service") == card.service]
    current = generations.current(places, card.service)
    published = _last(own, "publication", generation=current.name) if current else None
    newest = next((e for e in reversed(own) if e["kind"] in _KEPT.keys() | {"publication"}), None)
    destroyed = [entry["destroyed_at"] for entry in own if entry.get("destroyed_at")]
    looked_up = sum(entry["kind"] == "reidentification" for entry in own)
    counts = (published or {}).get("residents") or {}
    return {
        "service": card.service,
        "title": card.title,
        "department": card.department,
        "purpose": card.purpose.strip(),
        "offer": card.offer.strip(),
        "never": list(card.never),
        "retention": card.retention.strip(),
        "published": published is not None,
        "published_on": _day_and_time(published["at"]) if published else None,
        "as_at": _day(published["as_at"]) if published else None,
        "warnings": (published or {}).get("warnings") or [],
        "kept_back": (
            {"on": _day_and_time(newest["at"]), "what": _KEPT[newest["kind"]], "why": _reasons(newest)}
            if newest and newest["kind"] != "publication"
            else None
        ),
        "tables": [
            {
                "table": table.name,
                "description": table.description,
                "rows": _told((published.get("rows") or {}).get(table.name)),
            }
            for table in (card.tables if published else ())
        ],
        "residents": {
            "in_data": _told(counts["in_data"]) if counts.get("in_data") else None,
            "assessed": {unit: _told(count) for unit, count in (counts.get("assessed") or {}).items()},
            "listed": {unit: _told(count) for unit, count in (counts.get("listed") or {}).items()},
        },
        "reidentified": "none" if not looked_up else _told(told(looked_up).value),
        "destroyed_on": _day_and_time(destroyed[-1]) if destroyed else None,
    }


def _objections_waiting(entries: list[dict]) -> str:
    """How many objections and restrictions had nobody found for them when people were last linked, as it may be told."""
    count = next((entry.get("objections_waiting", 0) for entry in reversed(entries) if entry["kind"] == "links"), 0)
    return str(told(count)) if count else "none"


_KEPT = {
    "kept_back": "A newer version was kept back",
    "held": "A newer version waits for a person to decide",
    "withdrawal": "What was published was withdrawn and destroyed",
}

_DECIDED = {
    "approved": "a person decided that what was held may be published",
    "refused": "a person decided that what was held is not published",
    "lapsed": "nobody decided in time, so that what was held is not published",
}


def _last(entries: list[dict], kind: str, **having: Any) -> dict | None:
    return next(
        (e for e in reversed(entries) if e["kind"] == kind and all(e.get(k) == v for k, v in having.items())), None
    )


def _reasons(entry: dict) -> list[str]:
    return list(entry.get("reasons") or ([entry["reason"]] if entry.get("reason") else []))


def _received(entries: list[dict]) -> list[dict[str, Any]]:
    """Per source its newest delivery of each extract date, newest date first; counts of rows, never exact small ones."""
    found: dict[tuple, dict[str, Any]] = {}
    for entry in entries:
        if entry["kind"] != "delivery":
            continue
        files = entry.get("files") or []
        found[(str(entry.get("extract_date")), entry["source"])] = {
            "source": entry["source"],
            "extract_date": _day(entry.get("extract_date")),
            "outcome": _words(entry["outcome"]),
            "is_refused": entry["outcome"] in REFUSALS,
            "rows": str(told(sum(file.get("received") or 0 for file in files))),
            "set_aside": str(told(sum(file.get("quarantined") or 0 for file in files))),
            "refused_files": sorted(
                f"{file['feed'] or file.get('file')} ({', '.join(sorted(file.get('rules') or {})) or 'no reason given'})"
                for file in files
                if file.get("outcome") in REFUSALS
            ),
            "rules": sorted(entry.get("rules") or {}),
        }
    return [found[key] for key in sorted(found, key=lambda key: (key[0], key[1]), reverse=True)]


def _event(entry: dict) -> dict[str, str] | None:
    """One ledger entry as a dated sentence; None for what is told elsewhere, look-ups too: listed, they could be counted."""
    kind, service = entry["kind"], entry.get("service", "")
    if kind == "delivery":
        what = f"{entry['source']} delivered for {_day(entry.get('extract_date'))}: {_words(entry['outcome'])}"
    elif kind == "publication":
        replaced = "; what it replaced was destroyed" if entry.get("replaced") else ""
        warned = ", with warnings" if entry.get("warnings") else ""
        what = f"{service} published as at {_day(entry.get('as_at'))}{warned}{replaced}"
    elif kind == "kept_back":
        what = f"{service} kept back: {'; '.join(_reasons(entry))}"
    elif kind == "held":
        what = f"{service} held for a person to decide: {'; '.join(_reasons(entry))}"
    elif kind == "decision":
        what = f"{service}: {_DECIDED[entry['decision']]}"
    elif kind == "withdrawal":
        what = f"{service} withdrawn and destroyed: {'; '.join(_reasons(entry))}"
    elif kind == "links_stopped":
        what = f"linking stopped: {entry['reason']}"
    elif kind == "links_let_through":
        what = f"the stopped linking was let through by {entry['by']}: {entry['reason']}"
    elif kind == "objection_closed":
        what = f"an objection whose person is in no other record was closed by {entry['by']}"
    else:
        return None
    return {"on": _day_and_time(entry["at"]), "what": what}


def _chain(places: Places, entries: list[dict]) -> dict[str, Any]:
    try:
        return {"entries": len(entries), "head": ledger.verify(places), "intact": True}
    except StoreError as error:
        return {"entries": len(entries), "head": "", "intact": False, "trouble": str(error)}


def _told(value: int | None) -> str:
    """A count that was put under disclosure control when it was written down."""
    return str(Told(value))


def _words(outcome: str | None) -> str:
    return _OUTCOMES.get(str(outcome), str(outcome).replace("_", " "))


def _day(text: Any) -> str:
    """2026-10-31 as 31 October 2026."""
    try:
        on = datetime.fromisoformat(str(text))
    except ValueError:
        return "an unknown date"
    return f"{on.day} {on:%B %Y}"


def _day_and_time(text: str) -> str:
    on = datetime.fromisoformat(text)
    return f"{on.day} {on:%B %Y, %H:%M} UTC" if on.utcoffset() is not None and not on.utcoffset() else f"{_day(text)}"


def _rendered(template: str, document: dict[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=template.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**document)
