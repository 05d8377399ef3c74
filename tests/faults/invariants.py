"""The nine invariants, each a named check of a state as a fault left it, and what a state holds, to be compared row for row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fairview import walk
from fairview.domain import verdicts
from fairview.errors import FairviewError
from fairview.store import generations, keys, ledger, locks, opening
from fairview.store.places import WAREHOUSE

Values = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Outcome:
    """How a step ended: `died`, or `said` an error of a class, or neither when it reported success."""

    died: bool
    error: str | None = None
    message: str = ""
    is_named: bool = False

    @property
    def succeeded(self) -> bool:
        return not self.died and self.error is None


def values(here: walk.House, zone: str, generation: generations.Generation | None = None) -> Values:
    """Rows and an order-free hash of them per table of a zone (`vault`, `warehouse`, a service)."""
    con = opening.connect(here.places, threads=1)
    try:
        if zone == "vault":
            opening.attach(con, here.places.vault, zone, here.keyring.vault_key(), True)
        else:
            found = generation or generations.current(here.places, zone)
            if found is None:
                return {}
            opening.attach(con, found.database, zone, found.data_key(here.keyring.zone_key(zone)), True)
        tables = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [zone]
        ).fetchall()
        return {
            f"{schema}.{table}": con.execute(
                f'SELECT count(*), coalesce(sum(hash(held)::HUGEINT), 0)::VARCHAR FROM "{zone}"."{schema}"."{table}" AS held'
            ).fetchone()
            for schema, table in tables
        }
    finally:
        con.close()


def observed(here: walk.House, step: str) -> dict[str, Values]:
    """What a step is there to bring about, in values."""
    service = here.catalogue.services[0].service
    found = {"published": values(here, service)}
    if step in ("stage", "link"):
        found["vault"] = values(here, "vault")
        # A log with a row per run made, so a re-run of what was written already adds one; every other table must be as it was.
        found["vault"].pop("identity.runs")
    if step == "warehouse":
        found["warehouse"] = values(here, WAREHOUSE)
    if step in ("build", "judge"):
        from tests.faults.house import waiting

        found["candidate"] = values(here, service, waiting(here))
    if step == "judge":
        verdict = waiting(here).verdict
        found["verdict"] = {"status": (len(verdict["tables"]), verdict["status"])}
    if step == "record":
        found["record"] = {
            path.name: (len(path.read_text(encoding="utf-8")), path.name)
            for path in sorted(here.places.public.iterdir())
        }
    return found


Check = Callable[..., Iterable[str]]


def readers_see_one_whole_generation(here, step, outcome, before, after) -> Iterable[str]:
    """I1: what a reader finds is whole and is the old or the new, table for table."""
    for card in here.catalogue.services:
        standing = generations.current(here.places, card.service)
        found = values(here, card.service) if standing else {}
        if found not in (before["published"], after["published"]):
            yield "a reader sees neither the old nor the new values"
        if standing:
            manifest = standing.manifest
            if (
                generations.file_hash(standing.database) != manifest["sha256"]
                or manifest["generation"] != standing.name
            ):
                yield "what is published is not what its manifest describes"
            if list(standing.path.glob("*.wal")):
                yield "a write-ahead log lies beside what is published"


def what_was_reported_is_so(here, step, outcome, before, after) -> Iterable[str]:
    """I2: a reported success is there for the next process; after a failure what is published is the old, or whole and new."""
    if outcome.succeeded and observed(here, step) != after:
        yield "success was reported, and the result is not there"


def no_row_twice_none_lost(here, step, outcome, before, after) -> Iterable[str]:
    """I4: received = staged + quarantined + dropped + refused, file for file; no record key twice in what is in force."""
    with opening.vault(here.places, here.keyring, read_only=True) as con:
        short = con.execute(
            "SELECT count(*) FROM intake.files WHERE outcome NOT LIKE 'reject%' AND received <> "
            "staged + quarantined + coalesce(dropped, 0)"
        ).fetchone()[0]
        if short:
            yield f"{short} files whose rows are not all accounted for"
        for contract in here.catalogue.feeds:
            if contract.key:
                twice = con.execute(
                    f'SELECT count(*) - count(DISTINCT record_key) FROM staged."{contract.feed}"'
                ).fetchone()[0]
                if twice:
                    yield f"{contract.feed}: {twice} rows twice"


def nothing_unjudged_is_published(here, step, outcome, before, after) -> Iterable[str]:
    """I5: what is published has a verdict signed by the gate, about its very bytes, that lets it pass."""
    for card in here.catalogue.services:
        standing = generations.current(here.places, card.service)
        if standing:
            verdict = standing.verdict
            if not verdicts.is_signed(verdict, here.keyring.verdict_key()):
                yield "what is published has no signed verdict"
            elif verdict["sha256"] != standing.manifest["sha256"] or verdict["status"] not in verdicts.PUBLISHABLE:
                yield "what is published was not let pass"


def people_keep_their_keys(here, step, outcome, before, after) -> Iterable[str]:
    """I6: no person key twice in the registry, none gone that was there."""
    with opening.vault(here.places, here.keyring, read_only=True) as con:
        count, distinct = con.execute("SELECT count(*), count(DISTINCT person_key) FROM identity.registry").fetchone()
        if count != distinct:
            yield "a person key is in the registry twice"
        if "vault" in before and count < before["vault"]["identity.registry"][0]:
            yield "a person key is gone"


def the_ledger_is_whole(here, step, outcome, before, after) -> Iterable[str]:
    """I7: the chain is unbroken."""
    try:
        ledger.verify(here.places)
    except FairviewError as error:
        yield str(error)


def no_identifier_lies_outside(
    here, step, outcome, before, after, sought: re.Pattern[bytes] | None = None
) -> Iterable[str]:
    """I8, at once: whatever the fault left behind, no identifier of the feeds lies outside vault and landing."""
    for path in _files(here):
        if sought and sought.search(path.read_bytes()):
            yield f"an identifier lies in {_shape(path.relative_to(here.places.root))}"


def a_failure_is_told_in_one_sentence(here, step, outcome, before, after) -> Iterable[str]:
    """I9: who failed and lived says which step, what was wrong and what to do, in one sentence without a path."""
    if outcome.died or outcome.succeeded:
        return
    if not outcome.is_named:
        yield f"it ended in {outcome.error}, which nobody can read"
    elif "\n" in outcome.message or "/" in outcome.message or "run again" not in outcome.message:
        yield f"the message does not say what to do: {outcome.message[:120]}"


AT_ONCE: dict[str, Check] = {
    "I1": readers_see_one_whole_generation,
    "I2": what_was_reported_is_so,
    "I4": no_row_twice_none_lost,
    "I5": nothing_unjudged_is_published,
    "I6": people_keep_their_keys,
    "I7": the_ledger_is_whole,
    "I8": no_identifier_lies_outside,
    "I9": a_failure_is_told_in_one_sentence,
}


OF_THE_VAULT = ("I4", "I6")


def converged(here, step, told, outcome, before, after) -> Iterable[str]:
    """I3, I7, I8 after one plain re-run: the undisturbed values, an outcome in the ledger, nothing left lying about."""
    if outcome.error:
        yield f"I3: the re-run ended in {outcome.error}: {outcome.message[:160]}"
        return
    found = observed(here, step)
    for part in after:
        if found.get(part) != after[part]:
            differing = [name for name in after[part] if found.get(part, {}).get(name) != after[part][name]]
            yield f"I3: the re-run did not bring about the undisturbed result: {part} {', '.join(differing[:3])}"
    ledger.verify(here.places)
    if told and not any(entry["kind"] == told for entry in list(ledger.read(here.places))[-6:]):
        yield f"I7: the ledger does not tell of the {told}"
    left = [path for path in _everything(here) if _is_left(path)]
    zones = [*(here.places.root / "services").iterdir(), here.places.root / WAREHOUSE]
    most = 2 if step in ("build", "judge") else 1
    left += [zone for zone in zones if len(list(zone.glob("gen-*"))) > (most if zone.name != WAREHOUSE else 1)]
    if left:
        yield f"I8: left lying about: {', '.join(sorted({_shape(path.relative_to(here.places.root)) for path in left})[:3])}"
    if held := locks.holders(here.places):
        yield f"I8: {held[0].zone} is still held"


def _everything(here) -> list[Path]:
    return [path for path in here.places.root.rglob("*") if "scratch/spill-" not in str(path)]


def _files(here) -> list[Path]:
    shut = {here.places.root / "landing", here.places.vault}
    return [
        path
        for path in here.places.root.rglob("*")
        if path.is_file() and not path.is_symlink() and not shut.intersection({path, *path.parents})
        and not path.name.endswith((".duckdb", ".wal"))
    ]  # fmt: skip


def _is_left(path: Path) -> bool:
    return (
        path.name.endswith((".wal", ".draft", ".tmp"))
        or path.name.startswith(".current-")
        or (path.parent.name == "scratch" and path.is_dir())
    )


def _shape(path: Path) -> str:
    """A path without what differs from run to run, fit for a report."""
    return re.sub(r"[0-9a-f]{12,64}|gen-[0-9a-z]{26}|(?<=\.anchor\.)\d+", "*", path.as_posix())


def sought(here) -> re.Pattern[bytes]:
    """Some of every direct identifier's values in the vault, as bytes; short ones, which any text may hold, left out."""
    words: set[str] = set()
    with opening.vault(here.places, here.keyring, read_only=True) as con:
        for contract in here.catalogue.feeds:
            for column in contract.loaded:
                if column.sensitivity == "DIR":
                    held = f'"{column.staged_name}"::VARCHAR'
                    rows = con.execute(
                        f'SELECT DISTINCT {held} FROM staged."{contract.feed}" WHERE length({held}) > 7 LIMIT 5'
                    )
                    words |= {row[0] for row in rows.fetchall()}
    assert len(words) > 20, "there is nothing to look for"
    return re.compile(b"|".join(re.escape(word.encode()) for word in sorted(words)))


__all__ = ["AT_ONCE", "Outcome", "converged", "keys", "observed", "sought", "values"]
