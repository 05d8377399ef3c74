"""Turns tables into files byte for byte as agreed, and says what a manifest says about each.

The lines are put together in DuckDB, a column expression at a time; only the join of the finished lines is Python.
Knows forms (pipe, quoted, padded, fixed width, zip, workbook), not what any feed means.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from fairview.demo.layouts import SPEC_VERSION, Column, Layout
from fairview.demo.tables import Table

# Files carry one fixed time stamp, so that the same arguments give the same bytes.
FIXED_TIME = datetime(2026, 1, 1)
_FIXED_WIDTH = 84


@dataclass(frozen=True)
class Written:
    """What the manifest tells about one file."""

    layout: Layout
    file: str
    rows: int
    control: dict[str, str | None]
    size: int
    sha256: str
    covers_from: str
    covers_to: str


def connection(threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB for putting lines together; row order is kept."""
    con = duckdb.connect(":memory:")
    con.execute(f"SET threads = {int(threads)}")
    return con


def write(
    con: duckdb.DuckDBPyConnection, layout: Layout, table: Table, folder: Path, extract: date, since: date
) -> Written:
    """Writes one file of a delivery and returns its manifest entry. `since` is the first day an events file covers."""
    name = layout.file_name(extract.isoformat())
    if layout.form == "xlsx":
        content = _workbook(layout, table, extract)
    else:
        content = _text_file(con, layout, table, extract)
        if layout.form == "zip":
            content = _zipped(name.removesuffix(".zip") + ".csv", content)
    (folder / name).write_bytes(content)
    covers_from = since if layout.kind == "events" else extract
    return Written(
        layout,
        name,
        len(table),
        control_total(layout, table),
        len(content),
        hashlib.sha256(content).hexdigest(),
        covers_from.isoformat(),
        extract.isoformat(),
    )


def write_manifest(folder: Path, source: str, extract: date, delivery: int, files: list[Written]) -> None:
    """Writes the manifest of one source's delivery."""
    document = {
        "source": source,
        "extract_date": extract.isoformat(),
        "delivery": delivery,
        "spec_version": SPEC_VERSION,
        "files": [
            {
                "feed": file.layout.feed,
                "file": file.file,
                "kind": file.layout.kind,
                "rows": file.rows,
                "control": file.control,
                "bytes": file.size,
                "sha256": file.sha256,
                "covers_from": file.covers_from,
                "covers_to": file.covers_to,
            }
            for file in files
        ],
    }
    name = f"MANIFEST_{source.upper()}_{extract:%Y%m%d}.json"
    (folder / name).write_bytes(json.dumps(document, indent=1).encode("utf-8"))


def control_total(layout: Layout, table: Table) -> dict[str, str | None]:
    """Type, column and value of a file's control total over every row sent."""
    kind, _, header = layout.control.partition(":")
    if kind == "rows":
        return {"type": "rows", "column": None, "value": str(len(table))}
    values = table.columns[header]
    if kind == "sum":
        return {"type": "sum", "column": header, "value": pounds(int(np.asarray(values).sum()))}
    return {"type": "hash", "column": header, "value": str(int(np.asarray(values).astype(np.int64).sum()))}


