"""Turns the bytes of one supplier's file into a table of texts and a few counted facts, or says why it cannot.

Knows the six agreed forms (pipe, csv, padded csv, zipped csv, fixed width, spreadsheet) and what a damaged one looks
like. Runs only in the reading child process: everything here touches untrusted bytes. Refuses to know types, other
files, the past and the vault; columns that are never loaded and rows a row rule discards are gone from what it returns.
Faults carry a rule, row numbers and columns of the contract: never a value, nor a header the contract does not know.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

# Control characters have no place in a council's field (house rule 69); line ends are judged as line ends.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FIRST_PRINTABLE = 32
_DELETE = b"\x7f"
# Marks that turn the reading direction can hide what a name says; marks without width hide a difference.
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\x80-\x9f]")
_WIDTHLESS = re.compile("[\u200b\u2060\ufeff\u00ad]")
# The same kinds, and letters of other alphabets and loose accents, as bytes of UTF-8, to tell quickly that a file has none.
_UNUSUAL = re.compile(
    rb"[\xcc-\xd4][\x80-\xbf]|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0\xa6-\xa9]|\xef\xbb\xbf|\xc2[\x80-\x9f\xad]|"
    rb"\xc3[\x83-\x85](?:\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]|\xe2[\x80\x82\x84])"
)
# Cyrillic and Greek letters that cannot be told from Latin ones beside which they stand (house rule 66); others are no
# trick: ε stands for the open e of Akan names.
_ALIKE = "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
_TWO_ALPHABETS = re.compile(f"[A-Za-z\u00c0-\u024f]['’-]?[{_ALIKE}]|[{_ALIKE}]['’-]?[A-Za-z\u00c0-\u024f]")
# Letters of a name saved as UTF-8, read as Windows-1252 and saved again: Zoë as ZoÃ«.
_MOJIBAKE = re.compile(
    "[\u00c3\u00c4\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u2013-\u203a\u20ac\u2122]"
)
# A compressed member may unfold to this many times its size; spreadsheets and ledgers reach 20 (house rule 91).
_MOST_UNFOLDING = 200
_FIELD_LIMIT = 1_000_000
_MOST_POUNDS = 10**12
_ROWS_AFFECTED = re.compile(r"\((\d+) rows? affected\)")


class FileFault(Exception):
    """The whole file cannot be used: a rule, and facts fit to be told (contract columns, counts, row numbers)."""

    def __init__(self, rule: str, **facts: Any) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts = facts


@dataclass(frozen=True)
class Layout:
    """What the reader must know of a contract: plain values only, so that it can travel to the child process."""

    feed: str
    format: str
    encoding: str
    line_ending: str
    delimiter: str
    date_format: str
    trailer: str
    names: tuple[str, ...]
    headers: tuple[str, ...]
    kinds: tuple[str, ...]
    loaded: tuple[bool, ...]
    widths: tuple[int, ...]
    row_rules: tuple[dict[str, Any], ...]
    rule_codes: dict[str, list[str]]
    refuse_unknown: dict[str, str]
    control_type: str
    control_column: str | None
    sheet: dict[str, Any] | None
    record: dict[str, Any] | None
    stem: str
    extract_day: str
    most_bytes: int

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Layout:
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()})

    @property
    def is_quoted(self) -> bool:
        return self.format in ("csv", "zipcsv")


@dataclass
class Facts:
    """What was counted in a file. `broken` and `withheld` rows are never part of the table."""

    rows: int = 0
    warnings: dict[str, int] = field(default_factory=dict)
    warned_rows: dict[str, list[int]] = field(default_factory=dict)
    broken: list[tuple[int, str]] = field(default_factory=list)
    withheld: list[tuple[int, str, str]] = field(default_factory=list)
    marked: list[tuple[int, str, str]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    control: list[str] = field(default_factory=list)
    control_unreadable: int = 0
    control_received: str = "0"
    control_dropped: str = "0"
    control_aside: str = "0"
    is_padded: bool = True
    trailer_rows: int | None = None
    trailer_control: str | None = None

    def add_control(self, part: str, texts: Iterable[str | None], kind: str) -> None:
        """Add what can be read of some rows' control figures to `control_dropped` or `control_aside`."""
        total = sum((amount(text or "", kind) or Decimal(0) for text in texts), Decimal(getattr(self, part)))
        setattr(self, part, str(total))

    def warn(self, rule: str, rows: Sequence[int] = (), count: int | None = None) -> None:
        self.warnings[rule] = self.warnings.get(rule, 0) + (count if count is not None else max(1, len(rows)))
        if rows:
            self.warned_rows.setdefault(rule, []).extend(rows)


