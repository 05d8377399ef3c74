"""A text file as UTF-8, a chunk at a time: never whole in memory, however large it is.

The file is gone through twice. `survey` goes through all of it and decides what kind of file it is: whether it is text in
the agreed encoding, how its lines end, whether it holds anything that needs the careful way. `Text.between` then hands
out the part that holds the records.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from fairview.intake.forms.layout import Facts, FileFault, Layout
from fairview.intake.forms.marks import UNUSUAL, UNUSUAL_BYTES

CHUNK = 1 << 20
# So much of the beginning and of the end is kept to find the header and the trailer in.
_EDGE = 1 << 20
_FIRST_PRINTABLE = 32
_DELETE = b"\x7f"
_MARK = b"\xef\xbb\xbf"
# Ctrl-Z: what programs of the DOS family write behind the last line of a text.
_END_MARK = b"\x1a"
_LINE_FEED, _RETURN, _QUOTE = 10, 13, 34
_PLAIN = bytes(range(128))
# Beginnings that tell another kind of file under the agreed name.
_OTHER_KINDS = (
    (b"\x1f\x8b", "gzip"),
    (b"pk\x03\x04", "zip or spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "old or protected workbook"),
    (b"%pdf", "pdf"),
    (b"<!doctype", "web page"),
    (b"<html", "web page"),
    (b"<?xml", "xml"),
)


@dataclass
class Text:
    """A surveyed file. `head` and `tail` are its first and last mebibyte as UTF-8, `size` its length as UTF-8.

    `marked`: bytes of byte order marks it begins with. `is_odd`: it holds characters that have no place in a field. `is_padded`: some field begins or ends with a blank.
    `is_quoted`: it holds quotes; `is_well_quoted`: each opens or closes a field, or is doubled within one. `blank_line`:
    where its first blank line begins, counted as `size` is.
    """

    open: Callable[[], BinaryIO]
    encoding: str
    size: int = 0
    head: bytes = b""
    tail: bytes = b""
    marked: int = 0
    is_ascii: bool = True
    is_odd: bool = False
    is_padded: bool = False
    is_quoted: bool = False
    is_well_quoted: bool = True
    blank_line: int | None = None
    has_quoted_line_end: bool = False
    lone_returns: bool = False

    def between(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, both counted in the text as `head` and `tail` show it."""
        at = 0
        for chunk in self._chunks():
            if at + len(chunk) > start and at < end:
                yield chunk[max(0, start - at) : end - at]
            at += len(chunk)
            if at >= end:
                return

    def _chunks(self) -> Iterator[bytes]:
        decode, held = _decoder(self.encoding, self.is_ascii), b""
        for chunk in _raw(self.open, self.marked):
            text = decode(chunk)
            if self.lone_returns:
                text = held + text
                held = b"\r" if text.endswith(b"\r") else b""
                text = _line_feeds(text[:-1] if held else text)
            yield text
        if held:
            yield b"\n"


class Stream(io.RawIOBase):
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        """Fill the buffer as far as one chunk reaches; 0 at the end."""
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = memoryview(chunk)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def survey(open_file: Callable[[], BinaryIO], layout: Layout, facts: Facts) -> Text:
    """Go through the whole file once. Raises FileFault where it is no text as agreed."""
    start = open_file().read(512)
    if not start:
        raise FileFault("D05")
    _refuse_other_kinds(start)
    text = Text(open_file, layout.encoding, marked=_marked(start))
    if text.marked > len(_MARK):
        facts.warn("widthless-marks", [1])
    seen = _Seen(text, layout)
    for chunk in _raw(open_file, text.marked):
        seen.take(chunk)
    seen.close()
    _judge_line_ends(seen, layout, facts)
    if seen.returns != seen.pairs:
        text.lone_returns = True
        text.size -= seen.pairs
        text.head, text.tail = _line_feeds(text.head), _line_feeds(text.tail)
        text.is_well_quoted = False
    _cut_off_end_mark(text, facts)
    return text


def _marked(start: bytes) -> int:
    return re.match(b"(?:%b)*" % _MARK, start).end()