def pounds(pence: int) -> str:
    """Whole pence as pounds with two decimals and a leading minus."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


# --- text forms ---------------------------------------------------------------------------------------------------


def _text_file(con, layout: Layout, table: Table, extract: date) -> bytes:
    head = _header_line(layout, extract)
    body = _body(con, layout, table, head)
    text = head + layout.line_end + body + _trailer(layout, table)
    return text.encode(layout.encoding)


def _header_line(layout: Layout, extract: date) -> str:
    if layout.form == "fixed":
        return f"HARREARSACT{extract:%Y%m%d}".ljust(_FIXED_WIDTH)
    if layout.form == "quoted":
        return ",".join(f'"{header}"' for header in layout.headers)
    return ("|" if layout.form == "pipe" else ",").join(layout.headers)


def _trailer(layout: Layout, table: Table) -> str:
    total = control_total(layout, table)["value"]
    if layout.form == "pipe":
        return f"TRL|{len(table)}|{total}{layout.line_end}"
    if layout.form == "quoted":
        return f'"TOTAL","{len(table)}","{total}"{layout.line_end}'
    if layout.form == "char":
        return f"{layout.line_end}({len(table)} rows affected){layout.line_end}"
    if layout.form == "fixed":
        pence = int(np.asarray(table.columns["balance"]).sum())
        return f"T{len(table):09d}{_sign_last(pence)}".ljust(_FIXED_WIDTH) + layout.line_end
    return ""


def _sign_last(pence: int) -> str:
    return pounds(abs(pence)).rjust(11) + ("-" if pence < 0 else " ")


def _body(con, layout: Layout, table: Table, head: str) -> str:
    if len(table) == 0:
        return ""
    arrow = pa.table({f"c{i}": _arrow(table.columns[column.header]) for i, column in enumerate(layout.columns)})
    arrow = arrow.append_column("row_place", pa.array(np.arange(len(table), dtype=np.int64)))
    con.register("lines_in", arrow)
    try:
        expressions = [
            _misprinted(table, column, _expression(layout, column, f"c{i}", arrow.column(i).type))
            for i, column in enumerate(layout.columns)
        ]
        line = _line(layout, expressions)
        batches = con.sql(f"SELECT {line} AS line FROM lines_in").to_arrow_reader(200_000)
        pieces = [_bytes_of(batch.column(0)) for batch in batches]
    finally:
        con.unregister("lines_in")
    body = b"".join(pieces).decode("utf-8")
    if table.page_break_after and table.page_break_after < len(table):
        lines = body.split(layout.line_end)
        lines.insert(table.page_break_after, head)
        body = layout.line_end.join(lines)
    return body


def _line(layout: Layout, expressions: list[str]) -> str:
    end = "chr(13) || chr(10)" if layout.line_end == "\r\n" else "chr(10)"
    if layout.form == "fixed":
        return "'D' || " + " || ".join(expressions) + f" || {end}"
    if layout.form == "quoted":
        return "'\"' || " + " || '\",\"' || ".join(expressions) + f" || '\"' || {end}"
    separator = "'|'" if layout.form == "pipe" else "','"
    return f" || {separator} || ".join(expressions) + f" || {end}"


def _misprinted(table: Table, column: Column, expression: str) -> str:
    found = [(row, value) for row, header, value in table.misprints if header == column.header]
    if not found:
        return expression
    cases = " ".join(f"WHEN {row} THEN '{value}'" for row, value in found)
    return f"CASE row_place {cases} ELSE {expression} END"


def _arrow(column) -> pa.Array | pa.ChunkedArray:
    if isinstance(column, (pa.Array, pa.ChunkedArray)):
        return column
    if column.dtype.kind == "M":
        minutes = column.dtype == np.dtype("datetime64[m]")
        return pa.array(column.astype("datetime64[s]"), pa.timestamp("s")) if minutes else pa.array(column, pa.date32())
    if column.dtype == object:
        return pa.array(column, pa.string(), from_pandas=True)
    return pa.array(column)


def _bytes_of(lines: pa.Array) -> bytes:
    """The joined text of an Arrow string array: its value buffer, which already holds the lines end to end."""
    if len(lines) == 0:
        return b""
    width = np.int64 if pa.types.is_large_string(lines.type) else np.int32
    offsets = np.frombuffer(lines.buffers()[1], dtype=width)[lines.offset : lines.offset + len(lines) + 1]
    return lines.buffers()[2][int(offsets[0]) : int(offsets[-1])].to_pybytes()


def _expression(layout: Layout, column: Column, name: str, type_: pa.DataType) -> str:
    """SQL for the written text of one column; never null."""
    if layout.form == "fixed":
        return _fixed_width(layout, column, name)
    absent = "NULL" if layout.form == "char" and column.kind in "DT" else ""
    if column.kind == "M":
        return f"coalesce(({name}::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2)::VARCHAR, '{absent}')"
    if column.kind == "D":
        return f"coalesce(strftime({name}, '{layout.date_format}'), '{absent}')"
    if column.kind == "T":
        form = "%Y-%m-%d %H:%M" if layout.source == "community_safety" else "%Y-%m-%d %H:%M:%S"
        return f"coalesce(strftime({name}, '{form}'), '{absent}')"
    if pa.types.is_boolean(type_):
        return f"CASE WHEN {name} THEN 'Y' ELSE 'N' END"
    if pa.types.is_integer(type_):
        shown = f"lpad({name}::VARCHAR, {column.length}, '0')" if column.kind == "C" else f"{name}::VARCHAR"
        return _padded(layout, column, f"coalesce({shown}, '')") if column.kind == "C" else f"coalesce({shown}, '')"
    value = f"coalesce({name}, '')"
    if column.kind != "C":
        return value
    value = f"left({value}, {column.length})"
    if layout.form == "csv":
        double = "replace(" + value + ", '\"', '\"\"')"
        special = f"({name} LIKE '%,%' OR contains({name}, '\"') OR contains({name}, chr(10)))"
        return f"CASE WHEN {special} THEN '\"' || {double} || '\"' ELSE {value} END"
    if layout.form == "quoted":
        return f"replace({value}, '\"', '\"\"')"
    return _padded(layout, column, value)


def _padded(layout: Layout, column: Column, value: str) -> str:
    if layout.form != "char":
        return value
    # This system prints the word where a code is absent, blanks where a text is.
    absent = "NULL" if column.header == "high_action" else ""
    filled = f"coalesce(nullif({value}, ''), '{absent}')" if absent else value
    return f"rpad({filled}, {column.length}, ' ')"


def _fixed_width(layout: Layout, column: Column, name: str) -> str:
    if column.kind == "M":
        amount = f"(abs({name})::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2)::VARCHAR"
        return f"lpad({amount}, {column.length - 1}, ' ') || CASE WHEN {name} < 0 THEN '-' ELSE ' ' END"
    if column.kind == "D":
        return f"coalesce(strftime({name}, '{layout.date_format}'), '00000000')"
    if column.kind == "I":
        return f"lpad({name}::VARCHAR, {column.length}, '0')"
    return f"rpad(left(coalesce({name}, ''), {column.length}), {column.length}, ' ')"


def _zipped(name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        entry = zipfile.ZipInfo(name, (FIXED_TIME.year, FIXED_TIME.month, FIXED_TIME.day, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, content)
    return held.getvalue()


# --- workbooks ----------------------------------------------------------------------------------------------------


def _workbook(layout: Layout, table: Table, extract: date) -> bytes:
    import xlsxwriter

    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    book.set_properties({"created": FIXED_TIME})
    bold = book.add_format({"bold": True})
    if layout.feed == "benefit_overpayments":
        sheet = book.add_worksheet("Sheet1")
        sheet.write_string(0, 0, "HB OVERPAYMENT DEBTORS")
        sheet.write_string(1, 0, f"Run date {extract:%d/%m/%Y}")
        last = _sheet_rows(book, sheet, layout, table, header_row=3)
        sheet.write_string(last, 0, "TOTAL", bold)
        sheet.write_number(last, layout.headers.index("balance"), int(table.columns["balance"].sum()) / 100)
    else:
        notes = book.add_worksheet("Notes")
        notes.write_string(0, 0, "Corporate vulnerability register: monthly extract.")
        notes.write_string(1, 0, f"Run {extract:%Y%m%d}")
        _sheet_rows(book, book.add_worksheet("Register"), layout, table, header_row=0)
        codes = book.add_worksheet("Codes")
        listed = ("PHYS", "SENS", "MENT", "COGN", "LRND", "CARR", "DABU", "SAFE", "CLVR", "TERM", "CHSC")
        for row, code in enumerate(listed):
            codes.write_string(row, 0, code)
    book.close()
    return held.getvalue()


def _sheet_rows(book, sheet, layout: Layout, table: Table, header_row: int) -> int:
    """Writes header and rows; returns the next free row."""
    bold, dated = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    for place, header in enumerate(layout.headers):
        sheet.write_string(header_row, place, header, bold)
    misprints = {(row, header): value for row, header, value in table.misprints}
    for place, column in enumerate(layout.columns):
        values = table.columns[column.header]
        if isinstance(values, np.ndarray) and values.dtype.kind == "M":
            values = values.astype("datetime64[D]").astype(object)
        for row, value in enumerate(values.tolist() if isinstance(values, np.ndarray) else values.to_pylist()):
            _cell(sheet, header_row + 1 + row, place, column, misprints.get((row, column.header), value), dated)
    return header_row + 1 + len(table)


def _cell(sheet, row: int, place: int, column: Column, value, dated) -> None:
    if value is None:
        return
    if isinstance(value, date):
        sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), dated)
    elif column.kind == "M" and not isinstance(value, str):
        sheet.write_number(row, place, value / 100)
    elif isinstance(value, float):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, str(value)[: column.length] if column.kind == "C" else str(value))


def encodable(values: list[str], encoding: str = "cp1252") -> list[str]:
    """Each text in the letters the code page has; a letter it lacks loses its marks (Łukasz becomes Lukasz)."""
    return [
        value if _fits(value, encoding) else "".join(_plain(letter, encoding) for letter in value) for value in values
    ]


def _fits(value: str, encoding: str) -> bool:
    try:
        value.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


_WITHOUT_MARKS = {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ħ": "H", "ħ": "h"}


def _plain(letter: str, encoding: str) -> str:
    import unicodedata

    if _fits(letter, encoding):
        return letter
    base = _WITHOUT_MARKS.get(letter) or unicodedata.normalize("NFKD", letter)[0]
    return base if _fits(base, encoding) else "?"
