"""Spreadsheets: rows of the agreed sheet as text, values only: no formula is evaluated, no macro looked at."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO
from xml.parsers import expat

import pyarrow as pa

from fairview.intake.forms import archive, marks
from fairview.intake.forms.columns import Picking, from_records, judge_header
from fairview.intake.forms.layout import Facts, FileFault, Layout

_MOST_POUNDS = 10**12


@dataclass
class _Unseen:
    """What the values of a sheet do not tell: rows that are hidden, and cells whose value is none (row, place in it)."""

    hidden: list[int] = field(default_factory=list)
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    _row: int = 0
    _place: int = -1
    _kind: str = ""
    _is_formula: bool = False
    _value: str | None = None

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; rows and cells that do not say where they are follow the one before."""
        if tag == "row":
            self._row, self._place = int(attributes.get("r", self._row + 1)), -1
            if attributes.get("hidden") in ("1", "true"):
                self.hidden.append(self._row)
        elif tag == "c":
            self._place = _place(attributes["r"]) if "r" in attributes else self._place + 1
            self._kind, self._is_formula, self._value = attributes.get("t", ""), False, None
        elif tag == "f":
            self._is_formula = True
        elif tag == "v":
            self._value = ""

    def text(self, data: str) -> None:
        """What stands in an element; that of formulas, which come before values, is passed by."""
        if self._value is not None:
            self._value += data

    def end(self, tag: str) -> None:
        """An element ends. A formula whose worked-out value is an empty text has a value."""
        if tag != "c":
            return
        is_blank = self._value is None or (self._kind != "str" and not self._value.strip())
        if self._kind == "e":
            self.cells[self._row, self._place] = "error-cell"
        elif self._is_formula and is_blank:
            self.cells[self._row, self._place] = "formula-without-value"


def read(file: BinaryIO, layout: Layout, facts: Facts) -> Iterator[pa.RecordBatch]:
    """The loaded columns, in one batch: a sheet holds a million rows at most. Raises FileFault."""
    rows, unseen = _rows(file, layout, facts)
    at = (layout.sheet or {})["headerRow"]
    names = [str(cell) for cell in rows[at - 1]] if len(rows) >= at else []
    header = [marks.without_widthless(name).strip() for name in names]
    if header != [name.strip() for name in names]:
        facts.warn("widthless-marks", [at])
    while header and not header[-1]:
        header.pop()
    if not set(header) & set(layout.headers):
        raise FileFault("D29")
    judge_header(header, layout, lambda one, _: [one])
    records = [(number, row) for number, row in enumerate(rows[at:], start=at + 1)]
    while records and not any(cell != "" for cell in records[-1][1]):
        records.pop()
    if (layout.sheet or {}).get("totalsRow"):
        records = _without_totals(records, header, layout, facts, unseen)
    picking = Picking(header, layout, facts)
    kept, numbers = _texts(records, picking)
    marks.mark(kept, numbers, header, layout, facts)
    _tell(unseen, numbers, header, layout, facts)
    yield picking.batch(from_records(kept, len(header), picking.needed), pa.array(numbers, pa.int64()))
    picking.close()


def _rows(file: BinaryIO, layout: Layout, facts: Facts) -> tuple[list[list[Any]], _Unseen]:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    file.seek(0)
    start = file.read(4)
    if start == b"\xd0\xcf\x11\xe0":
        raise FileFault("wrong-kind", kind="old or protected workbook")
    if start != b"PK\x03\x04":
        raise FileFault("wrong-kind", kind="something that is no spreadsheet")
    opened = archive.opened(file, layout.most_bytes)
    if any(member.filename.lower().endswith("vbaproject.bin") for member in opened.infolist()):
        raise FileFault("macros")
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(file.read()))
        names = workbook.sheet_names
        shown = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        if len({name.casefold() for name in names}) < len(names):
            raise FileFault("sheet-twice")
        name = (layout.sheet or {}).get("name") or (shown[0] if len(shown) == 1 else None)
        if name not in names:
            raise FileFault("D28")
        if shown != names:
            facts.warn("hidden-sheet")
        return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False), _unseen(opened, name)
    except FileFault:
        raise
    except BaseException:
        raise FileFault("D41") from None


def _unseen(opened: zipfile.ZipFile, name: str) -> _Unseen:
    """Look through the sheet's own part, as the values alone show an error, or a formula never worked out, as a blank."""
    keys: dict[str, str] = {}
    parts: dict[str, str] = {}

    def take_sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":  # the namespace of a relationship differs between the two standards
            keys[attributes["name"]] = next(value for key, value in attributes.items() if key.endswith(" id"))

    def take_part(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            parts[attributes["Id"]] = attributes["Target"]

    found = _Unseen()
    _go_through(opened, "xl/workbook.xml", take_sheet)
    _go_through(opened, "xl/_rels/workbook.xml.rels", take_part)
    _go_through(opened, posixpath.join("xl", parts[keys[name]]), found.begin, found.end, found.text)
    return found


def _go_through(opened: zipfile.ZipFile, path: str, begin, end=lambda tag: None, text=lambda data: None) -> None:
    """Tell of every element of a part, by its name without namespace. Raises FileFault for one that declares entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda tag, attributes: begin(tag.rpartition(" ")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition(" ")[2])
    parser.CharacterDataHandler = text
    names = {posixpath.normpath(member.filename.replace("\\", "/")).lower(): member for member in opened.infolist()}
    with opened.open(names[posixpath.normpath(path).lstrip("/").lower()]) as part:
        parser.ParseFile(part)


def _refuse(*_) -> None:
    raise FileFault("D41")  # no workbook declares a type of document: one that does means harm


def _place(reference: str) -> int:
    """A cell's place in its row, from 0: of AB7 it is 27."""
    place = 0
    for letter in re.match("[A-Z]+", reference).group():
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _tell(unseen: _Unseen, numbers: list[int], header: list[str], layout: Layout, facts: Facts) -> None:
    """Keep rows out in which a value that would be loaded is none; tell of rows that are hidden, which are read."""
    loaded = {h: n for h, n, is_loaded in zip(layout.headers, layout.names, layout.loaded, strict=True) if is_loaded}
    kept = set(numbers)
    for (number, place), rule in sorted(unseen.cells.items()):
        if number in kept and place < len(header) and header[place] in loaded:
            facts.marked.append((number, rule, loaded[header[place]]))
    if hidden := sorted(kept.intersection(unseen.hidden)):
        facts.warn("hidden-rows", hidden)


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


def _without_totals(records, header: list[str], layout: Layout, facts: Facts, unseen: _Unseen):
    if not records or str(records[-1][1][0]).strip().upper() not in ("TOTAL", "TOTALS", "GRAND TOTAL"):
        raise FileFault("D07")
    if layout.control_column in header:
        number, place = records[-1][0], header.index(layout.control_column)
        cell = records[-1][1][place]
        if rule := unseen.cells.get((number, place)):
            facts.warn(rule, [number])
        facts.trailer_control = marks.without_widthless(_cell(cell, "M", layout.date_format)).strip() or None
    return records[:-1]


def _cell(value: Any, kind: str, date_format: str) -> str:
    """A cell as the text the contract would have: dates in its format, money with two decimals, numbers plain."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
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