def _cut_off_end_mark(text: Text, facts: Facts) -> None:
    closing = text.tail[len(text.tail.rstrip(_END_MARK + b"\r\n")) :]
    if _END_MARK not in closing:
        return
    cut = len(closing) - closing.index(_END_MARK)
    text.size -= cut
    text.head, text.tail = text.head[: text.size], text.tail[:-cut]
    facts.warn("end-mark")


def _raw(open_file: Callable[[], BinaryIO], marked: int) -> Iterator[bytes]:
    file = open_file()
    file.read(marked)
    while chunk := file.read(CHUNK):
        yield chunk


def _refuse_other_kinds(data: bytes) -> None:
    start = data.lstrip().lower()
    for magic, kind in _OTHER_KINDS:
        if start.startswith(magic):
            raise FileFault("wrong-kind", kind=kind)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:200].count(0) * 4 > len(data[:200]):
        raise FileFault("D20")


def _decoder(encoding: str, is_ascii: bool) -> Callable[[bytes], bytes]:
    if is_ascii or encoding.startswith("utf-8"):
        return bytes
    decoder = codecs.getincrementaldecoder(encoding)()
    return lambda chunk: chunk if chunk.isascii() else decoder.decode(chunk).encode()


def _line_feeds(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


@dataclass
class _Seen:
    """Counts on the way through a file."""

    text: Text
    layout: Layout
    feeds: int = 0
    returns: int = 0
    pairs: int = 0
    is_utf8: bool = True
    fault_row: int | None = None
    last: bytes = b"\n"
    _decoder: codecs.IncrementalDecoder = field(init=False)
    _utf8: codecs.IncrementalDecoder = field(init=False)
    _quotes: _Quotes | None = None
    _overlap: bytes = b""

    def __post_init__(self) -> None:
        is_utf8 = self.layout.encoding.startswith("utf-8")
        self._decoder = codecs.getincrementaldecoder("utf-8" if is_utf8 else self.layout.encoding)()
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        if self.layout.is_quoted:
            self._quotes = _Quotes(ord(self.layout.delimiter))

    def take(self, chunk: bytes) -> None:
        """Count one chunk."""
        decoded = self._decoded(chunk)
        self._count(decoded)
        text = self.text
        text.size += len(decoded)
        if len(text.head) < _EDGE:
            text.head += decoded[: _EDGE - len(text.head)]
        text.tail = decoded if len(decoded) >= _EDGE else (text.tail + decoded)[-_EDGE:]

    def _decoded(self, chunk: bytes, is_last: bool = False) -> bytes:
        if self.text.is_ascii and chunk.isascii():
            return chunk
        self.text.is_ascii = False
        rows = self.feeds + 1
        if self.is_utf8:
            try:
                self._utf8.decode(chunk, is_last)
            except UnicodeDecodeError as error:
                self.is_utf8, waiting = False, len(error.object) - len(chunk)
                if self.layout.encoding.startswith("utf-8"):
                    self._fail(rows + chunk.count(b"\n", 0, max(0, error.start - waiting)))
        if self.layout.encoding.startswith("utf-8") or self.fault_row:
            return chunk
        try:
            return self._decoder.decode(chunk, is_last).encode()
        except UnicodeDecodeError as error:
            self._fail(rows + chunk.count(b"\n", 0, error.start))
            return chunk

    def _fail(self, row: int) -> None:
        self.fault_row = self.fault_row or row

    def _count(self, chunk: bytes) -> None:
        import numpy

        text, joined = self.text, self.last + chunk
        feeds, returns = chunk.count(b"\n"), chunk.count(b"\r")
        self.feeds, self.returns = self.feeds + feeds, self.returns + returns
        pairs = joined.count(b"\r\n") if returns or self.last == b"\r" else 0
        self.pairs += pairs
        low = int(numpy.count_nonzero(numpy.frombuffer(chunk, dtype="uint8") < _FIRST_PRINTABLE))
        text.is_odd = text.is_odd or low != feeds + returns or _DELETE in chunk
        if not text.is_ascii and not text.is_odd:
            together = self._overlap + chunk
            # Nothing unusual is partly plain, so what is not there without the plain bytes is not there with them.
            text.is_odd = bool(UNUSUAL.search(together.translate(None, _PLAIN)) and UNUSUAL.search(together))
            self._overlap = together[1 - UNUSUAL_BYTES :]
        if text.blank_line is None:
            at = joined.find(b"\n\n") if feeds > pairs else -1
            other = joined.find(b"\n\r", 0, at if at >= 0 else len(joined)) if returns else -1
            found = [place for place in (at, other) if place >= 0]
            text.blank_line = text.size + min(found) if found else None
        if not (text.is_padded or text.is_quoted) and b" " in joined:
            delimiter = self.layout.delimiter.encode()
            edges = (b" " + delimiter, delimiter + b" ", b" \n", b"\n ", b" \r")
            text.is_padded = any(edge in joined for edge in edges)
        if self._quotes and (text.is_quoted or b'"' in chunk):
            if not text.is_quoted:
                text.is_quoted = True
                self._quotes.before = self.last
            self._quotes.take(chunk)
        self.last = chunk[-1:]

    def close(self) -> None:
        """Judge the encoding once all is seen. Raises FileFault."""
        text, encoding = self.text, self.layout.encoding
        text.is_padded = text.is_padded or self.last == b" "  # the last field may end with the file
        if not text.is_ascii:
            self._decoded(b"", is_last=True)
            if not encoding.startswith("utf-8") and self.is_utf8:
                raise FileFault("other-encoding", encoding=encoding)
            if self.fault_row:
                told = "UTF-8" if encoding.startswith("utf-8") else encoding
                raise FileFault("D21", rows=[self.fault_row], encoding=told)
        if self._quotes and text.is_quoted:
            text.is_well_quoted = self._quotes.close()
            text.has_quoted_line_end = self._quotes.has_line_end
            text.is_padded = True  # quotes stand between a blank and the end of its field


class _Quotes:
    """Whether every quote opens or closes a field or is doubled within one, told chunk by chunk.

    Quotes open and close in turn. If each that opens stands behind a delimiter, a line end or the quote before it, and
    each that closes before one of these, then the strict way of reading and every other way agree on the fields.
    """

    def __init__(self, delimiter: int) -> None:
        import numpy

        self._behind = numpy.array([delimiter, _LINE_FEED, _QUOTE], dtype="uint8")
        self._ahead = numpy.array([delimiter, _LINE_FEED, _RETURN, _QUOTE], dtype="uint8")
        self.before, self._count, self._is_sound = b"\n", 0, True
        self.has_line_end = False

    def take(self, chunk: bytes) -> None:
        """Judge all quotes but one in the last place, which waits for what follows it."""
        import numpy

        data = numpy.frombuffer(self.before + chunk, dtype="uint8")
        self.before = bytes(data[-2:])
        if not self._is_sound or len(data) < 2:
            return
        places = numpy.flatnonzero(data[1:-1] == _QUOTE) + 1
        opening = places[self._count % 2 :: 2]
        closing = places[1 - self._count % 2 :: 2]
        self._is_sound = bool(
            numpy.isin(data[opening - 1], self._behind).all() and numpy.isin(data[closing + 1], self._ahead).all()
        )
        if not self.has_line_end:
            ends = numpy.flatnonzero(data[1:-1] == _LINE_FEED) + 1
            self.has_line_end = bool(((numpy.searchsorted(places, ends) + self._count) % 2).any())
        self._count += len(places)

    def close(self) -> bool:
        """Whether all was sound, to the end."""
        self.take(b"\n")
        return self._is_sound and self._count % 2 == 0


def _judge_line_ends(seen: _Seen, layout: Layout, facts: Facts) -> None:
    feeds, returns, pairs = seen.feeds, seen.returns, seen.pairs
    agreed = pairs == feeds == returns if layout.line_ending == "CRLF" else returns == 0
    if layout.line_ending == "ANY":
        agreed = returns in (0, pairs) and pairs in (0, feeds)
    elif returns and layout.is_quoted and seen.text.is_quoted:  # a note may hold line ends of its own
        head = seen.text.head
        first = head[: head.index(b"\n") + 1] if feeds and b"\n" in head else head
        agreed = first.endswith(b"\r\n") == (layout.line_ending == "CRLF")
    if not agreed:
        facts.warn("D23")
