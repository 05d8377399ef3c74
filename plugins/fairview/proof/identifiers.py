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
from fairview.errors import FairviewError, StoreError
from fairview.proof import artefacts, own_rows, reading, sought
from fairview.proof.artefacts import Artefact
from fairview.proof.matching import Matcher, Source
from fairview.store import metadata, opening
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places

# Columns that carry values of an identifying kind which are published by others about places, not people.
# Table, column, kind, reason.
PUBLIC = (
    ("psn_open_data__postcodes", "pcd", "postcode", "the national directory lists every postcode of the area, of nobody"),
)  # fmt: skip
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
                _read(con, matcher, number, artefact, keyring)
            except (FairviewError, OSError) as error:
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
    con.execute("CREATE TEMP TABLE house_word (word VARCHAR)")
    read = [str(one.path) for one in house if not one.name.startswith(_NAME_LISTS)]
    texts = [[text] for path in read for _, _, text in reading.text(Path(path))]
    import pyarrow as pa

    con.register("house_text", pa.table({"text": pa.array([text for (text,) in texts], pa.large_string())}))
    con.execute("INSERT INTO house_word SELECT DISTINCT unnest(words(text)) FROM house_text")
    con.unregister("house_text")
    sought.rare_surnames(con, "house_word")


def _read(con, matcher: Matcher, number: int, artefact: Artefact, keyring: Keyring) -> None:
    """Give the matcher everything in one artefact: its name, its content the way its class is read."""
    rule, path = artefact.rule, artefact.path
    source = Source(number, is_ours=rule.is_ours)
    matcher.add(source, [("name", False, artefact.name)])
    if path.is_symlink():
        matcher.add(source, [("link", False, str(path.readlink()))])
        return
    if not path.is_file() or rule.reading == artefacts.NAME_ONLY:
        return
    if rule.reading == artefacts.SEALED:
        matcher.add(Source(number, is_noise=True), reading.sealed(path))
    elif rule.reading == artefacts.MART:
        _read_mart(con, matcher, source, path, keyring)
        matcher.add(Source(number, is_noise=True), reading.sealed(path))
    elif rule.reading == artefacts.SQLITE:
        if path.suffix == ".db":
            matcher.add(source, _cells(path))
        matcher.add(source, reading.text(path))
    elif rule.reading == artefacts.TABLE and path.suffix == ".parquet":
        _read_columns(con, matcher, source, f"read_parquet({opening.quoted(path)})", path.stem)
    else:
        matcher.add(source, reading.text(path) if rule.reading == artefacts.TEXT else reading.document(path))


def _cells(path: Path) -> Iterator[reading.Passage]:
    for place, value in metadata.values(path):
        if isinstance(value, bytes):
            yield from reading.blob(value, place)
        elif len(value) > 1:
            yield from ((place, True, piece) for piece in reading.pieces(value))


def _read_mart(con, matcher: Matcher, source: Source, path: Path, keyring: Keyring) -> None:
    """Every value of a generation's database, opened with its key."""
    zone = WAREHOUSE if path.parent.parent.name == WAREHOUSE else path.parent.parent.name
    generation = Generation(zone, path.parent)
    opening.attach(con, path, "looked_at", generation.data_key(keyring.zone_key(zone)), read_only=True)
    try:
        tables = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'looked_at' ORDER BY ALL"
        ).fetchall()
        for schema, table in tables:
            _read_columns(con, matcher, source, f'looked_at."{schema}"."{table}"', table)
        own_rows.compare(con, source.number, zone, tables, keyring)
        matcher.search()
    finally:
        con.execute("DETACH looked_at")


def _read_columns(con, matcher: Matcher, source: Source, relation: str, table: str) -> None:
    """Distinct values of every column that could tell, and the texts of each row together."""
    texts = []
    for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall():
        place, column = f"{table}.{name}", f'"{name}"'
        distinct = f"SELECT DISTINCT {column} FROM {relation} WHERE {column} IS NOT NULL"
        if kind == "UUID":
            matcher.add_tokens(source, place, distinct)
        elif kind in ("BIGINT", "INTEGER", "UBIGINT", "UINTEGER", "HUGEINT", "UHUGEINT"):
            least = 10 ** (sought.LEAST_DIGITS - 1)
            matcher.add_query(source, place, True, f"SELECT t::VARCHAR FROM ({distinct} AND {column} >= {least}) AS d(t)")
        elif kind == "BLOB":
            matcher.add_query(source, place, True, f"SELECT TRY(decode(t)) FROM ({distinct}) AS d(t)")
        elif not kind.startswith(("DATE", "TIME", "BOOLEAN", "DOUBLE", "FLOAT", "DECIMAL", "TINYINT", "SMALLINT", "INTERVAL")):
            matcher.add_query(source, place, True, f"SELECT t::VARCHAR FROM ({distinct}) AS d(t)")
            texts.append(f"{column}::VARCHAR")
    if len(texts) > 1:
        matcher.add_query(
            source, f"{table} (a row)", False, f"SELECT DISTINCT concat_ws(' ', {', '.join(texts)}) FROM {relation}"
        )


def _hits(con, looked_at: list[Artefact]) -> list[Hit]:
    """What was met, by artefact, place, kind and form, without what is public."""
    rows = con.execute(
        "SELECT artefact, place, kind, form, count(DISTINCT ident), min(origin) FROM "
        "(SELECT artefact, place, form, kind, ident, origin FROM met JOIN sought USING (ident) "
        "UNION ALL SELECT artefact, place, 'own row', kind, ident, origin FROM own_met) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    public = {(f"{table}.{column}", kind) for table, column, kind, _ in PUBLIC}
    public |= {(f"{table} (a row)", kind) for table, _, kind, _ in PUBLIC}
    hits = []
    for number, place, kind, form, count, origin in rows:
        artefact = looked_at[number]
        if artefact.rule.artefact == "warehouse" and (place, kind) in public and form == "plain":
            continue
        telling = {row[0] for row in rows if row[1] == "name"}
        name = f"{Path(artefact.name).parent.as_posix()}/(its name tells)" if number in telling else artefact.name
        hits.append(Hit(artefact.rule.artefact, name, place, kind, form, count, origin))
    return hits
