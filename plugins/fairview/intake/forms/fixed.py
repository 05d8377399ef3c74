"""Fixed width: records of one length; header, details, trailer with the count in 2-10 and the total in 11-22."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from fairview.intake.forms import marks
from fairview.intake.forms.columns import Picking, from_records
from fairview.intake.forms.layout import Facts, FileFault, Layout
from fairview.intake.forms.text import CHUNK, Stream, Text

_RECORDS = 20_000


def read(text: Text, layout: Layout, facts: Facts) -> Iterator[pa.RecordBatch]:
    """The loaded columns, batch by batch. Raises FileFault."""
    shape = layout.record or {}
    first = text.head.partition(b"\n")[0].decode(errors="replace").removesuffix("\r")
    tail = text.tail.decode(errors="replace").rstrip()
    if not tail or first[:1] != shape["header"]:
        raise FileFault("D18")
    if layout.extract_day not in first:
        raise FileFault("header-day")
    last = text.tail[: len(text.tail.rstrip())].rpartition(b"\n")
    trailer = text.tail[len(last[0]) + 1 :].partition(b"\n")[0].decode(errors="replace").removesuffix("\r")
    if not last[1] or trailer[:1] != shape["trailer"]:
        raise FileFault("D07")
    _read_trailer(trailer, facts)
    picking = Picking(list(layout.headers), layout, facts)
    yield from _details(text, text.size - len(text.tail) + len(last[0]) + 1, picking)
    picking.close()


def _read_trailer(line: str, facts: Facts) -> None:
    rows, total = (marks.without_widthless(part).strip() for part in (line[1:10], line[10:22]))
    if not rows.isdecimal():
        raise FileFault("D08")
    facts.trailer_rows = int(rows)
    facts.trailer_control = f"-{total[:-1].strip()}" if total.endswith("-") else total.rstrip("+ ")


def _details(text: Text, end: int, picking: Picking) -> Iterator[pa.RecordBatch]:
    layout, facts = picking.layout, picking.facts
    shape = layout.record or {}
    details: list[str] = []
    numbers: list[int] = []

    def batch() -> pa.RecordBatch:
        columns = _cut(pa.array(details, pa.string()), layout.widths)
        if text.is_odd:
            kept = [list(record) for record in zip(*(column.to_pylist() for column in columns), strict=True)]
            marks.mark(kept, numbers, picking.header, layout, facts)
            columns = from_records(kept, len(columns), range(len(columns)))
        needed = picking.needed
        return picking.batch({place: columns[place] for place in needed}, pa.array(numbers, pa.int64()))

    lines = io.TextIOWrapper(io.BufferedReader(Stream(text.between(0, end)), CHUNK), encoding="utf-8", newline="\n")
    for number, line in enumerate(lines, start=1):
        line = line[:-2] if line.endswith("\r\n") else line.removesuffix("\n")
        if number == 1:
            continue
        if not line.strip():
            facts.warn("blank-lines")
        elif len(line) != shape["length"] or line[:1] != shape["detail"]:
            picking.broken.append((number, _sliced(line, layout.widths)))
        else:
            details.append(line)
            numbers.append(number)
        if len(details) == _RECORDS:
            yield batch()
            details, numbers = [], []
    yield batch()


def _cut(lines: pa.Array, widths: Sequence[int]) -> list[pa.Array]:
    columns, at = [], 1
    for width in widths:
        columns.append(pc.utf8_slice_codeunits(lines, at, at + width))
        at += width
    return columns


def _sliced(line: str, widths: Sequence[int]) -> list[str]:
    parts, at = [], 1
    for width in widths:
        parts.append(line[at : at + width])
        at += width
    return parts
