"""The house's own list of 108 bad feeds, each as one change to a good small delivery, or with the reason it is not the door's.

The numbers are the list's. A case says what the door must answer for the file at fault and which rule must be named; where
the specification answers otherwise than the list (it came later and is agreed with suppliers) `note` says so.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.intake.cases import with_bytes
from tests.intake.deliveries import HOUSE, MARK, Draft, zipped

ZIP = "RENT_TRANSACTIONS_20261031.csv"


@dataclass(frozen=True)
class HouseCase:
    """One bad feed. `folder` does its harm to the written folder; `value` is what must be staged in the last sound row."""

    id: str
    title: str
    feed: str
    outcome: str
    rule: str | None
    spoil: Callable[[Draft], None] | None = None
    folder: Callable[[Path], None] | None = None
    value: tuple[str, object] | None = None
    note: str = ""


@dataclass(frozen=True)
class Elsewhere:
    """A case of the list the door does not answer, and who does or why nobody need."""

    id: str
    title: str
    why: str


CASES: list[HouseCase] = []
PERSON, NAMES = "homelessness_cases", "forename"


def house(id: str, title: str, feed: str, outcome: str, rule: str | None = None, note: str = "", value=None):
    def register(spoil):
        CASES.append(HouseCase(id, title, feed, outcome, rule, spoil, None, value, note))
        return spoil

    return register


def in_folder(id: str, title: str, feed: str, outcome: str, rule: str | None = None, note: str = ""):
    def register(harm):
        CASES.append(HouseCase(id, title, feed, outcome, rule, None, harm, None, note))
        return harm

    return register


def bytewise(
    id: str, title: str, feed: str, outcome: str, rule: str | None, change, note: str = "", value=None
) -> None:
    house(id, title, feed, outcome, rule, note, value)(lambda draft: with_bytes(draft, feed, change))


def written(id: str, title: str, feed: str, column: str, text, outcome: str, rule: str | None = None, note: str = "", value=None, rows: int = 1) -> None:  # fmt: skip
    def spoil(draft: Draft) -> None:
        for row in draft[feed].rows[-rows:]:
            row[column] = text

    house(id, title, feed, outcome, rule, note, (column, value) if value is not None else None)(spoil)


REFUSED, WARNED, ASIDE, BLANKED, TAKEN = (
    "reject_file",
    "accept_with_warning",
    "quarantine_rows",
    "blank_value",
    "accept",
)

# --- bytes, encodings, lines ---
bytewise("1", "byte order mark", "properties", TAKEN, None, lambda data: b"\xef\xbb\xbf" + data)
bytewise("1-twice", "byte order mark twice", "properties", WARNED, "widthless-marks",
         lambda data: b"\xef\xbb\xbf" * 2 + data, "taken out, as marks without width are elsewhere")  # fmt: skip
bytewise("1-quoted", "byte order mark twice before a quoted header", "benefit_claims", WARNED, "widthless-marks",
         lambda data: b"\xef\xbb\xbf" + data)  # fmt: skip
bytewise("2", "UTF-16", "sundry_debts", REFUSED, "D20", lambda data: data.decode("cp1252").encode("utf-16"))
bytewise(
    "3", "Windows-1252 where UTF-8 is agreed", PERSON, REFUSED, "D21", lambda data: data.replace(b"Ann", b"Zo\xeb", 1)
)
bytewise("3-other", "UTF-8 where Windows-1252 is agreed", "sundry_debts", REFUSED, "other-encoding",
         lambda data: data.replace(b"ANN", "ZOË".encode()))  # fmt: skip
written("4", "letters encoded twice", PERSON, NAMES, "ZoÃ«", WARNED, "spoilt-letters",
        "told, not kept out: nobody loses help over a letter; linking compares names without marks")  # fmt: skip
written("5", "NUL in a name", PERSON, NAMES, "A\x00nn", ASIDE, "D59", "the row, as specification D59, not the file")
bytewise("6", "no bytes at all", PERSON, REFUSED, "D05", lambda data: b"")


@house("7", "header only", PERSON, REFUSED, "D06")
def _(draft):
    draft[PERSON].rows.clear()


bytewise("8", "no line end at the end", "properties", TAKEN, None, lambda data: data.rstrip(b"\n"))
for _n, _feed in enumerate(("deaths", "sundry_debts", "tenancies", "arrears_actions", "benefit_awards")):
    bytewise(
        "8" + ("-csv", "-pipe", "-padded", "-fixed", "-quoted")[_n],
        "Ctrl-Z behind the last line",
        _feed,
        WARNED,
        "end-mark",
        lambda data: data + b"\x1a",
        "what programs of the DOS family close a text with; no character of the file",
    )
bytewise("8-row", "Ctrl-Z within a row", "deaths", ASIDE, "D59", lambda data: data.replace(b"Jos", b"J\x1aos", 1))
bytewise("9", "CR LF where LF is agreed", "properties", WARNED, "D23", lambda data: data.replace(b"\n", b"\r\n"))
bytewise("10", "CR alone", "properties", WARNED, "D23", lambda data: data.replace(b"\n", b"\r"))
bytewise("11", "mixed line ends", "properties", WARNED, "D23", lambda data: data.replace(b"\n", b"\r\n", 7),
         "specification D23: line ends other than agreed are told; a torn row still refuses the file (D25)")  # fmt: skip
bytewise("12", "semicolons", "properties", REFUSED, "D19", lambda data: data.replace(b",", b";"))
bytewise("13", "tabs", "properties", REFUSED, "D19", lambda data: data.replace(b",", b"\t"))
bytewise("14", "a field too few", "properties", ASIDE, "short-row", lambda data: data.replace(b",GRAYS,", b",", 1))
bytewise("15", "a field too many", "properties", ASIDE, "D26", lambda data: data.replace(b",GRAYS,", b",GRAYS,x,", 1))
bytewise(
    "16",
    "a comma in a name without quotes",
    "properties",
    ASIDE,
    "D26",
    lambda data: data.replace(b"GRAYS", b"GR,AYS", 1),
)
bytewise(
    "17",
    "a quote never closed",
    PERSON,
    REFUSED,
    "unclosed-quote",
    lambda data: data.replace(b'line two"', b"line two", 1),
)
bytewise(
    "18",
    "a quote inside a field without quotes",
    "properties",
    TAKEN,
    None,
    lambda data: data.replace(b"GRAYS", b'GR"AYS', 1),
    "kept as the text it is: the field has its borders all the same",
)


@house("19", "a line break inside quotes", PERSON, TAKEN)
def _(draft):
    draft[PERSON].rows[0]["last_addr1"] = f"Flat 0\n{MARK} Court"


# --- header and shape ---
bytewise(
    "20",
    "a column name twice",
    "properties",
    REFUSED,
    "header-twice",
    lambda data: data.replace(b"uprn,parent_uprn", b"uprn,uprn"),
)
bytewise("21", "no header", "properties", REFUSED, "D18", lambda data: data.split(b"\n", 1)[1])


@house("22", "columns in another order", "properties", WARNED, "D16")
def _(draft):
    header = draft["properties"].header
    header[5], header[6] = header[6], header[5]


bytewise("23", "a column renamed", "properties", REFUSED, "D17", lambda data: data.replace(b"street,", b"road,", 1))


@house("24", "a column too many (religion)", "properties", REFUSED, "D14")
def _(draft):
    draft["properties"].header.append("religion")


for _n, _count in enumerate((1, 3)):
    bytewise(
        "24" + ("-empty", "-several")[_n],
        "empty columns at the end, from a spreadsheet",
        "properties",
        REFUSED,
        "unnamed-columns",
        lambda data, count=_count: data.replace(b"\n", b"," * count + b"\n"),
    )


@house("25", "a column missing", "properties", REFUSED, "D15")
def _(draft):
    draft["properties"].header.remove("town")


bytewise(
    "26",
    "a column name in other case",
    "properties",
    REFUSED,
    "D17",
    lambda data: data.replace(b"street,", b"Street,", 1),
)
bytewise(
    "26-blank",
    "a blank after a column name",
    "properties",
    TAKEN,
    None,
    lambda data: data.replace(b"street,", b"street ,", 1),
)
bytewise(
    "26-mark",
    "a mark without width in a column name",
    "properties",
    WARNED,
    "widthless-marks",
    lambda data: data.replace(b"street,", "str\u200beet,".encode(), 1),
)
bytewise(
    "27",
    "a footer where none is agreed",
    "properties",
    REFUSED,
    "D08",
    lambda data: data + b"Total,40" + b"," * 15 + b"\n",
)
bytewise("28", "blank lines", "properties", WARNED, "blank-lines", lambda data: data.replace(b"\n", b"\n\n", 3))
bytewise("29", "a comment on top", "properties", REFUSED, "D18", lambda data: b"# made by hand\n" + data)
bytewise("30", "cut off in a row", "properties", REFUSED, "D08", lambda data: data[: len(data) * 7 // 10])
bytewise(
    "31", "cut off between two rows", "properties", REFUSED, "D08", lambda data: data[: data.rindex(b"\n", 0, -1) + 1]
)

# --- numbers, dates, references ---
house("32", "leading zeros", "council_tax_accounts", TAKEN, value=("account_ref", True))(lambda draft: None)


@house("33", "powers of ten in a reference", "council_tax_accounts", REFUSED, "D48")
def _(draft):
    draft["council_tax_accounts"].rows[3]["account_ref"] = "1.23E+07"


@house("34", "dates of two habits in one column", "tenancies", REFUSED, "D38")
def _(draft):
    for row in draft["tenancies"].rows[:8]:
        row["cot"] = "11/24/2019"


written("35", "a date that reads both ways", "sundry_debts", "raised", "03/02/2026", TAKEN, value=date(2026, 2, 3))
written("36", "29 February 1900", "sundry_debts", "raised", "29/02/1900", ASIDE, "D34")
written("37", "30 February", "sundry_debts", "raised", "30/02/2026", ASIDE, "D34")
written("37-zero", "day nought", "sundry_debts", "raised", "00/00/0000", ASIDE, "D34")
written("38", "a spreadsheet's day number", "sundry_debts", "raised", "29254", ASIDE, "D34")
written("38-birth", "a spreadsheet's day number as birth date", "data_objections", "dob", "29254", BLANKED, "D35")
written("39", "1 January 1900 as birth date", PERSON, "dob", "1900-01-01", TAKEN, None,
        "unknown by agreement (specification section 2); other placeholders are also people's birthdays")  # fmt: skip
written(
    "40",
    "born in the future",
    "data_objections",
    "dob",
    "01/01/2031",
    BLANKED,
    "D35",
    "the value, not the row: specification D35",
)
written(
    "41",
    "born before 1900",
    "data_objections",
    "dob",
    "24/09/1861",
    BLANKED,
    "D35",
    "specification D35 draws the line at 1900",
)
written("43", "dead before born", "deaths", "dod", "01/01/1930", ASIDE, "D36")
written("43-ends", "ended before it began", "council_tax_occupations", "vacation_date", "01/01/2019", ASIDE, "D36")
written("44", "a year of two digits", "sundry_debts", "raised", "03/02/45", ASIDE, "D34")
written("45", "a time with a zone", "asb_incidents", "reported_at", "2026-10-25T01:30+01:00", ASIDE, "D34",
        "the agreed form has no zone: local time as written")  # fmt: skip
written("47", "a number in small letters", PERSON, "nino", "qq123456a", TAKEN, value="QQ123456A")
for _n, _text in enumerate(("0", "-5", "9997000.5", "9997000000019")):
    written("50" + ("", "-minus", "-point", "-long")[_n], "an address number that cannot be one", PERSON, "last_uprn", _text, BLANKED, "uprn-shape",
            "the value, not the row: the address text remains")  # fmt: skip
written("51", "an address number of another area", PERSON, "last_uprn", "100000000001", TAKEN, None,
        "people move in from elsewhere: it finds no dwelling here, and is none of the supplier's faults")  # fmt: skip
written("53", "no fixed abode", PERSON, "last_postcode", "zz993vz", TAKEN, value="ZZ99 3VZ")
written(
    "54",
    "a credit",
    "sundry_debts",
    "balance",
    -500,
    TAKEN,
    value=-500,
    note="credits are agreed (specification section 2)",
)
for _n, _text in enumerate(("£1,234.50", "(12.00)", "12-", "1.234,50")):
    written(
        "55" + ("", "-brackets", "-minus", "-comma")[_n],
        "money in another dress",
        "sundry_debts",
        "balance",
        _text,
        ASIDE,
        "D37",
    )


def _behind_the_total(mark: str):
    def spoil(draft: Draft) -> None:
        def edit(manifest):
            for entry in manifest["files"]:
                entry["control"]["value"] += mark

        draft.edits.append(edit)
        total = draft.control(draft["benefit_awards"])["value"].encode()
        with_bytes(draft, "benefit_awards", lambda data: data.replace(total, total + mark.encode()))

    return spoil


for _n, _mark in enumerate(("\u200b", "\ufeff", "\u00a0")):
    house(f"55{('-width', '-order', '-blank')[_n]}", "a mark behind the control totals of manifest and trailer",
          "benefit_awards", TAKEN)(_behind_the_total(_mark))  # fmt: skip
written("56", "money to three decimals", "sundry_debts", "original", "12.345", ASIDE, "D37")


@house("57", "pence for pounds", "sundry_debts", REFUSED, "D46")
def _(draft):
    for row, before in zip(draft["sundry_debts"].rows, Draft("corporate", 2)["sundry_debts"].rows, strict=False):
        row["original"], row["balance"] = before["original"] * 100, before["balance"] * 100


written("58", "the word NULL in a padded file", "tenancies", "nosp_date", "NULL", TAKEN)
written("58-other", "N/A in a column of dates", "tenancies", "nosp_date", "N/A", ASIDE, "D34")
for _n, _text in enumerate(("Null", "True", "Test", "Nan", "Na")):
    written("59" + ("", "-true", "-test", "-nan", "-na")[_n], "a surname like a word of programmers", PERSON, NAMES, _text, TAKEN, value=_text)  # fmt: skip
for _n, _text in enumerate(("O'Brien", "D’Arcy", "X", "Smith-Jones")):
    written("60" + ("", "-curly", "-single", "-hyphen")[_n], "a name with an apostrophe, hyphen or one letter", PERSON, NAMES, _text, TAKEN, value=_text)  # fmt: skip

# --- text that would do harm elsewhere ---
for _id, _title, _text in (
    ("61", "SQL in a name", "Robert'); DROP TABLE students;--"),
    ("62", "Jinja in a name", "{{ var('x') }}"),
    ("62-block", "a Jinja block in a name", "{% set x = 1 %}"),
    ("63", "a spreadsheet formula", "=cmd|' /C calc'!A0"),
    ("63-plus", "a formula that begins with a plus", "+1+1"),
    ("63-at", "a formula that begins with an at", "@SUM(A1)"),
    ("63-wide", "a formula with a wide equals sign", "＝1+1"),
    ("64", "a script", "<script>alert(1)</script>"),
    ("64-link", "a link", "[x](javascript:alert(1))"),
    ("70", "a smiling face", "🙂"),
    ("70-script", "a name in Chinese letters", "李"),
    ("70-arabic", "a name in Arabic letters", "محمد"),
    ("70-cyrillic", "a name in Cyrillic letters", "Анна"),
):
    written(_id, _title, PERSON, NAMES, _text, TAKEN, value=_text, note="text stays text; what we send out is quoted")
written("65", "a forged log line", PERSON, NAMES, "Ann\nINFO all is well", TAKEN, note="values are never logged")
written("65-ansi", "a terminal's escape", PERSON, NAMES, "Ann\x1b[31m", ASIDE, "D59")
written("66", "a Cyrillic letter in a Latin name", PERSON, NAMES, "Аnn", WARNED, "two-alphabets")
written("67", "an accent typed apart", PERSON, NAMES, "Zoe\u0308", TAKEN, value="Zoë")
written("68", "a blank without width", PERSON, NAMES, "A\u200bnn", WARNED, "widthless-marks", value="Ann")
written("68-soft", "a soft hyphen", PERSON, NAMES, "A\u00adnn", WARNED, "widthless-marks", value="Ann")
written("68-bidi", "marks that turn the reading direction", PERSON, NAMES, "A\u202enn", ASIDE, "turning-marks")
written("69", "control characters", "council_tax_accounts", "lead_liab_name", "QZX\x07, ANN", ASIDE, "D59")
written("71", "a field of three million letters", PERSON, NAMES, "x" * 3_000_000, REFUSED, "unclosed-quote")
bytewise(
    "72",
    "ten thousand columns",
    "properties",
    REFUSED,
    "D18",
    lambda data: b",".join(b"c%d" % i for i in range(10_000)) + b"\n",
)

# --- keys, parents, volume ---


@house("73", "the same row twice", "sundry_debts", ASIDE, "D30", note="one stays, the copy is told: specification D30")
def _(draft):
    draft["sundry_debts"].rows.append(dict(draft["sundry_debts"].rows[0]))


@house("74", "one key over different rows", "sundry_debts", ASIDE, "D32")
def _(draft):
    draft["sundry_debts"].rows.append(draft["sundry_debts"].rows[0] | {"stage": "HOLD"})


written("75", "a row without its parent", "council_tax_discounts", "account_ref", "99990000", ASIDE, "D31")


@house("76", "every row the same", "sundry_debts", REFUSED, "one-row-repeated")
def _(draft):
    rows = draft["sundry_debts"].rows
    rows[:] = [dict(rows[0]) for _ in rows]


@house("77", "a column blank on nine rows in ten", "tenancy_people", REFUSED, "D45")
def _(draft):
    rows = draft["tenancy_people"].rows
    for row in rows[: len(rows) * 9 // 10]:
        row["dob"] = None


@house("78", "ten times the rows", "sundry_debts", REFUSED, "D44")
def _(draft):
    rows = draft["sundry_debts"].rows
    rows += [row | {"account_no": f"SX{i:07d}"} for i, row in enumerate(rows * 9)]


@house("78-few", "a tenth of the rows", "sundry_debts", REFUSED, "D43")
def _(draft):
    del draft["sundry_debts"].rows[2:]


@house("79", "the whole history where news is due", "council_tax_transactions", TAKEN,
       note="rows received before take their own place: nothing doubles, superseded counts them")  # fmt: skip
def _(draft):
    seen = Draft("revenues", 2)["council_tax_transactions"].rows
    draft["council_tax_transactions"].rows[:0] = [dict(row) for row in seen]


@house("80", "another council's file", PERSON, REFUSED, None, note="every row names another authority")
def _(draft):
    for row in draft[PERSON].rows:
        row["la_code"] = "E06000033"


@house("80-source", "another source's manifest", "properties", "reject_delivery", "wrong-source")
def _(draft):
    draft.edits.append(lambda manifest: manifest.update(source="housing"))


@house("81", "another feed under this name", "council_tax_balances", REFUSED, "D17")
def _(draft):
    with_bytes(
        draft,
        "council_tax_balances",
        lambda data: draft._rendered("council_tax_accounts", draft["council_tax_accounts"]),
    )


@house("82", "last month's file under this month's name", "benefit_claims", REFUSED, "D12")
def _(draft):
    draft["benefit_claims"].rows = Draft("benefits", 2)["benefit_claims"].rows


@house("84", "another type in the last row only", "council_tax_transactions", ASIDE, "D37")
def _(draft):
    draft["council_tax_transactions"].rows[-1]["amount"] = "twelve"


written("85", "a code nobody agreed", PERSON, "reason_loss", "EVICT2", ASIDE, "D33")

# --- kinds, archives, folders ---
bytewise(
    "86",
    "a protected workbook",
    "vulnerability_register",
    REFUSED,
    "wrong-kind",
    lambda data: b"\xd0\xcf\x11\xe0" + data,
)


def locked(data: bytes) -> bytes:
    return re.sub(rb"(PK\x01\x02.{4})(.)", lambda m: m.group(1) + bytes([m.group(2)[0] | 1]), data, flags=re.S)


bytewise("86-zip", "an archive under a password", "rent_transactions", REFUSED, "archive-locked", locked)
bytewise("87", "gzip under a csv name", "properties", REFUSED, "wrong-kind", lambda data: gzip.compress(data, mtime=0))
bytewise("88", "an archive under a csv name", "properties", REFUSED, "wrong-kind", lambda data: zipped({"a.csv": data}))
bytewise("89", "a web page under a csv name", "properties", REFUSED, "wrong-kind",
         lambda data: b"<html><title>503 Service Unavailable</title></html>")  # fmt: skip
bytewise("90", "an archive cut off", "rent_transactions", REFUSED, "D41", lambda data: data[:-30])
bytewise(
    "90-sum",
    "an archive with a wrong checksum",
    "rent_transactions",
    REFUSED,
    "D41",
    lambda data: data[:60] + bytes(40) + data[100:],
)
bytewise(
    "91", "an archive bomb", "rent_transactions", REFUSED, "archive-bomb", lambda data: zipped({ZIP: bytes(30_000_000)})
)
bytewise(
    "92",
    "a path out of the archive",
    "rent_transactions",
    REFUSED,
    "archive-path",
    lambda data: zipped({"../../etc/cron.d/x": b"x"}),
)
bytewise(
    "92-root",
    "an absolute path in the archive",
    "rent_transactions",
    REFUSED,
    "archive-path",
    lambda data: zipped({"/etc/passwd": b"x"}),
)
bytewise(
    "93",
    "two files in the archive",
    "rent_transactions",
    REFUSED,
    "D42",
    lambda data: zipped({ZIP: b"a\n", "other.csv": b"b\n"}),
)
bytewise(
    "93-name",
    "another file in the archive",
    "rent_transactions",
    REFUSED,
    "archive-member",
    lambda data: zipped({"other.csv": b"x"}),
)


def _linked(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        member = zipfile.ZipInfo(ZIP)
        member.external_attr = 0o120777 << 16
        made.writestr(member, "/etc/passwd")
    return stream.getvalue()


bytewise("93-link", "a link in the archive", "rent_transactions", REFUSED, "archive-member", _linked)


@in_folder("94", "a symbolic link", "properties", REFUSED, "not-a-file")
def _(folder):
    path = folder / "PROPERTIES_20261031.csv"
    path.rename(folder.parent / "elsewhere.csv")
    path.symlink_to(folder.parent / "elsewhere.csv")


@in_folder("94-pipe", "a pipe", "properties", REFUSED, "not-a-file")
def _(folder):
    (folder / "PROPERTIES_20261031.csv").unlink()
    os.mkfifo(folder / "PROPERTIES_20261031.csv")


@in_folder("95", "a hard link", "properties", REFUSED, "not-a-file")
def _(folder):
    os.link(folder / "PROPERTIES_20261031.csv", folder.parent / "second-name.csv")


for _n, _name in enumerate(("a;rm -rf ~.csv", "-leading.csv", "new\nline.csv", "$(id).csv", "x" * 200)):

    @house(f"96{('', '-dash', '-line', '-shell', '-long')[_n]}", "a hostile file name", "properties", WARNED, "unusable-name",
           note="left unread and unnamed; the agreed files are loaded")  # fmt: skip
    def _(draft, name=_name):
        draft.strangers[name] = b"x"


@house("97", "the same name in other case", "properties", WARNED, "D02", note="a stranger, left unread")
def _(draft):
    draft.strangers["properties_20261031.csv"] = b"x"


@house("100", "no manifest", "properties", "reject_delivery", "D10")
def _(draft):
    draft.has_manifest = False


@house("100-sum", "another checksum", "properties", REFUSED, "D03")
def _(draft):
    with_bytes(draft, "properties", lambda data: data.replace(b"GRAYS", b"GREYS", 1), sealed=False)


@house(
    "101", "a pattern for a file name", "properties", REFUSED, "D01", note="names are compared, never opened by pattern"
)
def _(draft):
    draft.edits.append(lambda manifest: manifest["files"][0].update(file="*.csv"))


bytewise(
    "102",
    "a workbook with macros",
    "benefit_overpayments",
    REFUSED,
    "macros",
    lambda data: zipped({"xl/vbaProject.bin": b"x"}),
)


@house("102-sheet", "another sheet", "vulnerability_register", REFUSED, "D28")
def _(draft):
    draft["vulnerability_register"].sheet_name = "Hidden"


@house("103", "a manifest of great depth", "properties", "reject_delivery", "D64")
def _(draft):
    draft.manifest_bytes = lambda content: b"[" * 100_000


bytewise("103-xml", "a workbook whose parts are no workbook's", "benefit_overpayments", REFUSED, "D41",
         lambda data: zipped({"xl/workbook.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>" + b"&b;" * 1000 + b"</a>"}))  # fmt: skip
bytewise("104", "a column store file under a csv name", "properties", REFUSED, None, lambda data: b"PAR1" + bytes(400) + b"PAR1",
         "no agreed form is one; parsing runs in a child without keys, held to memory and time")  # fmt: skip


@house("105", "victims and perpetrators swapped", "asb_parties", REFUSED, "roles-swapped")
def _(draft):
    other = {"VICTIM": "ALLEGED_PERPETRATOR", "ALLEGED_PERPETRATOR": "VICTIM"}
    for row in draft["asb_parties"].rows:
        row["party_role"] = other.get(row["party_role"], row["party_role"])


@house("105-spelt", "a role spelt another way", "asb_parties", REFUSED, "D56")
def _(draft):
    for row in draft["asb_parties"].rows:
        row["party_role"] = row["party_role"].replace("ALLEGED_", "")


house("107", "people who must not be here", "asb_parties", TAKEN, "R1", note="discarded unread and counted")(
    lambda draft: None
)
house("108", "free text that names people", PERSON, TAKEN, value=("assessor_notes", None),
      note="columns never loaded are gone before anything is written")(lambda draft: None)  # fmt: skip

ELSEWHERE = (
    Elsewhere("42", "a child with a council tax debt", "council tax has no birth dates: only linking can see it (tests/identity/test_linking.py)"),
    Elsewhere("46", "a national insurance number of wrong shape", "kept as sent: a number that is nobody's matches nobody, and a row must not be lost over it (tests/intake/test_identifiers.py)"),
    Elsewhere("48", "a temporary or example number", "as 46; every number in the agreed test data begins with QQ"),
    Elsewhere("49", "one number for many people", "only linking sees more than one feed (tests/identity/test_linking.py)"),
    Elsewhere("52", "an address number shared by hundreds", "a block, not a household: linking's business (tests/identity/test_linking.py)"),
    Elsewhere("83", "test data in a real delivery", "everyone in the agreed data is made up; a real council adds its own words to the contract's codes"),
    Elsewhere("98", "a file that is still growing", "needs a writer at work: tests/intake/test_landing.py"),
    Elsewhere("99", "a file that may not be read", "needs another account: tests/intake/test_landing.py"),
    Elsewhere("106", "a refuge or a hidden address", "not a fault: never shown by the services (tests/services, tests/privacy)"),
)  # fmt: skip
TITLES = {int(re.match(r"\d+", case.id)[0]): case.title for case in (*reversed(CASES), *ELSEWHERE)}
SOURCE = {contract.feed: contract.source for contract in HOUSE.feeds}