@dataclass
class _Records:
    """Records of a file before the contract's columns are picked: columns of text by position, and each one's row."""

    columns: list[pa.Array]
    numbers: pa.Array
    broken: list[tuple[int, list[str]]]


def read(data: bytes, layout: Layout, facts: Facts) -> pa.Table:
    """The loaded columns of a file as text plus `row_number`. Raises FileFault."""
    if not data:
        raise FileFault("D05")
    if layout.format == "xlsx":
        header, records = _spreadsheet(data, layout, facts)
    else:
        if layout.format == "zipcsv":
            data = _unzip(data, layout)
        lines = _text(data, layout, facts)
        header, records = _fixed(lines, layout, facts) if layout.format == "fixed" else _separated(lines, layout, facts)
    order = _columns_in_order(header, layout, facts)
    return _picked(records, order, layout, facts)


# --- bytes to text -----------------------------------------------------------------------------------------------


def _text(data: bytes, layout: Layout, facts: Facts) -> bytes:
    """The file as UTF-8, decoded by the agreed encoding and no other; carriage returns only before line feeds."""
    if not data:
        raise FileFault("D05")
    _refuse_other_kinds(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:200].count(0) * 4 > len(data[:200]):
        raise FileFault("D20")
    marked = data.startswith(b"\xef\xbb\xbf")
    data = data[3:] if marked else data
    data = _decoded(data, layout.encoding, marked)
    return _line_feeds(data, layout, facts)


def _refuse_other_kinds(data: bytes) -> None:
    start = data[:512].lstrip().lower()
    kinds = (
        (b"\x1f\x8b", "gzip"),
        (b"pk\x03\x04", "zip or spreadsheet"),
        (b"\xd0\xcf\x11\xe0", "old or protected workbook"),
    )
    for magic, kind in (
        *kinds,
        (b"%pdf", "pdf"),
        (b"<!doctype", "web page"),
        (b"<html", "web page"),
        (b"<?xml", "xml"),
    ):
        if start.startswith(magic):
            raise FileFault("wrong-kind", kind=kind)


