"""Every defect of the specification as a change to any feed it makes sense for: the rule, not the sample.

A defect names the feeds it applies to, spoils one file of a good draft and says what the door must answer for it. Rows
and columns are chosen by the contract, so that a feed added tomorrow is spoilt as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.intake.deliveries import MARK, Draft, File, written

from fairview.contracts.feed import Column, FeedContract

TEXT_FORMS = ("pipe", "csv", "charcsv")


@dataclass(frozen=True)
class Defect:
    """One way to spoil a file. `columns`: which columns it may be tried on; None where it is about the whole file."""

    id: str
    applies: Callable[[FeedContract], bool]
    spoil: Callable[[Draft, str, Column | None], None]
    outcome: str | Callable[[FeedContract, Column | None], str]
    rule: str | None = None
    rows: int | None = None
    columns: Callable[[FeedContract], list[Column]] | None = None

    def trials(self, contract: FeedContract) -> Iterator[Column | None]:
        """The columns of a feed the defect is tried on, or None once."""
        if not self.applies(contract):
            return
        yield from self.columns(contract) if self.columns else (None,)

    def expected(self, contract: FeedContract, column: Column | None) -> str:
        return self.outcome if isinstance(self.outcome, str) else self.outcome(contract, column)


DEFECTS: list[Defect] = []


def defect(id: str, applies, outcome, rule: str | None = None, rows: int | None = None, columns=None):
    """Register a way to spoil a file; `rule` "-" when nothing is named."""

    def register(spoil):
        DEFECTS.append(Defect(id, applies, spoil, outcome, None if rule == "-" else rule or id[:3], rows, columns))
        return spoil

    return register


def every(_: FeedContract) -> bool:
    return True


def is_text(contract: FeedContract) -> bool:
    return contract.format in TEXT_FORMS


def is_snapshot(contract: FeedContract) -> bool:
    return contract.kind == "snapshot"


def with_bytes(draft: Draft, feed: str, change: Callable[[bytes], bytes], sealed: bool = True) -> None:
    draft[feed].spoil.append(change)
    draft[feed].sealed = sealed


def loaded(contract: FeedContract, *kinds: str, keyed: bool = False) -> list[Column]:
    """Loaded columns of some kinds that decide nothing about whole rows or files."""
    deciding = {rule["column"] for rule in contract.row_rules}
    return [
        column
        for column in contract.loaded
        if (not kinds or column.kind in kinds) and column.name not in deciding and (keyed or not column.key_position)
    ]


def texts(contract: FeedContract) -> list[Column]:
    return [column for column in loaded(contract, "C") if not column.codes and not column.facts.get("normalise")]


def fill(file: File, column: Column, text: str, rows: int = 2) -> None:
    for row in file.rows[-rows:]:
        row[column.name] = text


# --- presence, bytes, manifest ---


@defect("D01", lambda c: not c.blocking, "reject_file")
def _(draft, feed, _column):
    draft[feed].is_sent = False


@defect("D03", every, "reject_file")
def _(draft, feed, _column):
    with_bytes(draft, feed, lambda data: data[:-5] + bytes([data[-5] ^ 1]) + data[-4:], sealed=False)


@defect("D04", every, "reject_file")
def _(draft, feed, _column):
    with_bytes(draft, feed, lambda data: data[: len(data) * 7 // 10], sealed=False)


@defect("D04-sealed", every, "reject_file", rule="-")
def _(draft, feed, _column):
    with_bytes(draft, feed, lambda data: data[: len(data) * 7 // 10])


@defect("D05", every, "reject_file")
def _(draft, feed, _column):
    with_bytes(draft, feed, lambda data: b"")


@defect("D06", is_snapshot, "reject_file")
def _(draft, feed, _column):
    draft[feed].rows.clear()


@defect("D07", lambda c: c.format in ("pipe", "charcsv", "fixed") or c.facts["trailer"] == "total", "reject_file")
def _(draft, feed, _column):
    with_bytes(draft, feed, lambda data: re.sub(rb'(TRL\||"TOTAL",|\(\d+ rows|T0)[^\n]*\n$', b"", data))


@defect("D08", every, "reject_file")
def _(draft, feed, _column):
    draft[feed].counted_rows = len(draft[feed].rows) + 1


@defect("D09", every, "reject_file")
def _(draft, feed, _column):
    def edit(manifest):
        for entry in manifest["files"]:
            if entry["feed"] == feed:
                entry["control"]["value"] = f"{float(entry['control']['value']) + 10:.2f}"

    draft.edits.append(edit)


# --- structure ---


@defect("D14", lambda c: c.format != "fixed", "reject_file")
def _(draft, feed, _column):
    draft[feed].header.append("religion")


@defect("D15", lambda c: c.format != "fixed", "reject_file", columns=lambda c: [loaded(c)[0], loaded(c)[-1]])
def _(draft, feed, column):
    draft[feed].header.remove(column.header)


@defect("D15-dropped", lambda c: c.format != "fixed", "reject_file", rule="D15",
        columns=lambda c: [column for column in c.columns if not column.is_loaded][:1])  # fmt: skip
def _(draft, feed, column):
    draft[feed].header.remove(column.header)


@defect("D16", lambda c: c.format != "fixed", "accept_with_warning")
def _(draft, feed, _column):
    header = draft[feed].header
    header[1], header[-1] = header[-1], header[1]


@defect("D17", lambda c: c.format != "fixed", "reject_file", columns=lambda c: [loaded(c)[0], loaded(c)[-1]])
def _(draft, feed, column):
    renamed(draft, feed, column)


def renamed(draft: Draft, feed: str, column: Column) -> None:
    header = draft[feed].header
    header[header.index(column.header)] = "other_name"
    for row in draft[feed].rows:
        row["other_name"] = written(draft[feed].contract, column, row.get(column.name))


@defect("D50", lambda c: c.format != "fixed", "reject_file",
        columns=lambda c: [column for column in c.columns if not column.is_loaded])  # fmt: skip
def _(draft, feed, column):
    renamed(draft, feed, column)


@defect("D18", is_text, "reject_file")
def _(draft, feed, _column):
    draft[feed].lines = lambda lines: lines[1:]


@defect("D19", is_text, "reject_file")
def _(draft, feed, _column):
    wrong = b"," if draft[feed].contract.format == "pipe" else b";"
    with_bytes(draft, feed, lambda data: data.replace(draft[feed].delimiter.encode(), wrong))


@defect("D20", is_text, "reject_file")
def _(draft, feed, _column):
    encoding = draft[feed].contract.facts["encoding"]
    with_bytes(draft, feed, lambda data: data.decode(encoding).encode("utf-16"))


@defect("D21", lambda c: is_text(c) or c.format == "fixed", "reject_file")
def _(draft, feed, _column):
    def break_letters(data: bytes) -> bytes:
        at = re.compile(rb"[A-Za-z0-9]{2}").search(data, len(data) // 2).start()
        return data[:at] + b"\xff\x81" + data[at + 2 :]

    with_bytes(draft, feed, break_letters)


@defect("D22", lambda c: is_text(c) and c.facts["encoding"] != "utf-8-sig", "accept", rule="-")
def _(draft, feed, _column):
    with_bytes(draft, feed, lambda data: b"\xef\xbb\xbf" + data)


@defect("D22-missing", lambda c: c.facts["encoding"] == "utf-8-sig", "accept", rule="-")
def _(draft, feed, _column):
    with_bytes(draft, feed, lambda data: data.removeprefix(b"\xef\xbb\xbf"))


@defect("D23", lambda c: (is_text(c) or c.format == "fixed") and c.facts["lineEnding"] != "ANY", "accept_with_warning")
def _(draft, feed, _column):
    if draft[feed].contract.facts["lineEnding"] == "CRLF":
        with_bytes(draft, feed, lambda data: data.replace(b"\r\n", b"\n"))
    else:
        with_bytes(draft, feed, lambda data: data.replace(b"\n", b"\r\n"))


@defect("D24", lambda c: c.format not in ("fixed", "xlsx"), "accept_with_warning", rows=3)
def _(draft, feed, _column):
    draft[feed].lines = lambda lines: lines[:2] + lines[:1] + lines[2:4] + lines[:1] + lines[:1] + lines[4:]


@defect(
    "D25",
    lambda c: c.format in ("pipe", "charcsv") or (c.format == "csv" and c.facts["trailer"] == "none"),
    "reject_file",
)
def _(draft, feed, _column):
    end = b"\r\n" if draft[feed].contract.facts["lineEnding"] == "CRLF" else b"\n"
    separator = re.escape(draft[feed].delimiter.encode())
    with_bytes(draft, feed, lambda data: re.sub(rb"(\n[^\n" + separator + rb"]+)" + separator, rb"\1" + end + draft[feed].delimiter.encode(), data, count=2))  # fmt: skip


@defect("D26", lambda c: is_text(c) or c.format == "zipcsv", "quarantine_rows", rows=1)
def _(draft, feed, _column):
    draft[feed].lines = lambda lines: [*lines[:-1], [*lines[-1], "x"]]


@defect("D27", lambda c: c.format == "fixed", "quarantine_rows", rows=2)
def _(draft, feed, _column):
    def shorten(data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        return b"\r\n".join([*lines[:2], lines[2][:80], lines[3] + b"  ", *lines[4:]])

    with_bytes(draft, feed, shorten)


# --- rows ---


@defect("D30", lambda c: bool(c.key), "quarantine_rows", rows=2)
def _(draft, feed, _column):
    draft[feed].rows += [dict(row) for row in draft[feed].rows[:2]]


@defect("D31", lambda c: any(one.orphans == "quarantine_rows" for one in c.relationships), "quarantine_rows", rows=2,
        columns=lambda c: [c.column(one.columns[0]) for one in c.relationships if one.orphans == "quarantine_rows"])  # fmt: skip
def _(draft, feed, column):
    for i, row in enumerate(victims(draft[feed])):
        row[column.name] = f"9990{i}" + str(row[column.name])[5:]


def victims(file: File, rows: int = 2) -> list[dict]:
    """The last rows no row rule discards."""
    dropped = {rule["column"]: set(rule["drop"]) for rule in file.contract.row_rules}
    kept = [row for row in file.rows if not any(row.get(name) in codes for name, codes in dropped.items())]
    return kept[-rows:]


def _free(contract: FeedContract) -> list[Column]:
    return [column for column in texts(contract) if column.sensitivity in ("DIR", "QUA") and (column.length or 0) > 10]


@defect("D32", lambda c: bool(c.key) and bool(_free(c)), "quarantine_rows", rows=2)
def _(draft, feed, _column):
    column = _free(draft[feed].contract)[0]
    draft[feed].rows.append(victims(draft[feed], 1)[0] | {column.name: f"{MARK} two"[: column.length]})


def _coded(contract: FeedContract) -> list[Column]:
    return [column for column in loaded(contract, "C") if column.codes and not column.dated_codes]


@defect("D33", every, "quarantine_rows", rows=2, columns=_coded)
def _(draft, feed, column):
    for row in victims(draft[feed]):
        row[column.name] = "?" * (column.length or 1)


@defect("D51", lambda c: c.format != "fixed", "quarantine_rows", rows=1, columns=_coded)
def _(draft, feed, column):
    for row in victims(draft[feed], 1):
        row[column.name] = f"{MARK} shouted at no 12"


@defect("D33-flag", every, "quarantine_rows", rule="D33", rows=2, columns=lambda c: loaded(c, "F"))
def _(draft, feed, column):
    for row in victims(draft[feed]):
        row[column.name] = "?"


def _days(contract: FeedContract) -> list[Column]:
    return [column for column in loaded(contract, "D", "T") if not column.is_birth_date]


def _absent_day(contract: FeedContract, column: Column) -> str:
    wanted = column.facts["dateTimeFormat"] if column.kind == "T" else contract.facts["dateFormat"]
    return date(2026, 1, 28).strftime(wanted).replace("28", "31").replace("01", "02", 1) if "%m" in wanted else ""


@defect("D34", every, "quarantine_rows", rows=2, columns=_days)
def _(draft, feed, column):
    for row in victims(draft[feed]):
        row[column.name] = _absent_day(draft[feed].contract, column)


@defect("D35", every, "blank_value", rows=2, columns=lambda c: [one for one in c.loaded if one.is_birth_date])
def _(draft, feed, column):
    contract = draft[feed].contract
    wanted = column.facts["dateTimeFormat"] if column.kind == "T" else contract.facts["dateFormat"]
    first, second = victims(draft[feed])
    first[column.name], second[column.name] = (day.strftime(wanted) for day in (date(2031, 1, 1), date(1861, 9, 24)))


@defect("D37", every, "quarantine_rows", rows=2, columns=lambda c: loaded(c, "M") if c.format != "fixed" else [])
def _(draft, feed, column):
    for row in victims(draft[feed]):
        row[column.name] = "£1,234.50"


@defect("D38", lambda c: "%d" in c.facts["dateFormat"] and c.format not in ("fixed", "xlsx", "zipcsv") and bool(_days(c)),
        "reject_file", rule="-")  # fmt: skip
def _(draft, feed, _column):
    with_bytes(draft, feed, turned)


def turned(data: bytes) -> bytes:
    """Dates month first, whatever they were."""
    data = re.sub(rb"(\d\d)/(\d\d)/(\d{4})", rb"\2/\1/\3", data)
    return re.sub(rb"(\d{4})-(\d\d)-(\d\d)", rb"\2/\3/\1", data)


@defect("D39", lambda c: str(c.facts.get("openEnd")).find("2099") >= 0, "reject_file")
def _(draft, feed, _column):
    with_bytes(
        draft, feed, lambda data: data.replace(b"31/12/2099", b"31/12/9999").replace(b"2099-12-31", b"9999-12-31")
    )


@defect("D40", lambda c: c.format != "fixed", "accept", rule="-",
        columns=lambda c: [one for one in c.loaded if one.facts.get("normalise") == "postcode" and not one.key_position])  # fmt: skip
def _(draft, feed, column):
    for row in draft[feed].rows[:6]:
        row[column.name] = row[column.name].replace(" ", "").lower() if row.get(column.name) else None


@defect("D49", lambda c: c.kind == "events" and any(rule.rule == "D49" for rule in c.record_rules), "quarantine_rows", rows=2,
        columns=lambda c: [c.column(rule.columns[0]) for rule in c.record_rules if rule.rule == "D49"])  # fmt: skip
def _(draft, feed, column):
    wanted = column.facts.get("dateTimeFormat") or draft[feed].contract.facts["dateFormat"]
    for row in victims(draft[feed]):
        row[column.name] = (draft.day + timedelta(days=3)).strftime(wanted)


@defect("D48", lambda c: any(one.min_length for one in c.columns), "reject_file",
        columns=lambda c: [one for one in c.columns if one.min_length])  # fmt: skip
def _(draft, feed, column):
    for i, row in enumerate(draft[feed].rows):
        text = str(row.get(column.name) or "")
        if text.isdigit():
            row[column.name] = f"{int(text):.2E}" if i % 7 == 0 else text.lstrip("0")


@defect("D57", lambda c: c.format != "fixed", "accept", rule="-",
        columns=lambda c: [one for one in _free(c) if one.sensitivity == "DIR"])  # fmt: skip
def _(draft, feed, column):
    victims(draft[feed], 1)[0][column.name] = "=A1+B2"


@defect("D58", lambda c: c.format != "fixed", "quarantine_rows", rows=1, columns=texts)
def _(draft, feed, column):
    victims(draft[feed], 1)[0][column.name] = "q" * (column.length + 60)


@defect("D59", lambda c: c.format not in ("fixed", "xlsx"), "quarantine_rows", rows=1, columns=texts)
def _(draft, feed, column):
    victims(draft[feed], 1)[0][column.name] = "a\x07b"[: max(2, column.length)]


# --- comparison with the delivery before ---


@defect("D43", is_snapshot, "reject_file")
def _(draft, feed, _column):
    rows = draft[feed].rows
    del rows[len(rows) * 2 // 5 :]


@defect("D45", is_snapshot, "reject_file", rule="-",
        columns=lambda c: [one for one in loaded(c) if one.required or one.is_birth_date] if c.format != "fixed" else [])  # fmt: skip
def _(draft, feed, column):
    rows = draft[feed].rows
    for row in rows[: len(rows) * 7 // 10]:
        row[column.name] = None
