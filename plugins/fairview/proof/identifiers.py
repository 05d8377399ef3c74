"""`fairview prove no-identifiers`: looks for every identifier of the feeds in everything a run has left outside the vault.

Knows the order of a scan and what a finding may say: artefact, file, place, kind and form, and where the identifier came
from by feed, column and row. Never a value. The vault's values and the keys are the one room outside the scan; the
vault's bytes are in it. Refuses to mend anything.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError
from fairview.proof import allowances, artefacts, looking, own_rows, reading, sought
from fairview.proof.artefacts import Artefact
from fairview.proof.matching import Matcher
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

_PLAIN = {"plain", "reversed", "mark-up plain", "URL plain"}
# Words of these files are invented people, not the house's vocabulary: they do not make a surname common.
_NAME_LISTS = ("plugins/fairview/demo/", "tests/", "dags/identity/")


@dataclass(frozen=True)
class Hit:
    """Identifiers of one kind met in one form at one place. `origin`: feed, row and column of one of them."""

    artefact: str
    file: str
    place: str
    kind: str
    form: str
    identifiers: int
    origin: str


@dataclass(frozen=True)
class Scanned:
    """How much of one artefact class was read: files, characters of text or values."""

    artefact: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Report:
    """What a scan looked for, where, and what it found. `unknown`: paths no rule speaks of; `exempt`: outside the promise."""

    at: datetime
    identifiers: dict[str, int] = field(hash=False)
    scanned: tuple[Scanned, ...]
    exempt: tuple[Scanned, ...]
    hits: tuple[Hit, ...]
    unknown: tuple[str, ...]
    unread: tuple[str, ...]
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Nothing found, nothing unknown, nothing that could not be read."""
        return not (self.hits or self.unknown or self.unread)

    def lines(self) -> Iterator[str]:
        """The report for a screen, a line at a time; never a value."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.identifiers.items())
        yield f"Looked for {sum(self.identifiers.values()):,} identifiers of the vault ({kinds})"
        yield "as they are, in any case and spacing, hyphenated, reversed, in base64, hex and URLs, and as unkeyed hashes, in"
        for one in self.scanned:
            yield f"  {one.artefact}: {one.files:,} files, {one.bytes:,} bytes"
        for one in self.exempt:
            yield f"  not looked at: {one.artefact}, {one.files:,} files ({_about(one.artefact)})"
        for name in self.unknown:
            yield f"UNKNOWN ARTEFACT: {name} has no rule; declare what it is in proof/artefacts.py"
        for name in self.unread:
            yield f"NOT READ: {name}"
        for hit in self.hits:
            yield (
                f"FOUND: {hit.identifiers:,} {hit.kind} ({hit.form}) in {hit.artefact} {hit.file}, {hit.place}; "
                f"one is from {hit.origin}"
            )
        ending = "no identifier outside the vault" if self.is_clean else "NOT CLEAN"
        yield f"{ending}; {len(self.hits):,} findings, {len(self.unknown):,} unknown artefacts, {self.seconds:.0f} s"


def scan(
    places: Places,
    keyring: Keyring,
    catalogue: Catalogue,
    extra_folders: Iterable[Path] = (),
    *,
    at: datetime,
    canaries: Iterable[str] = (),
) -> Report:
    """Look for every identifier of the feeds, and for `canaries`, in every artefact of a state and in `extra_folders`.

    Raises StoreError when the vault is held by a writer.
    """
    started = time.monotonic()
    found, unknown = artefacts.inventory(places, catalogue, extra_folders)
    looked_at = [one for one in found if one.rule.reading != artefacts.EXEMPT]
    with opening.vault(places, keyring, read_only=True) as con:
        counted = sought.gather(con, catalogue, canaries)
        own_rows.remember(con, catalogue)
        con.execute("USE memory")
        con.execute("DETACH vault")  # a writer may go on: what is sought is held apart from here on
        sought.forms(con)
        _learn_words(con, [one for one in looked_at if one.rule.root == "house"])
        matcher = Matcher(con)
        unread = []
        for number, artefact in enumerate(looked_at):
            try:
                looking.look(con, matcher, number, artefact, keyring)
            except (FairviewError, OSError, opening.duckdb.Error) as error:  # DuckDB's messages may quote a value
                reason = str(error) if isinstance(error, FairviewError) else type(error).__name__
                unread.append(f"{artefact.rule.artefact} {artefact.name}: {reason}")
        matcher.finish()
        hits = _hits(con, looked_at)
    return Report(
        at=at,
        identifiers=counted,
        scanned=_tally(looked_at),
        exempt=_tally([one for one in found if one.rule.reading == artefacts.EXEMPT]),
        hits=tuple(hits),
        unknown=tuple(unknown),
        unread=tuple(unread),
        seconds=time.monotonic() - started,
    )


def _about(artefact: str) -> str:
    return next(rule.about for rule in artefacts.RULES if rule.artefact == artefact)


def _tally(found: list[Artefact]) -> tuple[Scanned, ...]:
    files = Counter(one.rule.artefact for one in found)
    sizes: Counter[str] = Counter()
    for one in found:
        sizes[one.rule.artefact] += one.path.lstat().st_size if one.path.exists() or one.path.is_symlink() else 0
    return tuple(Scanned(name, count, sizes[name]) for name, count in files.items())


def _learn_words(con, house: list[Artefact]) -> None:
    """Words of the house's own code, declarations and documents: a surname that is one of them is not rare."""
    import pyarrow as pa

    con.execute("CREATE TEMP TABLE house_word (word VARCHAR)")
    read = [one.path for one in house if not one.name.startswith(_NAME_LISTS)]
    texts = [text for path in read for _, _, text in reading.text(path)]
    con.register("house_text", pa.table({"text": pa.array(texts, pa.large_string())}))
    con.execute("INSERT INTO house_word SELECT DISTINCT unnest(words(text)) FROM house_text")
    con.unregister("house_text")
    sought.rare_surnames(con, "house_word")


def _hits(con, looked_at: list[Artefact]) -> list[Hit]:
    """What was met, by artefact, place, kind and form, without what is there by right."""
    house = [number for number, one in enumerate(looked_at) if one.rule.root == "house"]
    rows = con.execute(
        "SELECT artefact, place, kind, form, count(DISTINCT ident), min(origin) FROM "
        "(SELECT artefact, place, form, kind, ident, origin, text FROM met JOIN sought USING (ident) "
        "UNION ALL SELECT artefact, place, 'own row', kind, ident, origin, NULL FROM own_met) "
        f"WHERE NOT (list_contains(?, artefact) AND coalesce({allowances.never_given_sql()}, false)) GROUP BY ALL ORDER BY ALL",
        [house],
    ).fetchall()
    telling = {number for number, place, *_ in rows if place == "name"}
    hits = []
    for number, place, kind, form, count, origin in rows:
        artefact = looked_at[number]
        if form in _PLAIN and allowances.allowed(artefact.rule.artefact, artefact.name, place, kind):
            continue
        name = f"{Path(artefact.name).parent.as_posix()}/(its name tells)" if number in telling else artefact.name
        hits.append(Hit(artefact.rule.artefact, name, place, kind, form, count, origin))
    return hits
