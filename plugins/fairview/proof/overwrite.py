"""`fairview prove overwrite`: after a publication, values that only the old generation held can be read from nothing.

Two halves. From the state alone: that no earlier generation, no key of one, no write-ahead log, spill, dbt leftover or
copy of a mart is there, and that the ledger says what was destroyed when. And, for a caller who looked before the
publication (`remember`), that no file still holds what only the old generation held: values, bytes, free blocks, logs.
What is remembered are fingerprints under a key, never values. Refuses to mend anything.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError
from fairview.proof import artefacts, looking, sought
from fairview.proof.artefacts import Artefact
from fairview.proof.matching import RUN, Passages
from fairview.store import exports, generations, ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places

# Files by what they begin with: a copy of a mart is one whatever it is called. DuckDB's mark stands at byte 8.
_DUCKDB, _PARQUET = b"DUCK", b"PAR1"
_MAY_BE_DUCKDB = {"vault", "vault draft", "backup", "warehouse", "mart"}


@dataclass(frozen=True)
class Remembered:
    """Fingerprints of every value one generation held, taken while it was published."""

    zone: str
    generation: str
    prints: object = field(hash=False, repr=False)


@dataclass(frozen=True)
class Report:
    """What was looked at, what is wrong, and what is there by right though it is not published (a candidate kept back)."""

    at: datetime
    looked_at: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Nothing of an overwritten generation was found."""
        return not self.faults

    def lines(self) -> Iterator[str]:
        """The report for a screen, a line at a time; never a value."""
        yield from (f"  {line}" for line in self.looked_at)
        yield from (f"note: {line}" for line in self.notes)
        yield from (f"FOUND: {line}" for line in self.faults)
        ending = "nothing of an overwritten generation is left" if self.is_clean else "NOT CLEAN"
        yield f"{ending}; {len(self.faults):,} findings, {self.seconds:.0f} s"


def remember(places: Places, keyring: Keyring, catalogue: Catalogue) -> list[Remembered]:
    """Fingerprints of every generation that is current now, to be given to `prove` after the next publication."""
    found = []
    for zone in _zones(catalogue):
        generation = generations.current(places, zone)
        if generation is not None:
            con = opening.connect(places)
            try:
                traces = _Traces(con, keyring)
                looking.look_at_values(con, traces, looking.Source(0), generation, keyring)
                found.append(Remembered(zone, generation.name, traces.prints()))
            finally:
                con.close()
    return found


def prove(
    places: Places,
    keyring: Keyring,
    catalogue: Catalogue,
    *,
    at: datetime,
    remembered: Iterable[Remembered] = (),
    extra_folders: Iterable[Path] = (),
) -> Report:
    """Check that nothing of an overwritten generation is left; with `remembered`, look for their values too."""
    started = time.monotonic()
    found, unknown = artefacts.inventory(places, catalogue, extra_folders)
    found = [one for one in found if one.rule.root != "house"]
    faults = [f"unknown artefact {name}: declare what it is in proof/artefacts.py" for name in unknown]
    notes: list[str] = []
    told = [f"{len(found):,} files of {len({one.rule.artefact for one in found})} artefact classes"]
    for check in (_check_generations, _check_leftovers, _check_copies, _check_exports, _check_ledger):
        looked_at, wrong, right = check(places, catalogue, found)
        told.append(looked_at)
        faults += wrong
        notes += right
    for one in remembered:
        looked_at, wrong = _look_for(places, keyring, catalogue, found, one)
        told.append(looked_at)
        faults += wrong
    return Report(at, tuple(told), tuple(faults), tuple(notes), time.monotonic() - started)


def _zones(catalogue: Catalogue) -> tuple[str, ...]:
    return (WAREHOUSE, *(card.service for card in catalogue.services))