def _decoded(data: bytes, encoding: str, marked: bool) -> bytes:
    if data.isascii():
        return data
    if encoding.startswith("utf-8"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FileFault("D21", rows=[data.count(b"\n", 0, error.start) + 1], encoding="UTF-8") from None
        return data
    if _is_utf8(data):
        raise FileFault("other-encoding", encoding=encoding)
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeDecodeError as error:
        raise FileFault("D21", rows=[data.count(b"\n", 0, error.start) + 1], encoding=encoding) from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _line_feeds(data: bytes, layout: Layout, facts: Facts) -> bytes:
    feeds, returns = data.count(b"\n"), data.count(b"\r")
    pairs = data.count(b"\r\n") if returns else 0
    agreed = pairs == feeds == returns if layout.line_ending == "CRLF" else returns == 0
    if layout.line_ending == "ANY":
        agreed = returns in (0, pairs) and pairs in (0, feeds)
    elif returns and layout.is_quoted and b'"' in data:  # a note may hold line ends of its own
        first = data[: data.index(b"\n") + 1] if feeds else data
        agreed = first.endswith(b"\r\n") == (layout.line_ending == "CRLF")
    if not agreed:
        facts.warn("D23")
    return data if returns == pairs else data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


# --- separated text ----------------------------------------------------------------------------------------------


def _separated(data: bytes, layout: Layout, facts: Facts) -> tuple[list[str], _Records]:
    quoted = layout.is_quoted and b'"' in data
    header_end = data.find(b"\n") if b"\n" in data else len(data)
    header = _split(data[:header_end].decode(), layout.delimiter, quoted)
    _judge_header(header, layout)
    start, end = _without_trailer(data, min(header_end + 1, len(data)), layout, facts)
    if quoted or _has_blank_line(data, start, end) or _has_unusual(data):
        return header, _carefully(data[start:end], header, layout, facts, quoted)
    facts.is_padded = _has_padding(data, layout.delimiter.encode())
    return header, _swiftly(pa.py_buffer(data).slice(start, end - start), len(header), layout.delimiter)


def _has_blank_line(data: bytes, start: int, end: int) -> bool:
    if data[start : start + 1] in (b"\n", b"\r"):
        return True
    return data.find(b"\n\r" if b"\r" in data else b"\n\n", start, end) >= 0


def _has_padding(data: bytes, delimiter: bytes) -> bool:
    """Whether any field begins or ends with a blank: if none does, nothing needs stripping."""
    if b" " not in data:
        return False
    return any(pair in data for pair in (b" " + delimiter, delimiter + b" ", b" \n", b"\n ", b" \r"))


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


def _has_unusual(data: bytes) -> bool:
    import numpy

    low = int(numpy.count_nonzero(numpy.frombuffer(data, dtype="uint8") < _FIRST_PRINTABLE))
    if low != data.count(b"\n") + data.count(b"\r") or _DELETE in data:
        return True
    return not data.isascii() and bool(_UNUSUAL.search(data))


def _without_trailer(data: bytes, start: int, layout: Layout, facts: Facts) -> tuple[int, int]:
    """Where the data lines begin and end, after reading the agreed last line. Raises FileFault where it is not right."""
    end = _end_of_text(data, start, len(data))
    if layout.trailer == "none":
        return start, end
    last = max(data.rfind(b"\n", 0, end) + 1, start)
    line = data[last:end].decode()
    if layout.trailer == "rows_affected":
        found = _ROWS_AFFECTED.fullmatch(line.strip())
        if not found:
            raise FileFault("D07")
        facts.trailer_rows = int(found.group(1))
    else:
        parts = _trailer_parts(line, layout)
        if parts[:1] != ["TRL" if layout.trailer == "pipe" else "TOTAL"]:
            raise FileFault("D07")
        if len(parts) != 3 or not parts[1].isdigit():
            raise FileFault("D08")
        facts.trailer_rows, facts.trailer_control = int(parts[1]), parts[2]
    return start, _end_of_text(data, start, last)


def _end_of_text(data: bytes, start: int, end: int) -> int:
    """The end without the line ends that close it."""
    while end > start and data[end - 1] in b"\r\n":
        end -= 1
    return end


def _trailer_parts(line: str, layout: Layout) -> list[str]:
    try:
        return [part.strip() for part in next(csv.reader([line], delimiter=layout.delimiter, strict=True), [])]
    except csv.Error:
        return []


def _swiftly(body: pa.Buffer, width: int, delimiter: str) -> _Records:
    """The way of a file without quotes, blank lines or odd characters: one line is one record, an empty field null."""
    if not body.size:
        return _Records([pa.array([], pa.string())] * width, pa.array([], pa.int64()), [])
    broken: list[tuple[int, list[str]]] = []

    def put_aside(row) -> str:
        broken.append((row.number + 1, row.text.split(delimiter)))
        return "skip"

    names = [str(position) for position in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(body),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 24),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, quote_char=False, ignore_empty_lines=False, invalid_row_handler=put_aside
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={name: pa.string() for name in names}, null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        raise FileFault("unreadable") from None
    return _Records(table.columns, _numbers(table.num_rows, [row for row, _ in broken]), broken)


def _numbers(rows: int, missing: list[int]) -> pa.Array:
    """Row numbers of the rows kept, counting the header as row 1."""
    import numpy

    numbers = numpy.arange(2, rows + len(missing) + 2, dtype="int64")
    if missing:
        numbers = numpy.delete(numbers, numpy.array(missing) - 2)
    return pa.array(numbers)


def _carefully(body: bytes, header: list[str], layout: Layout, facts: Facts, quoted: bool) -> _Records:
    """The slower way, record by record, for files with quotes, blank lines or odd characters."""
    text, odd = body.decode(), _has_unusual(body)
    csv.field_size_limit(_FIELD_LIMIT)
    if quoted:
        try:
            records = list(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, strict=True))
        except csv.Error:
            raise FileFault("unclosed-quote") from None
    else:
        lines = text.replace("\r\n", "\n").split("\n") if text else []
        records = [line.split(layout.delimiter) if line else [] for line in lines]
    kept, numbers, broken = [], [], []
    for number, record in enumerate(records, start=2):
        if not record:
            facts.warn("blank-lines")
        elif len(record) != len(header):
            broken.append((number, record))
        else:
            kept.append(record)
            numbers.append(number)
    if odd:
        _mark_odd(kept, numbers, header, layout, facts)
    columns = (
        [pa.array(column, pa.string()) for column in zip(*kept, strict=True)]
        if kept
        else [pa.array([], pa.string())] * len(header)
    )
    return _Records(columns, pa.array(numbers, pa.int64()), broken)


