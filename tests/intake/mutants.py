"""Good deliveries spoilt at random, in bytes, lines and fields of every feed, and what the door may answer to them.

A mutant may be refused, or its rows kept out, or taken with a word. Taken without a word it must be explained: what is
staged is what the good file staged (the change lay outside any meaning), or every changed value is one a supplier could
have meant, by this module's own reading of the contract. Anything else is a silent acceptance, and a finding.
"""

from __future__ import annotations

import hashlib
import io
import random
import re
import shutil
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from pathlib import Path

from tests.intake.deliveries import HOUSE, Draft, zipped

from fairview.contracts.feed import Column, FeedContract
from fairview.intake import answering, deliveries, doorway, judging, past
from fairview.intake.casting import name
from fairview.intake.receipts import REFUSALS, FileReceipt
from fairview.store import opening

NASTY = (
    "", " ", "NULL", "null", "N/A", "-", "0", "-1", "1.5", "1e5", "1.23E+07", "£1,234.50", "12.345", "1,5", "(12.00)", "12-",
    "30/02/2026", "2026-02-30", "31/12/9999", "9999-12-31", "01/01/1900", "03/14/2026", "3/2/26", "2026-13-01 00:00:00",
    "Y", "n", "X", "?", "=1+1", "@SUM(A1)", "Robert'); DROP TABLE students;--", "{{ var('x') }}", "<script>", "a\x00b",
    "a\x07b", "a\tb", "a\u202eb", "a\u200bb", "a\ufeffb", "٣٤", "１２", "Zoë", "ZoÃ«", "𝒜", "é" * 3, "x" * 500, "'", "\\", "|", ",", '"', "\n",
)  # fmt: skip
_EDGES = (
    b"\x00",
    b"\xff",
    b"\xfe\xff",
    b"\r",
    b"\n",
    b"\r\n",
    b"|",
    b",",
    b'"',
    b"\xef\xbb\xbf",
    b"\x1a",
    b"\t",
    b";",
    b"\x85",
    b"\xc3",
)


@dataclass(frozen=True)
class Mutant:
    """One spoilt file: how it was spoilt, and where a field was changed on purpose, what was put there."""

    kind: str
    feed: str
    put: tuple[str, str] | None = None


@dataclass(frozen=True)
class Answer:
    """What became of a mutant: a word for the summary, and what is wrong with the answer if anything is."""

    mutant: Mutant
    word: str
    fault: str | None = None


# --- ways to spoil -----------------------------------------------------------------------------------------------


def bytes_changed(data: bytes, chance: random.Random) -> bytes:
    content = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) or 1)
        put = chance.choice([bytes([chance.randrange(256)]), chance.choice(_EDGES), b"", chance.randbytes(3)])
        content[at : at + chance.randint(0, 3)] = put
    return bytes(content)