def _check_generations(places: Places, catalogue: Catalogue, found: list[Artefact]) -> tuple[str, list[str], list[str]]:
    """Of every zone only the current generation is there; a candidate never published is told, not blamed."""
    faults, notes, standing = [], [], []
    published = {entry["generation"] for entry in ledger.read(places, "publication")}
    for folder in [*sorted((places.root / "services").glob("*")), places.zone(WAREHOUSE)]:
        current = generations.current(places, folder.name)
        standing.append(f"{folder.name} {current.name if current else 'nothing'}")
        for path in sorted(folder.glob("gen-*")):
            if current and path.name == current.name:
                continue
            # Names are ULIDs: a younger one than the current is a candidate, and so is one the ledger never published.
            is_candidate = path.name not in published and (not current or path.name > current.name)
            if is_candidate:
                notes.append(
                    f"{folder.name} {path.name} is a candidate that was not published; the next run destroys it"
                )
            else:
                faults.append(f"{folder.name} {path.name} was replaced and is still there, with {_holds(path)}")
        faults += [f"{folder.name}: {link.name} is left of a switch" for link in sorted(folder.glob(".current-*"))]
    keys = [one.name for one in found if one.rule.artefact == "data key"]
    homes = {
        str(path.resolve().relative_to(places.root)) for path in places.root.glob("**/current") if path.is_symlink()
    }
    told = f"generations: {', '.join(standing)} stand alone; {len(keys)} data keys, {len(homes)} current"
    return told, faults, notes


def _holds(path: Path) -> str:
    return "its data key" if (path / "dek.wrapped").exists() else "no data key"


def _check_leftovers(places: Places, catalogue: Catalogue, found: list[Artefact]) -> tuple[str, list[str], list[str]]:
    """No write-ahead log, no spill, no dbt target, no draft, no dbt leftover in the house."""
    leftover = {
        "vault write-ahead log",
        "mart write-ahead log",
        "spill",
        "dbt target",
        "draft",
        "dbt leftover",
        "landing draft",
        "export draft",
    }
    faults = [f"{one.rule.artefact} {one.name}" for one in found if one.rule.artefact in leftover]
    faults += [
        f"draft {one.name}" for one in found if one.name.endswith(".draft") and one.rule.artefact not in leftover
    ]
    return "write-ahead logs, spill, dbt target and logs, drafts: none is left", faults, []


def _check_copies(places: Places, catalogue: Catalogue, found: list[Artefact]) -> tuple[str, list[str], list[str]]:
    """No DuckDB or Parquet file but the vault, the generations and declared exports, whatever it is called."""
    faults, notes = [], []
    for one in found:
        if one.path.is_symlink() or not one.path.is_file():
            continue
        with one.path.open("rb") as file:
            head = file.read(12)
        if head[8:12] == _DUCKDB and one.rule.artefact not in _MAY_BE_DUCKDB:
            faults.append(f"{one.name} is a copy of a database")
        elif head[:4] == _PARQUET and one.rule.artefact != "delivery as sent":
            notes.append(f"{one.name} is a table somebody exported; whoever did answers for it")
    return f"copies of a database: the first bytes of {len(found):,} files were read", faults, notes


def _check_exports(places: Places, catalogue: Catalogue, found: list[Artefact]) -> tuple[str, list[str], list[str]]:
    """No export the system made outlives the generation it was made from, wherever it was written."""
    faults, looked_at = [], 0
    for card in catalogue.services:
        current = generations.current(places, card.service)
        for one in exports.noted(places, card.service):
            looked_at += 1
            if (current is None or one.generation != current.name) and one.path.exists():
                faults.append(
                    f"an export of {card.service} {one.generation}, which was overwritten, is still at {one.path}"
                )
    return f"exports the system made: {looked_at} noted, each looked for where it was written", faults, []


def _check_ledger(places: Places, catalogue: Catalogue, found: list[Artefact]) -> tuple[str, list[str], list[str]]:
    """Every generation that was replaced or withdrawn has its hour of destruction in an unbroken ledger."""
    faults = []
    try:
        ledger.verify(places)
    except FairviewError as error:
        faults.append(str(error))
    gone = []
    for entry in ledger.read(places, "publication", "withdrawal"):
        name = entry.get("replaced") if entry["kind"] == "publication" else entry["generation"]
        if name and not entry.get("destroyed_at"):
            faults.append(f"ledger entry {entry['number']} does not say when {entry['service']} {name} was destroyed")
        elif name:
            gone.append(f"{entry['service']} {name} at {entry['destroyed_at']}")
    return f"destroyed, says the ledger: {', '.join(gone[-6:]) or 'nothing yet'}", faults, []