def _mark_odd(kept: list[list[str]], numbers: list[int], header: list[str], layout: Layout, facts: Facts) -> None:
    """Note rows with control characters or turning marks; take marks without width away; warn of spoilt letters."""
    names = dict(zip(layout.headers, layout.names, strict=True))
    loaded = {name for name, is_loaded in zip(layout.headers, layout.loaded, strict=True) if is_loaded}
    for record, number in zip(kept, numbers, strict=True):
        for position, value in enumerate(record):
            if value.isascii() and value.isprintable():
                continue
            column = header[position]
            name = names.get(column, "")
            if _CONTROL.search(value) or (column in loaded and "\t" in value):
                facts.marked.append((number, "D59", name))
            elif _TURNING.search(value):
                facts.marked.append((number, "turning-marks", name))
            if _WIDTHLESS.search(value):
                record[position] = _WIDTHLESS.sub("", value)
                facts.warn("widthless-marks", [number])
            if column in loaded and _MOJIBAKE.search(value):
                facts.warn("spoilt-letters", [number])
            if column in loaded and _TWO_ALPHABETS.search(value):
                facts.warn("two-alphabets", [number])
            if not unicodedata.is_normalized("NFC", record[position]):
                record[position] = unicodedata.normalize(
                    "NFC", record[position]
                )  # é is one letter, however it was typed


# --- fixed width -------------------------------------------------------------------------------------------------


def _fixed(data: bytes, layout: Layout, facts: Facts) -> tuple[list[str], _Records]:
    """Records of one length: header, details, trailer with the count in 2-10 and the total in 11-22."""
    shape = layout.record or {}
    lines = data.decode().replace("\r\n", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines or lines[0][:1] != shape["header"]:
        raise FileFault("D18")
    if layout.extract_day not in lines[0]:
        raise FileFault("header-day")
    if len(lines) < 2 or lines[-1][:1] != shape["trailer"]:
        raise FileFault("D07")
    _fixed_trailer(lines[-1], facts)
    details, numbers, broken = [], [], []
    for number, line in enumerate(lines[1:-1], start=2):
        if not line.strip():
            facts.warn("blank-lines")
        elif len(line) != shape["length"] or line[:1] != shape["detail"]:
            broken.append((number, line))
        else:
            details.append(line)
            numbers.append(number)
    column = pa.array(details, pa.string())
    columns, at = [], 1
    for width in layout.widths:
        columns.append(pc.utf8_slice_codeunits(column, at, at + width))
        at += width
    cut = [(number, _sliced(line, layout.widths)) for number, line in broken]
    records = _Records(columns, pa.array(numbers, pa.int64()), cut)
    if _has_unusual(data):
        kept = [list(record) for record in zip(*(column.to_pylist() for column in columns), strict=True)]
        _mark_odd(kept, numbers, list(layout.headers), layout, facts)
    return list(layout.headers), records


def _sliced(line: str, widths: Sequence[int]) -> list[str]:
    parts, at = [], 1
    for width in widths:
        parts.append(line[at : at + width])
        at += width
    return parts


def _fixed_trailer(line: str, facts: Facts) -> None:
    rows, total = line[1:10].strip(), line[10:22].strip()
    if not rows.isdigit():
        raise FileFault("D08")
    facts.trailer_rows = int(rows)
    facts.trailer_control = f"-{total[:-1].strip()}" if total.endswith("-") else total.rstrip("+ ")


# --- archives and spreadsheets -----------------------------------------------------------------------------------


def _archive(data: bytes, most_bytes: int) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, IndexError):
        raise FileFault("D41") from None
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name:
            raise FileFault("archive-path")
        if member.flag_bits & 1:
            raise FileFault("archive-locked")
    unfolded = sum(member.file_size for member in members)
    if unfolded > most_bytes or unfolded > _MOST_UNFOLDING * max(len(data), 1 << 12):
        raise FileFault("archive-bomb")
    return archive


