"""From a file's records to what is loaded: header judged, rows counted, summed, discarded and picked, batch by batch."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc

from fairview.intake.forms import marks
from fairview.intake.forms.layout import Facts, FileFault, Layout

_FOUND_ROWS = 100
# No amount or reference of a council has more digits before its point; what claims to is a slip or a trick.
_MOST_DIGITS = 15


def judge_header(header: list[str], layout: Layout, split_by) -> None:
    """Raises FileFault unless the header holds exactly the agreed names, in any order.

    `split_by` splits a lone header by another delimiter, to tell a wrong delimiter from a missing header.
    """
    agreed, found = set(layout.headers), set(header)
    ends = max((position for position, name in enumerate(header, start=1) if name), default=0)
    if ends < len(header) and found & agreed:
        raise FileFault("unnamed-columns", positions=list(range(ends + 1, len(header) + 1)))
    named = [name for name in header if name]
    if len(named) != len(set(named)) and found & agreed:
        raise FileFault("header-twice", columns=sorted(found & agreed & {n for n in header if header.count(n) > 1}))
    missing = [name for name in layout.headers if name not in found]
    unknown = [position for position, name in enumerate(header, start=1) if name not in agreed]
    if not missing and not unknown:
        return
    if not found & agreed:
        for other in ",;|\t":
            if other != layout.delimiter and len(header) == 1 and set(split_by(header[0], other)) & agreed:
                raise FileFault("D19")
        raise FileFault("D18")
    loaded = {name for name, is_loaded in zip(layout.headers, layout.loaded, strict=True) if is_loaded}
    columns = [dict(zip(layout.headers, layout.names, strict=True))[name] for name in missing]
    if not missing:
        raise FileFault("D14", positions=unknown)
    if not unknown:
        raise FileFault("D15", columns=columns)
    raise FileFault("D50" if not set(missing) & loaded else "D17", columns=columns, positions=unknown)


def schema(layout: Layout, is_padded: bool = True) -> pa.Schema:
    """What every batch looks like: loaded columns as text, then `row_number`; and whether texts still need stripping."""
    fields = [
        pa.field(name, pa.string()) for name, is_loaded in zip(layout.names, layout.loaded, strict=True) if is_loaded
    ]
    return pa.schema([*fields, pa.field("row_number", pa.int64())], {"padded": "yes" if is_padded else "no"})


@dataclass
class Picking:
    """Takes a file's records as columns of text in the order of its header, gives what is loaded of them.

    `broken` rows (number, parts) are those of another shape; readers add to it as they go.
    """

    header: list[str]
    layout: Layout
    facts: Facts
    broken: list[tuple[int, list[str]]] = field(default_factory=list)
    _kept: int = 0
    _total: Decimal = Decimal(0)
    _odd: Decimal = Decimal(0)
    _dropped: Decimal = Decimal(0)
    _aside: Decimal = Decimal(0)
    _strange: dict[str, list[int]] = field(default_factory=dict)
    _swapped: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    _seen: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.header != list(self.layout.headers):
            self.facts.warn("D16")
        self._order = [self.header.index(name) for name in self.layout.headers]
        self._schema = schema(self.layout)
        self._key = secrets.token_bytes(16)

    @property
    def needed(self) -> list[int]:
        """Places in the header of what is looked at: of a feed that discards rows unread, everything."""
        if self.layout.row_rules:
            return list(range(len(self.header)))
        looked_at = {self._order[i] for i, is_loaded in enumerate(self.layout.loaded) if is_loaded}
        looked_at |= set(self._order[:3])  # a header that comes again is told by its first columns
        if self.layout.control_column in self.layout.names:
            looked_at.add(self._order[self.layout.names.index(self.layout.control_column)])
        return sorted(looked_at)

    def batch(self, columns: dict[int, pa.Array], numbers: pa.Array) -> pa.RecordBatch:
        """Count, sum and discard, then keep what is loaded: after this nothing that must be dropped is left."""
        names = {place: name for name, place in zip(self.layout.names, self._order, strict=True)}
        texts = {names[place]: marks.plain_blanks(column) for place, column in columns.items()}
        rows = pa.table(texts | {"row_number": numbers})
        rows = self._without_repeated_headers(rows)
        self._kept += rows.num_rows
        self._sum(rows)
        for rule in self.layout.row_rules:
            rows = self._without_discarded(rows, rule)
        # One batch in, one batch out; only filters make chunks, and of one chunk they make one.
        picked = rows.select(self._schema.names).combine_chunks().to_batches()
        return picked[0] if picked else self._schema.empty_table().to_batches()[0]

    def close(self) -> None:
        """What can only be told at the end. Raises FileFault where rows stand under a code nobody agreed."""
        facts = self.facts
        facts.rows = self._kept + len(self.broken)
        self._close_sum()
        facts.broken = [(number, self._why_broken(parts)) for number, parts in self.broken]
        for column, rows in self._strange.items():
            rule = self.layout.refuse_unknown[column]
            raise FileFault(rule, columns=[column], rows=rows[:_FOUND_ROWS], count=len(rows))
        for (rule, column, _), rows in self._swapped.items():
            if rows:
                raise FileFault(rule, columns=[column], rows=rows[:_FOUND_ROWS], count=len(rows))

    def _why_broken(self, parts: list[str]) -> str:
        if self.layout.format == "fixed":
            return "D27"
        return "D26" if len(parts) > len(self._order) else "short-row"

    def _without_repeated_headers(self, rows: pa.Table) -> pa.Table:
        headers, names = self.layout.headers, self.layout.names
        if self.layout.format == "fixed" or not pc.any(pc.match_substring(rows[names[0]], headers[0])).as_py():
            return rows
        same = pc.equal(_texts(rows[names[0]]), headers[0])
        for position in range(1, min(len(headers), 3)):
            same = pc.and_(same, pc.equal(_texts(rows[names[position]]), headers[position]))
        repeated = rows["row_number"].filter(same).to_pylist()
        if repeated:
            self.facts.warn("D24", repeated)
        return rows.filter(pc.invert(same))

    # --- rows discarded ---

    def _without_discarded(self, rows: pa.Table, rule: dict) -> pa.Table:
        """Discard rows by a row rule; withhold rows whose deciding code is blank or unknown: it says if they may be read."""
        column, facts = rule["column"], self.facts
        codes = _texts(rows[column])
        drop = pc.is_in(codes, pa.array([str(code) for code in rule["drop"]]))
        known = pc.is_in(codes, pa.array(self.layout.rule_codes[column]))
        copies = self._copies(rows.filter(drop))
        self._add_controls(rows, drop, known, copies)
        if facts.marked:  # what is discarded unread is not judged either
            unread = set(rows["row_number"].filter(drop).to_pylist()).difference(copies)
            facts.marked = [found for found in facts.marked if found[0] not in unread]
        facts.withheld += [(row, "D30", "") for row in copies]
        discarded = (pc.sum(drop).as_py() or 0) - len(copies)
        facts.dropped[rule["id"]] = facts.dropped.get(rule["id"], 0) + discarded
        strange = rows["row_number"].filter(pc.invert(known)).to_pylist()
        if strange and column in self.layout.refuse_unknown:
            self._strange.setdefault(column, []).extend(strange)
        elif strange:
            blank = rows.filter(pc.equal(codes, ""))["row_number"].to_pylist()
            facts.withheld += [(row, "D66", column) for row in blank]
            facts.withheld += [(row, "D33", column) for row in sorted(set(strange) - set(blank))]
        rows = rows.filter(pc.and_(known, pc.invert(drop)))
        self._note_swapped(rows, rule)
        return rows

    def _note_swapped(self, kept: pa.Table, rule: dict) -> None:
        """Note kept rows that carry what only discarded ones may: their codes must have been swapped."""
        for column in (rule.get("marks") or {}).get("columns", ()):
            told = kept["row_number"].filter(pc.not_equal(_texts(kept[column]), "")).to_pylist()
            self._swapped.setdefault((rule["marks"]["rule"], rule["column"], column), []).extend(told)

    def _add_controls(self, rows: pa.Table, drop, known, copies: list[int]) -> None:
        """Control figures of the rows discarded, and of those withheld: the ledger must add up without them being kept."""
        if self.layout.control_type == "rows":
            return
        column = rows[self.layout.control_column]
        copied = pc.is_in(rows["row_number"], pa.array(copies, pa.int64()))
        discarded, withheld = pc.and_(drop, pc.invert(copied)), pc.or_(copied, pc.invert(known))
        self._dropped += _read(column.filter(discarded).to_pylist(), self.layout.control_type)
        self._aside += _read(column.filter(withheld).to_pylist(), self.layout.control_type)

    def _copies(self, rows: pa.Table) -> list[int]:
        """Rows that repeat an earlier one exactly: even of rows never read, a copy is a fault to be told (D30).

        Only digests of what came before are kept, under a key of this reading's own.
        """
        found = []
        names = [name for name in self.layout.names if name in rows.column_names]
        numbers = rows["row_number"].to_pylist()
        for number, values in zip(numbers, zip(*(rows[name].to_pylist() for name in names), strict=True), strict=True):
            digest = hashlib.blake2b(repr(values).encode(), digest_size=16, key=self._key).digest()
            if digest in self._seen:
                found.append(number)
            self._seen.add(digest)
        return found

    # --- control total ---

    def _sum(self, rows: pa.Table) -> None:
        """Add to the control total, over every row sent, also those that will be dropped or quarantined."""
        if self.layout.control_type == "rows":
            return
        column = rows[self.layout.control_column]
        swiftly = _summed_with_signs if self.layout.format == "fixed" else _summed_swiftly
        if (swift := swiftly(column, self.layout.control_type)) is not None:
            self._total += swift
            return
        for text in column.to_pylist():
            # What nobody can read as a number adds nothing, here as in the staged table: the total is still to be proved.
            figure = amount(text or "", self.layout.control_type) or Decimal(0)
            if self.layout.format == "fixed" or _is_plain((text or "").strip()):
                self._total += figure
            else:
                self._odd += figure

    def _close_sum(self) -> None:
        if self.layout.control_type == "rows":
            self.facts.control, self.facts.control_received = [str(self.facts.rows)], str(self.facts.rows)
            return
        place = self._order[self.layout.names.index(self.layout.control_column)]
        total, odd = self._total, self._odd
        torn = _read((parts[place] if place < len(parts) else "" for _, parts in self.broken), self.layout.control_type)
        odd += torn
        self.facts.control_received, self.facts.control_dropped = str(total + odd), str(self._dropped)
        self.facts.control_aside = str(self._aside + torn)
        # A supplier's total may count what is oddly written or torn, or leave it out: both are told.
        is_sum = self.layout.control_type == "sum"
        self.facts.control = [f"{each:.2f}" if is_sum else str(int(each)) for each in (total + odd, total)]


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column stripped, blanks as empty text."""
    return pc.fill_null(pc.utf8_trim_whitespace(column), "")


