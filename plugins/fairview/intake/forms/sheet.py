"""Spreadsheets: rows of the agreed sheet as text, values only: no formula is evaluated, no macro looked at."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa

from fairview.intake.forms import archive, marks
from fairview.intake.forms.columns import Picking, from_records, judge_header
from fairview.intake.forms.layout import Facts, FileFault, Layout

_MOST_POUNDS = 10**12


def read(file: BinaryIO, layout: Layout, facts: Facts) -> Iterator[pa.RecordBatch]:
    """The loaded columns, in one batch: a sheet holds a million rows at most. Raises FileFault."""
    rows = _rows(file, layout)
    at = (layout.sheet or {})["headerRow"]
    header = [marks.without_widthless(str(cell)).strip() for cell in rows[at - 1]] if len(rows) >= at else []
    while header and not header[-1]:
        header.pop()
    if not set(header) & set(layout.headers):
        raise FileFault("D29")
    judge_header(header, layout, lambda one, _: [one])
    records = [(number, row) for number, row in enumerate(rows[at:], start=at + 1)]
    while records and not any(cell != "" for cell in records[-1][1]):
        records.pop()
    if (layout.sheet or {}).get("totalsRow"):
        records = _without_totals(records, header, layout, facts)
    picking = Picking(header, layout, facts)
    kept, numbers = _texts(records, picking)
    marks.mark(kept, numbers, header, layout, facts)
    yield picking.batch(from_records(kept, len(header), picking.needed), pa.array(numbers, pa.int64()))
    picking.close()


def _rows(file: BinaryIO, layout: Layout) -> list[list[Any]]:
    from python_calamine import CalamineWorkbook

    file.seek(0)
    start = file.read(4)
    if start == b"\xd0\xcf\x11\xe0":
        raise FileFault("wrong-kind", kind="old or protected workbook")
    if start != b"PK\x03\x04":
        raise FileFault("wrong-kind", kind="something that is no spreadsheet")
    members = archive.opened(file, layout.most_bytes).infolist()
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise FileFault("macros")
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
        names = workbook.sheet_names
        name = (layout.sheet or {}).get("name") or (names[0] if len(names) == 1 else None)
        if name not in names:
            raise FileFault("D28")
        return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except FileFault:
        raise
    except BaseException:
        raise FileFault("D41") from None


def _texts(records: list[tuple[int, list[Any]]], picking: Picking) -> tuple[list[list[str]], list[int]]:
    layout, header = picking.layout, picking.header
    kinds = dict(zip(layout.headers, layout.kinds, strict=True))
    kept, numbers = [], []
    for number, row in records:
        if not any(cell != "" for cell in row):
            picking.facts.warn("blank-lines")
            continue
        cells = [
            _cell(row[i] if i < len(row) else "", kinds.get(name, "C"), layout.date_format)
            for i, name in enumerate(header)
        ]
        if any(cell != "" for cell in row[len(header) :]):
            picking.broken.append((number, cells))
        else:
            kept.append(cells)
            numbers.append(number)
    return kept, numbers


def _without_totals(records, header: list[str], layout: Layout, facts: Facts):
    if not records or str(records[-1][1][0]).strip().upper() not in ("TOTAL", "TOTALS", "GRAND TOTAL"):
        raise FileFault("D07")
    if layout.control_column in header:
        cell = records[-1][1][header.index(layout.control_column)]
        facts.trailer_control = marks.without_widthless(_cell(cell, "M", layout.date_format)).strip() or None
    return records[:-1]


def _cell(value: Any, kind: str, date_format: str) -> str:
    """A cell as the text the contract would have: dates in its format, money with two decimals, numbers plain."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float | int):
        if kind == "M":
            if abs(value) >= _MOST_POUNDS or value != value:
                return repr(value)
            exact = Decimal(repr(value))
            rounded = exact.quantize(Decimal("0.01"))
            return str(rounded) if abs(exact - rounded) < Decimal("0.000001") else str(exact)
        return str(int(value)) if float(value).is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.strftime(date_format) if value.time() == time(0) else value.strftime(f"{date_format} %H:%M:%S")
    if isinstance(value, date):
        return value.strftime(date_format)
    if isinstance(value, time) and value == time(0):
        return date(1900, 1, 1).strftime(date_format)  # a spreadsheet's first day, read as the midnight it is
    return str(value)