def _unzip(data: bytes, layout: Layout) -> bytes:
    """The one csv of the agreed name inside an archive, its checksum proved by reading it to the end."""
    archive = _archive(data, layout.most_bytes)
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1 or len(archive.infolist()) != 1:
        raise FileFault("D42", count=len(archive.infolist()))
    if members[0].filename != f"{layout.stem}.csv" or (members[0].external_attr >> 16) & 0o170000 == 0o120000:
        raise FileFault("archive-member")
    try:
        with archive.open(members[0]) as file:
            content = file.read(layout.most_bytes + 1)
            if len(content) > layout.most_bytes:
                raise FileFault("archive-bomb")
            return content
    except FileFault:
        raise
    except Exception:
        raise FileFault("D41") from None


def _spreadsheet(data: bytes, layout: Layout, facts: Facts) -> tuple[list[str], _Records]:
    """Rows of the agreed sheet as text, values only: no formula is evaluated, no macro looked at."""
    from python_calamine import CalamineWorkbook

    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise FileFault("wrong-kind", kind="old or protected workbook")
    if data[:4] != b"PK\x03\x04":
        raise FileFault("wrong-kind", kind="something that is no spreadsheet")
    if any(
        member.filename.lower().endswith("vbaproject.bin") for member in _archive(data, layout.most_bytes).infolist()
    ):
        raise FileFault("macros")
    shape = layout.sheet or {}
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        name = shape.get("name") or (workbook.sheet_names[0] if len(workbook.sheet_names) == 1 else None)
        if name not in workbook.sheet_names:
            raise FileFault("D28")
        sheet = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except FileFault:
        raise
    except BaseException:
        raise FileFault("D41") from None
    return _sheet_records(sheet, layout, facts, shape)


def _sheet_records(sheet, layout: Layout, facts: Facts, shape: dict[str, Any]) -> tuple[list[str], _Records]:
    at = shape["headerRow"]
    header = [str(cell).strip() for cell in sheet[at - 1]] if len(sheet) >= at else []
    while header and not header[-1]:
        header.pop()
    if not set(header) & set(layout.headers):
        raise FileFault("D29")
    _judge_header(header, layout)
    kinds = dict(zip(layout.headers, layout.kinds, strict=True))
    rows = [(number, row) for number, row in enumerate(sheet[at:], start=at + 1)]
    while rows and not any(cell != "" for cell in rows[-1][1]):
        rows.pop()
    if shape.get("totalsRow"):
        rows = _without_totals(rows, header, layout, facts)
    kept, numbers, broken = [], [], []
    for number, row in rows:
        if not any(cell != "" for cell in row):
            facts.warn("blank-lines")
            continue
        cells = [
            _cell(row[i] if i < len(row) else "", kinds.get(name, "C"), layout.date_format)
            for i, name in enumerate(header)
        ]
        if any(cell != "" for cell in row[len(header) :]):
            broken.append((number, cells))
        else:
            kept.append(cells)
            numbers.append(number)
    _mark_odd(kept, numbers, header, layout, facts)
    columns = (
        [pa.array(column, pa.string()) for column in zip(*kept, strict=True)]
        if kept
        else [pa.array([], pa.string())] * len(header)
    )
    return header, _Records(columns, pa.array(numbers, pa.int64()), broken)


def _without_totals(rows, header: list[str], layout: Layout, facts: Facts):
    if not rows or str(rows[-1][1][0]).strip().upper() not in ("TOTAL", "TOTALS", "GRAND TOTAL"):
        raise FileFault("D07")
    if layout.control_column in header:
        cell = rows[-1][1][header.index(layout.control_column)]
        facts.trailer_control = _cell(cell, "M", layout.date_format) or None
    return rows[:-1]


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


# --- header, columns, rows ---------------------------------------------------------------------------------------


