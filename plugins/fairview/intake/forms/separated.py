"""Separated text: pipe with a trailer, csv with or without a mark, char-padded csv with a "rows affected" line.

A file in which every quote and every character is where it should be is read by columns; one with blank lines, odd
characters or quotes out of place is read record by record. Either way a batch at a time.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv

from fairview.intake.forms import marks
from fairview.intake.forms.columns import Picking, from_records, judge_header
from fairview.intake.forms.layout import Facts, FileFault, Layout
from fairview.intake.forms.text import CHUNK, Stream, Text

_FIELD_LIMIT = 1_000_000
_ROWS_AFFECTED = re.compile(r"\((\d+) rows? affected\)")
# Records of one batch on the careful way.
_RECORDS = 20_000


def read(text: Text, layout: Layout, facts: Facts) -> Iterator[pa.RecordBatch]:
    """The loaded columns, batch by batch. Raises FileFault."""
    quoted = layout.is_quoted and text.is_quoted
    line, _, _ = text.head.partition(b"\n")
    names = line.decode(errors="replace")
    if names != marks.without_widthless(names):
        facts.warn("widthless-marks", [1])
    header = _split(marks.without_widthless(names), layout.delimiter, quoted)
    judge_header(header, layout, lambda one, other: _split(one, other, False))
    start = min(len(line) + 1, text.size)
    end = _end_without_trailer(text, start, layout, facts)
    picking = Picking(header, layout, facts)
    if _is_plain(text, quoted, end):
        yield from _swiftly(text, start, end, picking, quoted)
    else:
        yield from _carefully(text, start, end, picking, quoted)
    picking.close()


def is_padded(text: Text, layout: Layout) -> bool:
    """Whether the texts a surveyed file gives still need stripping: surely not only where all is ASCII and no edge is blank."""
    return text.is_padded or not text.is_ascii or not _is_plain(text, layout.is_quoted and text.is_quoted, text.size)


def _is_plain(text: Text, quoted: bool, end: int) -> bool:
    """Whether all is where it should be up to `end`; a blank line behind it, before a closing line, is no record."""
    has_blank_line = text.blank_line is not None and text.blank_line < end
    return not (text.lone_returns or has_blank_line or text.is_odd or (quoted and not text.is_well_quoted))


def _split(line: str, delimiter: str, quoted: bool) -> list[str]:
    if not quoted:
        return [part.strip() for part in line.split(delimiter)]
    try:
        return [part.strip() for part in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        raise FileFault("D19" if _is_split_by_another(line, delimiter) else "D18") from None


def _is_split_by_another(line: str, delimiter: str) -> bool:
    """Whether a quoted line reads as several fields under a separator nobody agreed."""
    quoted = re.compile(r'"[^"]*"(?:([,;|\t])"[^"]*")+')
    found = quoted.fullmatch(line.strip())
    return bool(found) and found.group(1) != delimiter


# --- the last line -----------------------------------------------------------------------------------------------


def _end_without_trailer(text: Text, start: int, layout: Layout, facts: Facts) -> int:
    """Where the data lines end, after reading the agreed last line. Raises FileFault where it is not right."""
    tail, begins = text.tail, text.size - len(text.tail)
    first = max(0, start - begins)
    end = _end_of_text(tail, first, len(tail))
    if layout.trailer == "none":
        return begins + end
    last = max(tail.rfind(b"\n", first, end) + 1, first)
    _read_trailer(marks.without_widthless(tail[last:end].decode(errors="replace")), layout, facts)
    return begins + _end_of_text(tail, first, last)


def _end_of_text(data: bytes, start: int, end: int) -> int:
    """The end without the line ends that close it."""
    while end > start and data[end - 1] in b"\r\n":
        end -= 1
    return end


def _read_trailer(line: str, layout: Layout, facts: Facts) -> None:
    if layout.trailer == "rows_affected":
        found = _ROWS_AFFECTED.fullmatch(line.strip())
        if not found:
            raise FileFault("D07")
        facts.trailer_rows = int(found.group(1))
        return
    parts = _trailer_parts(line, layout)
    if parts[:1] != ["TRL" if layout.trailer == "pipe" else "TOTAL"]:
        raise FileFault("D07")
    if len(parts) != 3 or not parts[1].isdecimal():
        raise FileFault("D08")
    facts.trailer_rows, facts.trailer_control = int(parts[1]), parts[2]


def _trailer_parts(line: str, layout: Layout) -> list[str]:
    try:
        return [part.strip() for part in next(csv.reader([line], delimiter=layout.delimiter, strict=True), [])]
    except csv.Error:
        return []


# --- by columns --------------------------------------------------------------------------------------------------


def _swiftly(text: Text, start: int, end: int, picking: Picking, quoted: bool) -> Iterator[pa.RecordBatch]:
    """The way of a file in which nothing is out of place: an empty field is null."""
    if end <= start:
        return
    delimiter, numbers = picking.layout.delimiter, _Numbers()

    def put_aside(row) -> str:
        numbers.skip(row.number)
        picking.broken.append((row.number + 1, _parts(row.text, delimiter, quoted)))
        return "skip"

    names, needed = [str(place) for place in range(len(picking.header))], picking.needed
    try:
        batches = pyarrow.csv.open_csv(
            pa.PythonFile(io.BufferedReader(Stream(text.between(start, end)), CHUNK), mode="r"),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=CHUNK),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted and text.has_quoted_line_end,
                ignore_empty_lines=False,
                invalid_row_handler=put_aside,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                include_columns=[names[place] for place in needed],
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        for batch in batches:
            yield picking.batch(dict(zip(needed, batch.columns, strict=True)), numbers.following(batch.num_rows))
    except pa.ArrowInvalid as error:
        # A row longer than a chunk is what the careful way calls a field without end.
        raise FileFault("unclosed-quote" if "straddl" in str(error) else "unreadable") from None


def _parts(line: str, delimiter: str, quoted: bool) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), []) if quoted else line.split(delimiter)


class _Numbers:
    """Row numbers of the rows kept, counting the header as row 1; rows put aside are left out."""

    def __init__(self) -> None:
        self._next, self._skipped = 1, []

    def skip(self, number: int) -> None:
        """Leave out a record, counted from 1 without the header."""
        self._skipped.append(number)

    def following(self, count: int) -> pa.Array:
        """The numbers of the next `count` rows kept."""
        import numpy

        numbers = numpy.arange(self._next, self._next + count + len(self._skipped), dtype="int64")
        if self._skipped:
            numbers = numpy.setdiff1d(numbers, numpy.array(self._skipped), assume_unique=True)
        numbers = numbers[:count]
        self._next = int(numbers[-1]) + 1 if count else self._next
        self._skipped = [number for number in self._skipped if number >= self._next]
        return pa.array(numbers + 1)


# --- record by record --------------------------------------------------------------------------------------------


def _carefully(text: Text, start: int, end: int, picking: Picking, quoted: bool) -> Iterator[pa.RecordBatch]:
    """The slower way, for files with quotes out of place, blank lines or odd characters."""
    layout, facts, width, needed = picking.layout, picking.facts, len(picking.header), picking.needed
    kept: list[list[str]] = []
    numbers: list[int] = []

    def batch() -> pa.RecordBatch:
        if text.is_odd:
            marks.mark(kept, numbers, picking.header, layout, facts)
        return picking.batch(from_records(kept, width, needed), pa.array(numbers, pa.int64()))

    for number, record in enumerate(_records(text, start, end, layout, quoted), start=2):
        if not record:
            facts.warn("blank-lines")
        elif len(record) != width:
            picking.broken.append((number, record))
        else:
            kept.append(record)
            numbers.append(number)
        if len(kept) == _RECORDS:
            yield batch()
            kept, numbers = [], []
    yield batch()


def _records(text: Text, start: int, end: int, layout: Layout, quoted: bool) -> Iterator[list[str]]:
    body = io.BufferedReader(Stream(text.between(start, end)), CHUNK)
    if not quoted:
        for line in io.TextIOWrapper(body, encoding="utf-8", newline="\n"):
            line = line[:-2] if line.endswith("\r\n") else line.removesuffix("\n")
            yield line.split(layout.delimiter) if line else []
        return
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        yield from csv.reader(
            io.TextIOWrapper(body, encoding="utf-8", newline=""), delimiter=layout.delimiter, strict=True
        )
    except csv.Error:
        raise FileFault("unclosed-quote") from None
