"""What a run is told as: one line per ledger entry, and a closing summary of what is published, for whom, from what."""

from __future__ import annotations

from fairview.contracts.catalogue import Catalogue
from fairview.intake.receipts import REFUSALS
from fairview.store import generations, ledger
from fairview.store.places import Places


def line(entry: dict) -> str | None:
    """One ledger entry in words, or None when it is not for the console."""
    kind = entry["kind"]
    if kind == "delivery":
        files = entry.get("files") or []
        received = sum(file.get("received") or 0 for file in files)
        staged = sum(file.get("staged") or 0 for file in files)
        return f"received   {entry['source']}: {entry['outcome']}, {received:,} rows received, {staged:,} staged"
    if kind == "links":
        return "linked     people and households"
    if kind == "links_stopped":
        return f"stopped    {entry['reason']}"
    if kind == "publication":
        rows = sum(count or 0 for count in (entry.get("rows") or {}).values())  # rounded, small ones blank
        return f"published  {entry['service']}: about {rows:,} rows, generation {entry['generation']}"
    if kind == "kept_back":
        return f"kept back  {entry['service']}: {'; '.join(entry.get('reasons') or [])}"
    if kind == "held":
        return f"held       {entry['service']}: for a person to decide until {entry['until']}; {'; '.join(entry['reasons'])}"
    if kind == "decision":
        return f"decided    {entry['service']}: {entry['decision']}" + (f" by {entry['by']}" if entry.get("by") else "")
    if kind == "withdrawal":
        return f"withdrawn  {entry['service']}: {entry.get('reason')}"
    return None


def of_state(catalogue: Catalogue, where: Places) -> str:
    """What is published now: for whom, as at when, from what, how many rows, where to look."""
    lines = ["", "Published"]
    for card in catalogue.services:
        generation = generations.current(where, card.service)
        if generation is None:
            lines.append(f"  {card.service}: nothing")
            continue
        manifest = generation.manifest
        lines.append(
            f"  {card.service} for {card.department}, as at {manifest['as_at']}, from {', '.join(card.sources)}"
        )
        lines += [f"    {table:<28}{count:>10,} rows" for table, count in sorted(manifest["rows"].items())]
    lines += [
        "Where to look",
        "  fairview tables SERVICE, fairview export SERVICE TABLE --to FILE.csv",
        f"  public record: {where.public / 'record.html'}   (or: fairview record)",
        f"  data docs of the gate: {where.gate}",
    ]
    return "\n".join(lines)


def held(where: Places) -> list[str]:
    """Services whose newest candidate waits for a person's decision."""
    newest = {
        entry["service"]: entry["kind"]
        for entry in ledger.read(where, "publication", "kept_back", "withdrawal", "held", "decision")
    }
    return sorted(service for service, kind in newest.items() if kind == "held")


def exit_code(where: Places, since: int, services: list[str]) -> int:
    """The exit code of a run from the ledger entries after number `since`: 0, 3 blocked, 4 refused at the door."""
    entries = [entry for entry in ledger.read(where) if entry["number"] > since]
    for entry in entries:
        if entry["kind"] == "delivery":
            outcomes = {entry.get("outcome"), *(file.get("outcome") for file in entry.get("files") or [])}
            if outcomes.intersection(REFUSALS):
                return 4
    newest = {e["service"]: e["kind"] for e in entries if e["kind"] in {"publication", "kept_back", "held"}}
    return 0 if all(newest.get(service) == "publication" for service in services) else 3