def _look_for(
    places: Places, keyring: Keyring, catalogue: Catalogue, found: list[Artefact], old: Remembered
) -> tuple[str, list[str]]:
    """Look in every file for values only the old generation held: not the current ones, and no words of the house."""
    con = opening.connect(places)
    try:
        traces = _Traces(con, keyring)
        for zone in _zones(catalogue):
            current = generations.current(places, zone)
            if current is not None:
                looking.look_at_values(con, traces, looking.Source(0), current, keyring)
        house = [one for one in artefacts.inventory(places, catalogue)[0] if one.rule.root == "house"]
        for one in house:
            looking.look(con, traces, 0, one, keyring)
        sought_prints = traces.seek(old.prints)
        unread = []
        for number, one in enumerate(found):
            try:
                looking.look(con, traces, number, one, keyring)
            except (FairviewError, OSError, opening.duckdb.Error) as error:  # DuckDB's messages may quote a value
                unread.append(f"{one.name} could not be read: {type(error).__name__}")
        traced = traces.traced()
    finally:
        con.close()
    told = f"{old.zone} {old.generation}: {sought_prints:,} values and phrases only it held, looked for in {len(found):,} files"
    faults = [
        f"{count:,} values only {old.zone} {old.generation} held are in {found[number].rule.artefact} {found[number].name}"
        for number, count in traced
    ]
    return told, faults + unread


class _Traces(Passages):
    """First fingerprints all it is given; after `seek`, notes where one of the fingerprints sought turns up again."""

    def __init__(self, con, keyring: Keyring) -> None:
        super().__init__(con)
        sought.teach(con)
        # A key of the proof's own, so that fingerprints are no use for anything else.
        self._key = hashlib.sha256(b"fairview/v1/overwrite" + keyring.verdict_key()).hexdigest()
        self._is_seeking = False
        con.execute("CREATE TEMP TABLE print (print UBIGINT)")
        con.execute("CREATE TEMP TABLE trace (print UBIGINT, artefact INTEGER)")

    def prints(self):
        """Every fingerprint taken so far, as an Arrow table."""
        self.search()
        self._take_suspects()
        return self._con.execute("SELECT DISTINCT print FROM print").to_arrow_table()

    def seek(self, old) -> int:
        """Seek from now on what is in `old` and was not fingerprinted so far. Returns how many that is."""
        self.search()
        self._take_suspects()
        self._con.register("remembered", old)
        self._con.execute(
            "CREATE TEMP TABLE sought_print AS SELECT print FROM remembered EXCEPT SELECT print FROM print"
        )
        self._con.unregister("remembered")
        self._con.execute("TRUNCATE print")
        self._is_seeking = True
        return self._con.execute("SELECT count(*) FROM sought_print").fetchone()[0]

    def traced(self) -> list[tuple[int, int]]:
        """Artefact and how many of the values sought it holds."""
        self.search()
        self._take_suspects()
        return self._con.execute(
            "SELECT artefact, count(DISTINCT print) FROM trace GROUP BY ALL ORDER BY ALL"
        ).fetchall()

    def _meet(self) -> None:
        """A whole value of up to six words, and every six words in a row of a longer one."""
        for n in range(1, RUN + 1):
            joined = " || ".join(f"w{k}" for k in range(1, n + 1))
            whole = "" if n == RUN else f"AND nth = 1 AND size = {n} "
            least = sought.LEAST_JOINED + 2 * (n == RUN)
            self._take(
                f"SELECT DISTINCT {joined} AS text, artefact FROM run WHERE w{n} IS NOT NULL {whole}AND length({joined}) >= {least}"
            )

    def _take_suspects(self) -> None:
        """Pseudonyms: whatever looks like a UUID or a hash."""
        self._take("SELECT DISTINCT prefix::VARCHAR AS text, artefact FROM suspect WHERE shift = 0")
        self._con.execute("TRUNCATE suspect")

    def _take(self, query: str) -> None:
        keyed = f"SELECT ('0x' || left(sha256(? || text), 16))::UBIGINT AS print, artefact FROM ({query})"
        if self._is_seeking:
            self._con.execute(
                f"INSERT INTO trace SELECT * FROM ({keyed}) SEMI JOIN sought_print USING (print)", [self._key]
            )
        else:
            self._con.execute(f"INSERT INTO print SELECT print FROM ({keyed})", [self._key])
