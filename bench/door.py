"""`make bench`: the door's reading, strict typing, quarantine and staging as a ratio of CPU to a plain `read_csv`.

Floor: DuckDB reads each file with its declared delimiter and date format straight into typed columns (CREATE TABLE AS) of an
encrypted database, and checkpoints. It checks nothing and is spared what a plain reader cannot do: its copies are UTF-8,
without mark or trailer, out of the zip, made before the clock starts. Fixed width is cut out of lines, a sheet read by
the same library as ours. Ours: from the bytes as sent, transcoding, unzipping and the child processes' CPU included, to
rows in the same kind of encrypted database, committed and checkpointed as the floor's are (the floor commits with each
file, the door once per delivery; it also checkpoints once per delivery, the floor once). The rest of the door (hash and landing copy, manifest, keys, ties, receipts)
is told apart below the ratio, so that nothing is hidden. Run as `python -m bench.door RESIDENTS…`.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.floor import text_of
from bench.walk import measure
from fairview import walk
from fairview.contracts.catalogue import Catalogue, catalogue
from fairview.contracts.feed import Column, FeedContract
from fairview.intake import comparing, crossing, deliveries, judging, landing, loading, reading, receive
from fairview.store import keys, opening
from fairview.store.places import places

_TYPES = {"I": "BIGINT", "M": "DECIMAL(18, 2)", "D": "DATE", "T": "TIMESTAMP"}


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class Clock:
    """CPU seconds by part, of this process and its reading children; a part within a part is taken out of it."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.told = 0.0
        self._inside: list[float] = []

    def child(self, part: str, seconds: float) -> None:
        """Add what a child says it used."""
        self.spent[part] += seconds
        self.told += seconds

    def timed(self, part: Callable[..., str], verb: Callable) -> Callable:
        """The verb, its CPU added to the part its arguments belong to."""

        def run(*args, **more):
            before = _cpu()
            self._inside.append(0.0)
            try:
                return verb(*args, **more)
            finally:
                took, within = _cpu() - before, self._inside.pop()
                self.spent[part(*args)] += took - within
                if self._inside:
                    self._inside[-1] += took

        return run


# --- the floor ---------------------------------------------------------------------------------------------------


def prepare(path: Path, contract: FeedContract, to: Path) -> Path:
    """A copy a plain reader can read: UTF-8, without mark, trailer and repeated headers."""
    if contract.format == "xlsx":
        return path
    header, *lines = text_of(path, contract).rstrip("\n").split("\n")
    if contract.facts["trailer"] != "none":
        lines.pop()
    lines = [line for line in lines if line != header]
    copy = to / path.name
    copy.write_text("\n".join([header, *lines, ""]), encoding="utf-8", newline="\n")
    return copy


def _typed(contract: FeedContract, column: Column) -> str:
    text, written = f"nullif(\"{column.header}\", '')", contract.facts["dateFormat"]
    if column.kind == "M":
        number = f"rtrim(trim({text}), '+')"
        return f"TRY_CAST({number} AS DECIMAL(18, 2))"
    if column.kind == "D":
        return f"try_strptime({text}, '{written}')::DATE"
    return f"TRY_CAST({text} AS {_TYPES[column.kind]})" if column.kind in "IT" else text


def plain(con, copy: Path, contract: FeedContract) -> None:
    """One file into typed columns, as plainly as DuckDB can."""
    target = f'CREATE TABLE floor."{contract.feed}" AS SELECT'
    loaded = ", ".join(f'"{column.header}" AS "{column.name}"' for column in contract.loaded)
    if contract.format == "xlsx":
        from bench.floor import read_sheet

        read_sheet(con, copy, contract)
        typed = ", ".join(f'{_typed(contract, column)} AS "{column.name}"' for column in contract.loaded)
        con.execute(f"{target} {typed} FROM raw")
        return
    if contract.format == "fixed":
        parts, at = [], 2
        for column in contract.columns:
            parts.append(f'trim(substr(line, {at}, {column.facts["width"]})) AS "{column.header}"')
            at += column.facts["width"]
        typed = ", ".join(f'{_typed(contract, column)} AS "{column.name}"' for column in contract.loaded)
        con.execute(
            f"{target} {typed} FROM (SELECT {', '.join(parts)} FROM read_csv('{copy}', header=true, auto_detect=false, "
            "delim='\x01', quote='', columns={'line': 'VARCHAR'}))"
        )
        return
    stamps = [c.facts["dateTimeFormat"] for c in contract.columns if c.kind == "T" and "dateTimeFormat" in c.facts]
    types = {column.header: _TYPES.get(column.kind, "VARCHAR") for column in contract.columns}
    types |= {
        column.header: "VARCHAR"
        for column in contract.columns
        if "dateTimeFormat" in column.facts and column.kind == "D"
    }
    columns = ", ".join(f"'{header}': '{kind}'" for header, kind in types.items())
    quote = "'\"'" if contract.format in ("csv", "zipcsv") else "''"
    nulls = ", ".join(f"'{token}'" for token in ("", *(contract.facts.get("nullTokens") or ())))
    stamp = f", timestampformat='{stamps[0]}'" if stamps else ""
    con.execute(
        f"{target} {loaded} FROM read_csv('{copy}', header=true, auto_detect=false, delim='{contract.facts['delimiter']}', "
        f"quote={quote}, escape={quote}, columns={{{columns}}}, nullstr=[{nulls}], "
        f"dateformat='{contract.facts['dateFormat']}'{stamp}, ignore_errors=true)"
    )


