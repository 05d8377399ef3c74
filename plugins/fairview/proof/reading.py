"""Turns a file into passages of text: (place, whether the text is a whole value, text).

Knows packed files (gzip, zlib, zip and what is built on zip), the texts a PNG carries, JSON and JSON lines, CSV, databases of Airflow's kind, and
that a plain text may lie between other bytes. Refuses to know what is looked for. Never fails on what a file is like: what
cannot be parsed is read as bytes. Not seen: what the pixels of an image show, and what other formats pack in ways of their own.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

Passage = tuple[str, bool, str]

# Shortest run of printable bytes worth a look, and the longest piece a line is cut into; pieces overlap so that nothing
# is lost at a cut.
LEAST_PRINTABLE = 6
_PIECE, _OVERLAP = 32 << 10, 256
_CHUNK = 4 << 20
# Packed files within packed files: deeper than this nothing of ours is nested.
_DEPTH = 3
_PRINTABLE = re.compile(
    rb"(?:[\x09\x20-\x7e]|[\xc2-\xc5][\x80-\xbf]){%d,}" % LEAST_PRINTABLE
)  # letters of Latin scripts
_TEXT_SHARE = 0.95
_PNG = b"\x89PNG\r\n\x1a\n"


def sealed(path: Path) -> Iterator[Passage]:
    """Runs of printable bytes in a file that should be ciphertext (free blocks and slack included)."""
    before = b""
    with path.open("rb") as file:
        position = 0
        while chunk := file.read(_CHUNK):
            held = before + chunk
            # A run that reaches the end of the chunk may go on: it is read again with the next.
            for match in _PRINTABLE.finditer(held):
                yield f"byte {position - len(before) + match.start()}", False, _decoded(match.group())
            before = held[-_OVERLAP:]
            position += len(chunk)


def text(path: Path) -> Iterator[Passage]:
    """Lines of a text, or printable runs of what is none; packed files are unpacked."""
    yield from _content(path.read_bytes(), "", 0)


def document(path: Path) -> Iterator[Passage]:
    """A text, and for JSON and CSV every value on its own besides."""
    data = path.read_bytes()
    yield from _content(data, "", 0)
    if path.suffix == ".csv":
        yield from _cells(data)
    elif data[:1] in b"{[":
        yield from _json(data)


def _content(data: bytes, place: str, depth: int) -> Iterator[Passage]:
    if depth < _DEPTH and (packed := list(_unpacked(data))):
        for name, inner in packed:
            yield from _content(inner, f"{place}{name} ", depth + 1)
        if not data.startswith((b"PK", _PNG)):
            return
    is_unicode = _is_unicode(data)
    if is_unicode or _is_text(data):
        for number, line in enumerate(data.splitlines(), start=1):
            for piece in pieces(_decoded(line)):
                yield f"{place}line {number}", False, piece
    if not is_unicode:  # what is between the runs may look like letters and would hide the words
        for match in _PRINTABLE.finditer(data):
            for piece in pieces(_decoded(match.group())):
                yield f"{place}byte {match.start()}", False, piece


def _is_unicode(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        if data.startswith(b"\x1f\x8b"):
            yield "gzip", gzip.decompress(data)
        elif data.startswith((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")):
            yield "zlib", zlib.decompress(data)
        elif data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for member in archive.infolist():
                    if not member.is_dir():
                        yield member.filename, archive.read(member)
        elif data.startswith(_PNG):
            yield from _png_texts(data)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return


def _png_texts(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The texts an image carries beside its pixels: tEXt, zTXt and iTXt, unpacked where they are packed."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        held, at = data[at + 8 : at + 8 + size], at + 12 + size
        keyword, _, rest = held.partition(b"\0")
        if kind == b"tEXt":
            yield "tEXt", keyword + b" " + rest
        elif kind == b"zTXt":
            yield "zTXt", keyword + b" " + zlib.decompress(rest[1:])
        elif kind == b"iTXt":
            is_packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
            yield "iTXt", keyword + b" " + (zlib.decompress(text) if is_packed else text)


def _is_text(data: bytes) -> bool:
    sample = data[: 64 << 10]
    if b"\0" in sample:
        return False
    readable = len(sample.translate(None, bytes(range(32)) + b"\x7f")) + sum(sample.count(mark) for mark in b"\t\n\r")
    return readable >= _TEXT_SHARE * len(sample)


def _decoded(data: bytes) -> str:
    """UTF-8, else Windows-1252 as the feeds are; JSON's escapes undone."""
    try:
        found = data.decode()
    except UnicodeDecodeError:
        found = data.decode("cp1252", errors="replace")
    if "\\u" in found:
        found = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: _letter(match.group(1)), found)
    return found


def _letter(digits: str) -> str:
    letter = chr(int(digits, 16))
    return " " if 0xD800 <= ord(letter) <= 0xDFFF else letter


def pieces(line: str) -> Iterator[str]:
    """A line, or a long one in overlapping pieces."""
    if len(line) <= _PIECE:
        yield line
        return
    for start in range(0, len(line), _PIECE - _OVERLAP):
        yield line[start : start + _PIECE]


def _json(data: bytes) -> Iterator[Passage]:
    """Every text of a JSON document or of JSON lines, and the scalars of each object together. A key is no place: it may tell."""
    try:
        documents = [("", json.loads(data))]
    except ValueError:
        documents = []
        for number, line in enumerate(data.splitlines(), start=1):
            try:
                documents.append((f"line {number} ", json.loads(line)))
            except ValueError:
                continue
    for place, found in documents:
        yield from _values(found, place)


def _values(found: object, place: str) -> Iterator[Passage]:
    if isinstance(found, str):
        for piece in pieces(found):
            yield f"{place}value", True, piece
    elif isinstance(found, list | dict):
        below = found.values() if isinstance(found, dict) else found
        together = " ".join(str(item) for item in below if isinstance(item, str | int | float))
        for piece in pieces(together):
            yield f"{place}values", False, piece
        for item in below:
            yield from _values(item, place)
        if isinstance(found, dict):
            yield from ((f"{place}key", True, key) for key in found)


def _cells(data: bytes) -> Iterator[Passage]:
    rows = csv.reader(io.StringIO(_decoded(data)))
    try:
        for number, row in enumerate(rows, start=1):
            yield from ((f"row {number}", True, cell) for cell in row)
    except csv.Error:
        return


def blob(value: bytes, place: str) -> Iterator[Passage]:
    """A binary value of a database: unpacked where packed, JSON where JSON, else its printable runs."""
    yield from _content(value, f"{place} ", 0)
    for _, inner in _unpacked(value):
        if inner[:1] in b"{[":
            yield from ((f"{place} {where}", whole, text) for where, whole, text in _json(inner))