def _judge_header(header: list[str], layout: Layout) -> None:
    """Raises FileFault unless the header holds exactly the agreed names, in any order."""
    agreed, found = set(layout.headers), set(header)
    if len(header) != len(found) and found & agreed:
        raise FileFault("header-twice", columns=sorted(found & agreed & {n for n in header if header.count(n) > 1}))
    missing = [name for name in layout.headers if name not in found]
    unknown = [position for position, name in enumerate(header, start=1) if name not in agreed]
    if not missing and not unknown:
        return
    if not found & agreed:
        for other in ",;|\t":
            if other != layout.delimiter and len(header) == 1 and set(_split(header[0], other, False)) & agreed:
                raise FileFault("D19")
        raise FileFault("D18")
    loaded = {name for name, is_loaded in zip(layout.headers, layout.loaded, strict=True) if is_loaded}
    columns = [dict(zip(layout.headers, layout.names, strict=True))[name] for name in missing]
    if not missing:
        raise FileFault("D14", positions=unknown)
    if not unknown:
        raise FileFault("D15", columns=columns)
    raise FileFault("D50" if not set(missing) & loaded else "D17", columns=columns, positions=unknown)


def _columns_in_order(header: list[str], layout: Layout, facts: Facts) -> list[int]:
    """Where each agreed column stands in the file."""
    if header != list(layout.headers):
        facts.warn("D16")
    return [header.index(name) for name in layout.headers]


def _picked(records: _Records, order: list[int], layout: Layout, facts: Facts) -> pa.Table:
    """Count, sum and discard, then keep what is loaded: after this nothing that must be dropped is left."""
    table = pa.table({name: records.columns[order[i]] for i, name in enumerate(layout.names)})
    table = table.append_column("row_number", records.numbers)
    table = _without_repeated_headers(table, layout, facts)
    facts.rows = table.num_rows + len(records.broken)
    _sum_control(table, records.broken, order, layout, facts)
    facts.broken = [(number, _why_broken(parts, order, layout)) for number, parts in records.broken]
    table = _without_discarded(table, layout, facts)
    unloaded = [name for name, is_loaded in zip(layout.names, layout.loaded, strict=True) if not is_loaded]
    return table.drop_columns(unloaded) if unloaded else table


def _why_broken(parts: list[str], order: list[int], layout: Layout) -> str:
    if layout.format == "fixed":
        return "D27"
    return "D26" if len(parts) > len(order) else "short-row"