def bit_flipped(data: bytes, chance: random.Random) -> bytes:
    content = bytearray(data)
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def cut_off(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def cut_out(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randint(1, 200) :]


def piece_doubled(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    piece = data[at : at + chance.randint(1, 300)]
    return data[:at] + piece + data[at:]


def _by_lines(change: Callable[[list[bytes], random.Random], list[bytes]]):
    @wraps(change)
    def spoil(data: bytes, chance: random.Random) -> bytes:
        lines = data.splitlines(keepends=True)
        return b"".join(change(lines, chance)) if len(lines) > 3 else data[:-1]

    return spoil


@_by_lines
def line_lost(lines, chance):
    del lines[chance.randrange(len(lines))]
    return lines


@_by_lines
def line_doubled(lines, chance):
    at = chance.randrange(len(lines))
    return [*lines[: at + 1], *lines[at:]]


@_by_lines
def lines_swapped(lines, chance):
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return lines


@_by_lines
def lines_joined(lines, chance):
    at = chance.randrange(len(lines))
    lines[at] = lines[at].rstrip(b"\r\n")
    return lines


@_by_lines
def line_torn(lines, chance):
    at = chance.randrange(len(lines))
    where = chance.randrange(len(lines[at]) or 1)
    lines[at] = lines[at][:where] + chance.choice([b"\n", b"\r\n", b"\r"]) + lines[at][where:]
    return lines


@_by_lines
def blank_line_put_in(lines, chance):
    lines.insert(chance.randrange(len(lines)), chance.choice([b"\n", b"\r\n", b" \n", b",,,\n"]))
    return lines


@_by_lines
def separator_moved(lines, chance):
    at = chance.randrange(len(lines))
    places = [match.start() for match in re.finditer(rb"[|,;]", lines[at])]
    if places:
        place = chance.choice(places)
        lines[at] = lines[at][:place] + lines[at][place + 1 :]
        if chance.random() < 0.5:
            other = chance.randrange(len(lines[at]))
            lines[at] = lines[at][:other] + (b"|" if b"|" in lines[0] else b",") + lines[at][other:]
    return lines


BYTES = (bytes_changed, bit_flipped, cut_off, cut_out, piece_doubled)
LINES = (line_lost, line_doubled, lines_swapped, lines_joined, line_torn, blank_line_put_in, separator_moved)


def _inside(contract: FeedContract, spoil):
    """The same change inside a zip, packed again: damage the checksum of the archive does not show."""

    def change(data: bytes, chance: random.Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (member,) = archive.namelist()
            return zipped({member: spoil(archive.read(member), chance)})

    return change if contract.format == "zipcsv" else spoil


def spoil(draft: Draft, feed: str, chance: random.Random) -> Mutant:
    """Spoil one file of a draft in one way chosen at random."""
    file = draft[feed]
    if chance.random() < 0.4 and file.rows:
        return _field_changed(draft, feed, chance)
    ways = BYTES if file.contract.format == "xlsx" else BYTES + LINES
    way = chance.choice(ways)
    change = way if file.contract.format != "zipcsv" or chance.random() < 0.3 else _inside(file.contract, way)
    sealed = chance.random() < 0.85
    seed = chance.randrange(1 << 30)
    file.spoil.append(lambda data: change(data, random.Random(seed)))
    file.sealed = sealed
    return Mutant(way.__name__.replace("_", " ") + ("" if sealed else ", on the way"), feed)


def _field_changed(draft: Draft, feed: str, chance: random.Random) -> Mutant:
    """Another value in one field, the manifest made from it as a supplier's system would."""
    file = draft[feed]
    column = chance.choice(file.contract.columns)
    row = chance.choice(file.rows)
    if chance.random() < 0.3:
        other = chance.choice(file.rows)
        row[column.name] = other.get(column.name)
        return Mutant("value of another row", feed)
    text = chance.choice(NASTY)
    if file.contract.format == "fixed":
        if not text.isascii() or column.kind in "MI" or "\n" in text:
            text = "?"
        if column.kind in "MI":
            column = file.contract.column("action_code")
    try:
        text.encode(file.contract.facts["encoding"])
    except UnicodeEncodeError:
        text = "?"
    row[column.name] = text
    return Mutant("odd value", feed, (column.name, text))


# --- what may be answered ----------------------------------------------------------------------------------------


class Range:
    """A vault that holds two good months, at which spoilt deliveries of the third are shot; nothing is ever loaded."""

    def __init__(self, door, folder: Path) -> None:
        self.door, self.folder = door, folder

    @contextmanager
    def open(self) -> Iterator[Range]:
        with opening.vault(self.door.places, self.door.keyring) as self.con:
            for source in HOUSE.sources:
                self._examine(Draft(source, 3))
                for contract in HOUSE.of_source(source):
                    self.con.execute(
                        f"CREATE OR REPLACE TEMP TABLE {name('good_' + contract.feed)} AS "
                        f"SELECT * FROM temp.main.{name('typed_' + contract.feed)}"
                    )
            yield self

    def _examine(self, draft: Draft):
        shutil.rmtree(self.folder, ignore_errors=True)
        draft.write(self.folder)
        (delivery,) = deliveries.find(self.folder)
        known = past.read(self.con, draft.source)
        return doorway.examine(self.con, delivery, HOUSE, doorway.Keeping(), known)

    def shoot(self, source: str, chance: random.Random) -> list[Answer]:
        """Spoil some files of one delivery, each in one way, and judge the answer to each."""
        draft = Draft(source, 3)
        feeds = chance.sample(sorted(draft.files), chance.randint(1, len(draft.files)))
        mutants = {feed: spoil(draft, feed, chance) for feed in feeds}
        found = self._examine(draft)
        staged = {
            file.feed: (self.con.execute(file.good("count(*)")).fetchone()[0], 0)
            for file in found.files
            if file.is_typed and not file.is_refused
        }
        receipt = answering.receipt(self.con, found, "fuzz", staged)
        lines = {line.feed: line for line in receipt.files}
        judged = {file.feed: file for file in found.files}
        return [self._answer(mutants[feed], lines[feed], judged.get(feed)) for feed in feeds]

    def _answer(self, mutant: Mutant, line: FileReceipt, file: judging.Judged | None) -> Answer:
        if line.outcome in REFUSALS:
            told = bool(line.rules) and bool(line.messages) and not line.staged
            return Answer(mutant, "refused", None if told else "refused without a word")
        assert file is not None
        if line.received != line.staged + line.quarantined + line.dropped:
            return Answer(mutant, "lost rows", "received is not staged + quarantined + dropped")
        fault = self._unexplained(mutant, line, file)
        if fault:
            return Answer(mutant, "silent", fault)
        if line.quarantined:
            return Answer(mutant, "rows kept out")
        if set(line.rules) - {"R1", "R2", "R3", "R4"}:
            return Answer(mutant, "taken with a word")
        return Answer(mutant, "another value a supplier could mean" if self._added(file) else "nothing changed")

    def _added(self, file: judging.Judged) -> list[tuple]:
        columns = ", ".join(name(column.staged_name) for column in file.contract.loaded)
        return self.con.execute(
            f"SELECT {columns} FROM ({file.good()}) EXCEPT ALL SELECT {columns} FROM {name('good_' + file.feed)}"
        ).fetchall()

    def _unexplained(self, mutant: Mutant, line: FileReceipt, file: judging.Judged) -> str | None:
        """What is staged that the good file did not stage must be what a supplier could have meant."""
        added = self._added(file)
        good = self.con.execute(f"SELECT count(*) FROM {name('good_' + file.feed)}").fetchone()[0]
        if len(added) > good or line.received != line.staged + line.quarantined + line.dropped:
            return "rows appeared"
        if line.staged + line.quarantined < good and not line.rules:
            return "rows vanished"
        for row in added:
            for column, value in zip(file.contract.loaded, row, strict=True):
                if not believable(file.contract, column, value, file.extract_date):
                    return f"staged a value that cannot be one in {column.name}"
        return self._misread(mutant, line, file) if mutant.put and not line.rules else None

    def _misread(self, mutant: Mutant, line: FileReceipt, file: judging.Judged) -> str | None:
        """A value put in on purpose and taken without a word must be staged as what it says, by a reading of its own."""
        column = file.contract.column(mutant.put[0])
        if not column.is_loaded or file.contract.format == "xlsx":
            return None
        if column.facts.get("normalise"):
            return self._misnormalised(mutant, file, column)
        wanted = meant(file.contract, column, mutant.put[1])
        staged = {row[list(file.contract.loaded).index(column)] for row in self._added(file)}
        held = self.con.execute(
            f"SELECT count(*) FROM {file.table} WHERE {name(column.staged_name)} IS NOT DISTINCT FROM ?", [wanted]
        ).fetchone()[0]
        return None if held or wanted in staged else f"took an odd value in {column.name} for something else"

    def _misnormalised(self, mutant: Mutant, file: judging.Judged, column: Column) -> str | None:
        """Of a value brought into a normal form its letters and digits must be left."""
        texts = self.con.execute(f"SELECT DISTINCT {name(column.staged_name)} FROM {file.table}").fetchall()
        said = _squeezed(mutant.put[1])
        kept = not said or any(_squeezed(text or "") == said for (text,) in texts)
        return None if kept else f"took an odd value in {column.name} for something else"


def _squeezed(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper()).lstrip("0")


def believable(contract: FeedContract, column: Column, value: object, extract_date: date) -> bool:
    """Whether a staged value can be one of its column, read from the contract anew."""
    if value is None:
        return not column.required or column.may_be_open or bool(column.on_blank) or bool(column.on_invalid)
    if column.is_birth_date:
        return date(1900, 1, 1) < value <= extract_date
    if column.kind in "DT":
        day = value.date() if isinstance(value, datetime) else value
        return date(1850, 1, 1) <= day < date(2099, 12, 31)
    if column.kind == "I":
        return abs(value) < 10 ** (column.length or 18) and (not column.codes or str(value) in column.codes)
    if column.kind != "C":
        return isinstance(value, bool | int)
    hidden = any(unicodedata.category(letter) in ("Cc", "Cf") and letter not in "\n\r\u200c\u200d" for letter in value)
    listed = not column.codes or bool(column.dated_codes) or value in column.codes
    return len(value) <= column.length and listed and not hidden and value == value.strip(" ")


def meant(contract: FeedContract, column: Column, text: str) -> object:
    """What a text says in a column, strictly; None where it says nothing."""
    text = text.strip(" ")
    if not text or text in (contract.facts.get("nullTokens") or ()):
        return None
    if column.kind == "C":
        form = column.facts.get("normalise")
        return text if not form else None
    if column.kind == "I":
        return int(text) if re.fullmatch(r"-?[0-9]+", text) else None
    if column.kind == "M":
        return int(text.replace(".", "")) if re.fullmatch(r"-?[0-9]+\.[0-9]{2}", text) else None
    if column.kind == "F":
        return {"Y": True, "N": False}.get(text)
    wanted = column.facts["dateTimeFormat"] if column.kind == "T" else contract.facts["dateFormat"]
    try:
        found = datetime.strptime(text, wanted)
    except ValueError:
        return None
    return found if column.staged_type == "TIMESTAMP" else found.date()


def seeds(count: int, seed: int) -> Iterator[tuple[str, random.Random]]:
    """Sources in turn, each with a chance of its own, so that any shot can be repeated by its number."""
    for number in range(count):
        digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
        yield HOUSE.sources[number % len(HOUSE.sources)], random.Random(int.from_bytes(digest[:8], "big"))


def summary(answers: list[Answer]) -> Iterator[str]:
    """The table `make fuzz` prints: mutants per kind and per form, and what became of them."""
    words = sorted({answer.word for answer in answers})
    for title, key in (
        ("how it was spoilt", lambda answer: answer.mutant.kind),
        ("form of the file", lambda answer: HOUSE.feed(answer.mutant.feed).format),
        ("feed", lambda answer: answer.mutant.feed),
    ):
        counts = Counter((key(answer), answer.word) for answer in answers)
        yield f"\n{title:<36}{'mutants':>9}" + "".join(f"{word:>{len(word) + 3}}" for word in words)
        for row in sorted({row for row, _ in counts}):
            total = sum(counts[row, word] for word in words)
            yield f"{row:<36}{total:>9,}" + "".join(f"{counts[row, word]:>{len(word) + 3},}" for word in words)