def _read(texts: Iterable[str | None], kind: str) -> Decimal:
    """The sum of what can be read of some control figures."""
    return sum((amount(text or "", kind) or Decimal(0) for text in texts), Decimal(0))


def _is_plain(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _summed_swiftly(column: pa.ChunkedArray, kind: str) -> Decimal | None:
    """The sum where every text is a plain number; None where one is not."""
    for texts in (column, None):
        try:
            texts = pc.utf8_trim_whitespace(column) if texts is None else texts
            if kind == "sum":
                return pc.sum(pc.cast(texts, pa.decimal128(18, 2))).as_py() or Decimal(0)
            if pc.all(pc.match_substring_regex(texts, "^[0-9]*$")).as_py() is False:
                continue  # a sign or a hexadecimal number is no reference
            return Decimal(pc.sum(pc.cast(texts, pa.int64())).as_py() or 0)
        except pa.ArrowInvalid:
            continue
    return None


def _summed_with_signs(column: pa.ChunkedArray, kind: str) -> Decimal | None:
    """The sum where every text is an amount with its sign behind it, as fixed width has it; None where one is not."""
    texts = pc.utf8_trim_whitespace(column)
    if kind != "sum" or not pc.all(pc.match_substring_regex(texts, r"^[0-9]{1,15}\.[0-9]{2}[+-]?$")).as_py():
        return None
    amounts = pc.cast(pc.utf8_rtrim(texts, "+-"), pa.decimal128(18, 2))
    signed = pc.if_else(pc.ends_with(texts, "-"), pc.negate(amounts), amounts)
    return pc.sum(signed).as_py() or Decimal(0)


def amount(text: str, kind: str) -> Decimal | None:
    """An amount as a person would read it, so that a total can be proved although a row will be quarantined."""
    plain = text.strip().replace(",", "").replace("£", "").replace(" ", "")
    if kind == "hash":
        return Decimal(plain) if plain.isdecimal() else None
    if plain.endswith(("-", "+")):
        plain = plain[-1].replace("+", "") + plain[:-1]
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    try:
        figure = Decimal(plain)
    except InvalidOperation:
        return None
    return figure if figure.is_finite() and figure.adjusted() < _MOST_DIGITS else None


def from_records(records: list[list[str]], width: int, needed: Sequence[int]) -> dict[int, pa.Array]:
    """Columns of the places needed, from records that all have `width` fields."""
    if not records:
        return {place: pa.array([], pa.string()) for place in needed}
    columns = list(zip(*records, strict=True))
    return {place: pa.array(columns[place], pa.string()) for place in needed}