def floor(delivered: Path, declared: Catalogue, folder: Path) -> tuple[dict[str, float], dict[str, int]]:
    """CPU seconds and rows by format, of plain reads into one encrypted database."""
    files = [(path, contract) for path, contract in _files(delivered, declared)]
    (folder / "copies").mkdir(parents=True)
    copies = [(prepare(path, contract, folder / "copies"), contract) for path, contract in files]
    here = places(folder / "floor")
    here.work.mkdir(parents=True, exist_ok=True)
    con, clock, rows = opening.connect(here), Clock(), defaultdict(int)
    con.execute("SET preserve_insertion_order = true")
    opening.attach(con, folder / "floor.duckdb", "floor", keys.Keyring.load(here).vault_key())
    read = clock.timed(lambda _, copy, contract: contract.format, plain)
    for copy, contract in copies:
        read(con, copy, contract)
        rows[contract.format] += con.execute(f'SELECT count(*) FROM floor."{contract.feed}"').fetchone()[0]
    clock.timed(lambda *_: "checkpoint", con.execute)("CHECKPOINT floor")
    con.close()
    shutil.rmtree(folder / "copies")
    return clock.spent, rows


def _files(delivered: Path, declared: Catalogue) -> list[tuple[Path, FeedContract]]:
    found = []
    for delivery in deliveries.find(delivered):
        for contract in declared.of_source(delivery.source):
            name = judging.file_name(contract, delivery.extract_date)
            found.append((delivery.folder / name, contract))
    return found


# --- ours --------------------------------------------------------------------------------------------------------


def ours(delivered: Path, declared: Catalogue, folder: Path) -> tuple[dict[str, float], dict[str, int]]:
    """CPU seconds by format for reading, typing, quarantine and staging, and by name for the rest; rows by format."""
    clock = Clock()
    by_form = lambda _, file, *more: file.contract.format  # noqa: E731
    part = lambda name: lambda *_: name  # noqa: E731
    wrapped = [
        (judging, "take", by_form), (judging, "_look_closer", by_form), (judging, "set_aside", part("texts of quarantined rows")),
        (loading, "stage", by_form), (loading, "commit", part("commit")), (opening, "checkpoint", part("checkpoint")), (landing, "take_in", part("hash and landing copy")),
        (judging, "_fingerprint", part("replay fingerprint")), (comparing, "blank_shares", part("blank shares")),
        (judging, "_judge_keys", part("keys")), (judging, "_judge_rules", part("row rules")),
        (crossing.Crossing, "judge", part("parents, steps, ties")), (receive, "receive", part("manifest, receipts, vault")),
    ]  # fmt: skip
    kept = [(owner, verb, getattr(owner, verb)) for owner, verb, _ in wrapped]
    for owner, verb, belongs in wrapped:
        setattr(owner, verb, clock.timed(belongs, getattr(owner, verb)))
    taken, fetched = judging.take, judging._fetch

    def take(con, file, read) -> None:
        taken(con, file, read)
        clock.child(file.contract.format, read.seconds)
        read.seconds = 0.0

    def fetch(con, file, wanted) -> int:
        count = fetched(con, file, wanted)
        clock.child(file.contract.format, file.reading.seconds)
        file.reading.seconds = 0.0
        return count

    judging.take, judging._fetch = take, fetch
    rows: dict[str, int] = defaultdict(int)
    here = walk.house(declared, places(folder / "state"))
    try:
        for delivery in deliveries.find(delivered):
            for line in receive.receive(delivery, declared, here.places, here.keyring, datetime.now(UTC)).files:
                rows[declared.feed(line.feed).format] += line.received
    finally:
        for owner, verb, was in kept:
            setattr(owner, verb, was)
    before = _cpu()
    reading.stop()  # now the kernel tells what the children used, all of them
    clock.spent["reading children: starting"] = _cpu() - before - clock.told
    return clock.spent, rows


# --- both --------------------------------------------------------------------------------------------------------

_FORMS = ("pipe", "csv", "charcsv", "zipcsv", "fixed", "xlsx")


def bench(residents: int) -> None:
    """Print one size's lines."""
    declared, folder = catalogue(), Path(tempfile.mkdtemp(prefix="fairview-door-"))
    fairview = str(Path(sys.executable).with_name("fairview"))
    try:
        measure([fairview, "demo", "--residents", str(residents), "--months", "1", "--to", str(folder / "deliveries")])
        least, _ = floor(folder / "deliveries", declared, folder)
        spent, received = ours(folder / "deliveries", declared, folder)
    finally:
        shutil.rmtree(folder)
    print(f"\nThe door at {residents:,} residents, one month: CPU s, child processes included")
    print(f"{'':<28}{'rows':>10}{'floor':>8}{'ours':>8}{'ratio':>8}")
    for form in _FORMS:
        print(f"{form:<28}{received[form]:>10,}{least[form]:>8.2f}{spent[form]:>8.2f}{spent[form] / least[form]:>8.2f}")
    closing = ("commit", "checkpoint", "reading children: starting")
    for name in closing:
        print(f"{name:<28}{'':>10}{least.get(name, 0.0):>8.2f}{spent[name]:>8.2f}")
    parts = [*_FORMS, *closing]
    total, mine = sum(least.values()), sum(spent[part] for part in parts)
    print(f"{'read, typed, staged':<28}{sum(received.values()):>10,}{total:>8.2f}{mine:>8.2f}{mine / total:>8.2f}")
    for name in sorted(set(spent) - set(parts)):
        print(f"  {name:<34}{'':>12}{spent[name]:>8.2f}")
    print(f"{'the whole door':<28}{'':>10}{'':>8}{sum(spent.values()):>8.2f}{sum(spent.values()) / total:>8.2f}")


if __name__ == "__main__":
    for size in [int(word) for word in sys.argv[1:] if word.isdigit()] or [20_000]:
        bench(size)