def _without_repeated_headers(table: pa.Table, layout: Layout, facts: Facts) -> pa.Table:
    if layout.format == "fixed" or not pc.any(pc.match_substring(table.column(0), layout.headers[0])).as_py():
        return table
    same = pc.equal(_texts(table.column(0)), layout.headers[0])
    for position in range(1, min(len(layout.headers), 3)):
        same = pc.and_(same, pc.equal(_texts(table.column(position)), layout.headers[position]))
    rows = table.column("row_number").filter(same).to_pylist()
    if rows:
        facts.warn("D24", rows)
    return table.filter(pc.invert(same))


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column stripped, blanks as empty text."""
    return pc.fill_null(pc.utf8_trim_whitespace(column), "")


def _without_discarded(table: pa.Table, layout: Layout, facts: Facts) -> pa.Table:
    """Discard rows by row rule; withhold rows whose deciding code is blank or unknown: it says if they may be read."""
    for rule in layout.row_rules:
        column = rule["column"]
        codes = _texts(table.column(column))
        drop = pc.is_in(codes, pa.array([str(code) for code in rule["drop"]]))
        known = pc.is_in(codes, pa.array(layout.rule_codes[column]))
        copies = _copies(table.filter(drop))
        _add_controls(table, drop, known, copies, layout, facts)
        facts.withheld += [(row, "D30", "") for row in copies]
        discarded = (pc.sum(drop).as_py() or 0) - len(copies)
        facts.dropped[rule["id"]] = facts.dropped.get(rule["id"], 0) + discarded
        strange = table.column("row_number").filter(pc.invert(known)).to_pylist()
        if strange and column in layout.refuse_unknown:
            raise FileFault(layout.refuse_unknown[column], columns=[column], rows=strange[:100], count=len(strange))
        _refuse_marked(table.filter(pc.and_(known, pc.invert(drop))), rule)
        if strange:
            blank = table.filter(pc.equal(codes, "")).column("row_number").to_pylist()
            facts.withheld += [(row, "D66", column) for row in blank]
            facts.withheld += [(row, "D33", column) for row in sorted(set(strange) - set(blank))]
        table = table.filter(pc.and_(known, pc.invert(drop)))
    return table


def _refuse_marked(kept: pa.Table, rule: dict[str, Any]) -> None:
    """Refuse a file whose kept rows carry what only discarded ones may: their codes must have been swapped."""
    for column in (rule.get("marks") or {}).get("columns", ()):
        told = kept.column("row_number").filter(pc.not_equal(_texts(kept.column(column)), "")).to_pylist()
        if told:
            raise FileFault(rule["marks"]["rule"], columns=[rule["column"]], rows=told[:100], count=len(told))


def _add_controls(table: pa.Table, drop, known, copies: list[int], layout: Layout, facts: Facts) -> None:
    """Control figures of the rows discarded, and of those withheld: the ledger must add up without them being kept."""
    if layout.control_type == "rows":
        return
    column = table.column(layout.control_column)
    copied = pc.is_in(table.column("row_number"), pa.array(copies, pa.int64()))
    discarded, withheld = pc.and_(drop, pc.invert(copied)), pc.or_(copied, pc.invert(known))
    facts.add_control("control_dropped", column.filter(discarded).to_pylist(), layout.control_type)
    facts.add_control("control_aside", column.filter(withheld).to_pylist(), layout.control_type)


def _copies(table: pa.Table) -> list[int]:
    """Rows that repeat an earlier one exactly: even of rows never read, a copy is a fault to be told (D30)."""
    seen: set[tuple] = set()
    found = []
    for row in zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True):
        values = row[:-1]
        if values in seen:
            found.append(row[-1])
        seen.add(values)
    return found


def _sum_control(table: pa.Table, broken, order: list[int], layout: Layout, facts: Facts) -> None:
    """Recompute the control total over every row sent, also those that will be dropped or quarantined."""
    if layout.control_type == "rows":
        facts.control, facts.control_received = [str(facts.rows)], str(facts.rows)
        return
    position = layout.names.index(layout.control_column)
    column = table.column(layout.control_column)
    total = None if layout.format == "fixed" or column.null_count else _summed_swiftly(column, layout.control_type)
    odd = Decimal(0)
    if total is None:
        total = Decimal(0)
        for text in column.to_pylist():
            figure = amount(text or "", layout.control_type)
            if figure is None:
                facts.control_unreadable += 1
            elif layout.format == "fixed" or _is_plain(text.strip()):
                total += figure
            else:
                odd += figure
                facts.control_unreadable += 1
    torn = [parts[order[position]] if order[position] < len(parts) else "" for _, parts in broken]
    facts.add_control("control_aside", torn, layout.control_type)
    odd += sum(amount(text, layout.control_type) or 0 for text in torn)
    facts.control_received = str(total + odd)
    # A supplier's total may count what is oddly written or torn, or leave it out: both are told.
    facts.control = [f"{each:.2f}" if layout.control_type == "sum" else str(int(each)) for each in (total + odd, total)]


def _is_plain(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _summed_swiftly(column: pa.ChunkedArray, kind: str) -> Decimal | None:
    trimmed = pc.utf8_trim_whitespace(column)
    try:
        if kind == "sum":
            return pc.sum(pc.cast(trimmed, pa.decimal128(18, 2))).as_py() or Decimal(0)
        return Decimal(pc.sum(pc.cast(trimmed, pa.int64())).as_py() or 0)
    except pa.ArrowInvalid:
        return None


def amount(text: str, kind: str) -> Decimal | None:
    """An amount as a person would read it, so that a total can be proved although a row will be quarantined."""
    plain = text.strip().replace(",", "").replace("£", "").replace(" ", "")
    if kind == "hash":
        return Decimal(plain) if plain.isdigit() else None
    if plain.endswith(("-", "+")):
        plain = plain[-1].replace("+", "") + plain[:-1]
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    try:
        figure = Decimal(plain)
    except InvalidOperation:
        return None
    return figure if figure.is_finite() and abs(figure) < 10**15 else None
