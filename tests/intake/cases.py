"""The 68 broken deliveries of the feed specification, section 7, each as one change to a good small delivery.

Written from the specification's words. A case says what the receiver must answer for the file at fault, how many rows
are touched, and which rule must be named. `python -m tests.intake.run_cases` prints expected and got.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tests.intake.deliveries import MONTHS, Draft, account, claim, pence, postcode, zipped

Spoil = Callable[[Draft], None]


@dataclass(frozen=True)
class Case:
    """One broken delivery: `outcome` for `feed`, `rows` touched (None: not told), `rule` that must be named."""

    id: str
    title: str
    source: str
    feed: str
    outcome: str
    spoil: Spoil
    rows: int | None = None
    rule: str | None = None
    month: int = 3
    number: int | None = None
    before: Spoil | None = None

    @property
    def named(self) -> str:
        return self.rule or self.id[:3]


CASES: list[Case] = []


def case(id: str, title: str, feed: str, outcome: str, rows: int | None = None, rule: str | None = None, **more):
    """Register a change to a good delivery as a case; the source is the feed's."""
    from tests.intake.deliveries import HOUSE

    def register(spoil: Spoil) -> Spoil:
        named = None if rule == "-" else rule or id[:3]
        CASES.append(Case(id, title, HOUSE.feed(feed).source, feed, outcome, spoil, rows, named, **more))
        return spoil

    return register


def lines_of(feed: str, change: Callable[[list[list[str]]], list[list[str]]]) -> Spoil:
    def spoil(draft: Draft) -> None:
        draft[feed].lines = change

    return spoil


def with_bytes(draft: Draft, feed: str, change: Callable[[bytes], bytes], sealed: bool = True) -> None:
    draft[feed].spoil.append(change)
    draft[feed].sealed = sealed


# --- manifest and presence ---


@case("D01", "A file named in the manifest is missing", "council_tax_balances", "reject_file")
def _(draft):
    draft["council_tax_balances"].is_sent = False


@case("D02", "A file is there which the manifest does not name", "benefit_claims", "accept_with_warning")
def _(draft):
    draft.strangers["BENEFIT_EXTRA_20261031.csv"] = b"who,knows\n1,2\n"


@case("D03", "The file does not match its sha256", "tenancies", "reject_file")
def _(draft):
    with_bytes(draft, "tenancies", lambda data: data.replace(b",SEC,", b",INT,", 1), sealed=False)


@case("D04", "The file is cut off after 70 %", "council_tax_transactions", "reject_file")
def _(draft):
    with_bytes(draft, "council_tax_transactions", lambda data: data[: len(data) * 7 // 10], sealed=False)


@case("D04-sealed", "Cut off before the manifest was made", "council_tax_transactions", "reject_file", rule="D07")
def _(draft):
    with_bytes(draft, "council_tax_transactions", lambda data: data[: len(data) * 7 // 10])


@case("D05", "The file has no bytes", "asb_incidents", "reject_file")
def _(draft):
    with_bytes(draft, "asb_incidents", lambda data: b"")


@case("D06", "Header but no rows, manifest says 0", "homelessness_cases", "reject_file")
def _(draft):
    draft["homelessness_cases"].rows.clear()


@case("D07", "The trailer is missing", "council_tax_accounts", "reject_file")
def _(draft):
    with_bytes(draft, "council_tax_accounts", lambda data: re.sub(rb"TRL\|.*\r\n$", b"", data))


@case("D08", "The trailer's row count is wrong", "benefit_awards", "reject_file")
def _(draft):
    with_bytes(draft, "benefit_awards", lambda data: re.sub(rb'"TOTAL","(\d+)"', b'"TOTAL","99"', data))


@case("D08-manifest", "The manifest's row count is wrong", "benefit_awards", "reject_file", rule="D08")
def _(draft):
    draft["benefit_awards"].counted_rows = 99


@case("D09", "The control total is not the sum of the rows", "council_tax_balances", "reject_file")
def _(draft):
    right = draft.control(draft["council_tax_balances"])["value"]
    wrong = f"{float(right) + 10:.2f}"
    with_bytes(
        draft, "council_tax_balances", lambda data: data.replace(f"|{right}\r\n".encode(), f"|{wrong}\r\n".encode())
    )

    def edit(manifest):
        for entry in manifest["files"]:
            if entry["feed"] == "council_tax_balances":
                entry["control"]["value"] = wrong

    draft.edits.append(edit)


@case("D10", "There is no manifest", "tenancies", "reject_delivery")
def _(draft):
    draft.has_manifest = False


@case("D11", "The manifest's extract date differs from the file names", "deaths", "reject_delivery")
def _(draft):
    draft.claimed_day = date(2026, 10, 30)


@case("D12", "Last month's content under this month's name", "benefit_claims", "reject_file")
def _(draft):
    draft["benefit_claims"].rows = Draft("benefits", 2)["benefit_claims"].rows


@case("D12-shuffled", "Last month's rows in another order", "benefit_claims", "reject_file", rule="D12")
def _(draft):
    draft["benefit_claims"].rows = Draft("benefits", 2)["benefit_claims"].rows[::-1]


@case("D12-older", "The content of two months ago under this month's name", "benefit_claims", "reject_file", rule="D12")
def _(draft):
    draft["benefit_claims"].rows = Draft("benefits", 1)["benefit_claims"].rows


@case(
    "D13", "A delivery older than the last one accepted", "council_tax_accounts", "reject_delivery", month=1, number=7
)
def _(draft):
    pass


# --- structure ---


@case("D14", "An unknown column is added at the end", "asb_parties", "reject_file")
def _(draft):
    draft["asb_parties"].header.append("religion")


@case("D15", "A column is missing", "benefit_members", "reject_file")
def _(draft):
    draft["benefit_members"].header.remove("relation")


@case("D16", "Same columns in another order", "tenancy_people", "accept_with_warning")
def _(draft):
    header = draft["tenancy_people"].header
    header[0], header[4] = header[4], header[0]


@case("D17", "A column is renamed", "debt_respite_notices", "reject_file")
def _(draft):
    header = draft["debt_respite_notices"].header
    header[header.index("surname")] = "family_name"
    for row in draft["debt_respite_notices"].rows:
        row["family_name"] = row["surname"]


@case("D18", "There is no header", "deaths", "reject_file")
def _(draft):
    draft["deaths"].lines = lambda lines: lines[1:]


@case("D19", "Commas instead of pipes", "council_tax_recovery", "reject_file")
def _(draft):
    draft["council_tax_recovery"].delimiter = ","


@case("D20", "UTF-16 instead of the agreed encoding", "sundry_debts", "reject_file")
def _(draft):
    with_bytes(draft, "sundry_debts", lambda data: data.decode("cp1252").encode("utf-16"))


@case("D20-unmarked", "UTF-16 without a mark", "sundry_debts", "reject_file", rule="D20")
def _(draft):
    with_bytes(draft, "sundry_debts", lambda data: data.decode("cp1252").encode("utf-16-le"))


@case("D21", "Bytes which are not UTF-8", "homelessness_cases", "reject_file")
def _(draft):
    with_bytes(draft, "homelessness_cases", lambda data: data.replace(b"Ann", b"Zo\xeb", 1))


@case("D22", "A byte order mark where none is agreed", "properties", "accept", rule="-")
def _(draft):
    with_bytes(draft, "properties", lambda data: b"\xef\xbb\xbf" + data)


@case("D23", "Other line ends than agreed", "council_tax_discounts", "accept_with_warning")
def _(draft):
    with_bytes(draft, "council_tax_discounts", lambda data: data.replace(b"\r\n", b"\n"))


@case("D24", "The header comes again in the middle", "tenancies", "accept_with_warning", rows=3)
def _(draft):
    draft["tenancies"].lines = lambda lines: (
        lines[:4] + lines[:1] + lines[4:8] + lines[:1] + lines[8:10] + lines[:1] + lines[10:]
    )


@case("D25", "A row is broken in two by a line break", "sundry_debts", "reject_file")
def _(draft):
    with_bytes(draft, "sundry_debts", lambda data: data.replace(b"GARAGE|MS", b"GARAGE|\r\nMS", 1))


@case("D25-feed", "A row is broken in two by a bare line feed", "sundry_debts", "reject_file", rule="D25")
def _(draft):
    with_bytes(draft, "sundry_debts", lambda data: data.replace(b"GARAGE|MS ANN", b"GARAGE|MS \nANN", 1))


@case("D26", "A stray separator gives a row one field too many", "council_tax_accounts", "quarantine_rows", rows=1)
def _(draft):
    draft["council_tax_accounts"].rows[4]["lead_liab_name"] += "| MISS"


@case("D27", "Fixed-width records of the wrong length", "arrears_actions", "quarantine_rows", rows=2)
def _(draft):
    def shorten(data: bytes) -> bytes:
        lines = data.split(b"\r\n")
        return b"\r\n".join([*lines[:2], lines[2][:80], lines[3] + b"  ", *lines[4:]])

    with_bytes(draft, "arrears_actions", shorten)


@case("D28", "The worksheet has another name", "vulnerability_register", "reject_file")
def _(draft):
    draft["vulnerability_register"].sheet_name = "Register (2)"


@case("D29", "The header row of the sheet has moved", "benefit_overpayments", "reject_file")
def _(draft):
    draft["benefit_overpayments"].header_row = 6


# --- rows ---


@case("D30", "Exact duplicate rows", "tenancy_people", "quarantine_rows", rows=5)
def _(draft):
    draft["tenancy_people"].rows += [dict(row) for row in draft["tenancy_people"].rows[:5]]


@case("D31", "Rows whose parent does not exist", "council_tax_balances", "quarantine_rows", rows=4)
def _(draft):
    rows = draft["council_tax_balances"].rows
    rows += [rows[i] | {"account_ref": f"9999000{i}"} for i in range(4)]


@case("D32", "One key, two different rows", "council_tax_accounts", "quarantine_rows", rows=2)
def _(draft):
    rows = draft["council_tax_accounts"].rows
    rows.append(rows[3] | {"paymeth_code": "CASH"})


@case("D33", "A code outside the list", "homelessness_cases", "quarantine_rows", rows=2)
def _(draft):
    for row in draft["homelessness_cases"].rows[2:4]:
        row["reason_loss"] = "EVICT"


@case("D34", "A date which does not exist", "benefit_awards", "quarantine_rows", rows=2)
def _(draft):
    draft["benefit_awards"].rows[1]["from_date"] = "2024-02-30"
    draft["benefit_awards"].rows[2]["to_date"] = "2025-13-01"


@case("D35", "Birth dates in the future or before 1900", "data_objections", "blank_value", rows=2)
def _(draft):
    draft["data_objections"].rows[0]["dob"] = "01/01/2031"
    draft["data_objections"].rows[1]["dob"] = "24/09/1861"


@case("D36", "Ends before it starts", "council_tax_occupations", "quarantine_rows", rows=2)
def _(draft):
    for row in draft["council_tax_occupations"].rows[5:7]:
        row["vacation_date"] = date(2019, 1, 1)


@case("D37", "Money with a pound sign and thousands separator", "council_tax_transactions", "quarantine_rows", rows=2)
def _(draft):
    for row in draft["council_tax_transactions"].rows[:2]:
        row["amount"] = f"£{row['amount'] / 100:,.2f}"


@case("D38", "Dates turned to month/day/year", "tenancies", "reject_file")
def _(draft):
    with_bytes(draft, "tenancies", lambda data: re.sub(rb"(\d\d)/(\d\d)/(\d{4})", rb"\2/\1/\3", data))


@case("D39", "Another open-end date than agreed", "council_tax_occupations", "reject_file")
def _(draft):
    with_bytes(draft, "council_tax_occupations", lambda data: data.replace(b"31/12/2099", b"31/12/9999"))


@case("D40", "Postcodes in lower case without space", "benefit_claims", "accept", rule="-")
def _(draft):
    for row in draft["benefit_claims"].rows[:6]:
        row["postcode"] = row["postcode"].replace(" ", "").lower()


@case("D41", "The zip is damaged", "rent_transactions", "reject_file")
def _(draft):
    with_bytes(draft, "rent_transactions", lambda data: data[:60] + bytes(40) + data[100:])


@case("D41-tail", "The end of the zip is lost", "rent_transactions", "reject_file", rule="D41")
def _(draft):
    with_bytes(draft, "rent_transactions", lambda data: data[:-30])


@case("D42", "The zip holds two files", "rent_transactions", "reject_file")
def _(draft):
    stem = "RENT_TRANSACTIONS_20261031"
    with_bytes(draft, "rent_transactions", lambda data: zipped({f"{stem}.csv": b"a\n", "other.csv": b"b\n"}))


# --- comparison, ties and safe sides ---


@case("D43", "Well-formed, but 60 % of the rows are gone", "council_tax_accounts", "reject_file")
def _(draft):
    rows = draft["council_tax_accounts"].rows
    del rows[len(rows) * 2 // 5 :]


@case("D44", "Well-formed, but three times the rows under new keys", "sundry_debts", "reject_file")
def _(draft):
    rows = draft["sundry_debts"].rows
    rows += [row | {"account_no": f"SX{i:07d}"} for i, row in enumerate([*rows, *rows])]


@case("D45", "Birth date blank on most rows", "tenancy_people", "reject_file")
def _(draft):
    rows = draft["tenancy_people"].rows
    for row in rows[: len(rows) * 7 // 10]:
        row["dob"] = None


@case("D46", "Amounts in pence instead of pounds", "council_tax_balances", "reject_file")
def _(draft):
    for row in draft["council_tax_balances"].rows:
        for column in (
            "gross_debit",
            "discounts",
            "ctr",
            "payments",
            "refunds",
            "costs",
            "write_off",
            "adjustments",
            "balance",
        ):
            row[column] *= 100


@case("D47", "Three balances do not tie to their transactions", "council_tax_balances", "quarantine_rows", rows=3)
def _(draft):
    for row in draft["council_tax_balances"].rows[3:6]:
        row["gross_debit"] += 1234
        row["balance"] += 1234


@case("D48", "Account numbers mangled by a spreadsheet", "council_tax_parties", "reject_file")
def _(draft):
    for i, row in enumerate(draft["council_tax_parties"].rows):
        row["account_ref"] = f"{int(row['account_ref']):.2E}" if i % 7 == 0 else row["account_ref"].lstrip("0")


@case("D48-zeros", "Leading zeros gone, nothing else", "council_tax_parties", "reject_file", rule="D48")
def _(draft):
    for row in draft["council_tax_parties"].rows:
        row["account_ref"] = row["account_ref"].lstrip("0")


@case("D49", "Events dated after the extract", "council_tax_recovery", "quarantine_rows", rows=2)
def _(draft):
    for row in draft["council_tax_recovery"].rows[:2]:
        row["stage_date"] = date(2026, 11, 3)


@case("D50", "A column to be dropped comes back under a new name", "benefit_claims", "reject_file")
def _(draft):
    header = draft["benefit_claims"].header
    header[header.index("risk_score")] = "priority_index"


@case("D51", "Free text in a coded column", "asb_incidents", "quarantine_rows", rows=1)
def _(draft):
    draft["asb_incidents"].rows[2]["asb_type"] = "shouted at Qzxbourne at no 12"


@case("D52", "A liability order without a summons", "council_tax_recovery", "quarantine_rows", rows=2)
def _(draft):
    for row in [row for row in draft["council_tax_recovery"].rows if row["stage"] == "REM2"][:2]:
        row["stage"] = "LO"


@case("D53", "A standard moratorium with no end date", "debt_respite_notices", "accept_with_warning", rows=1)
def _(draft):
    draft["debt_respite_notices"].rows[0]["end_date"] = None


@case("D54", "A moratorium which ends before it starts", "debt_respite_notices", "accept_with_warning", rows=1)
def _(draft):
    draft["debt_respite_notices"].rows[0]["end_date"] = date(2026, 7, 1)


@case("D55", "The objections file is missing", "data_objections", "reject_delivery")
def _(draft):
    draft["data_objections"].is_sent = False


@case("D55-unnamed", "The objections are not even in the manifest", "data_objections", "reject_delivery", rule="D55")
def _(draft):
    draft["data_objections"].is_sent = draft["data_objections"].in_manifest = False


@case("D56", "The perpetrator role is spelt another way", "asb_parties", "reject_file")
def _(draft):
    for row in draft["asb_parties"].rows:
        if row["party_role"] == "ALLEGED_PERPETRATOR":
            row["party_role"] = "PERPETRATOR"


@case("D56-blank", "A role is blank", "asb_parties", "reject_file", rule="D56")
def _(draft):
    draft["asb_parties"].rows[1]["party_role"] = None


@case("D57", "A spreadsheet formula as a name", "council_tax_parties", "accept", rule="-")
def _(draft):
    draft["council_tax_parties"].rows[2]["party_name"] = "=HYPERLINK(A1), ANN"


@case("D58", "A field far over its length", "benefit_members", "quarantine_rows", rows=1)
def _(draft):
    draft["benefit_members"].rows[3]["surname"] = "Qzx" * 60


@case("D59", "Control characters in a field", "council_tax_accounts", "quarantine_rows", rows=1)
def _(draft):
    draft["council_tax_accounts"].rows[3]["lead_liab_name"] = "QZXNAME\x07, ANN"


@case(
    "D60",
    "A corrected second delivery for the same date",
    "benefit_awards",
    "accept",
    rule="-",
    number=4,
    before=lambda draft: None,
)
def _(draft):
    draft["benefit_awards"].rows[0]["weekly_amount"] += 100


@case("D61", "A no-fault notice dated after 1 May 2026", "homelessness_cases", "accept_with_warning", rows=1)
def _(draft):
    draft["homelessness_cases"].rows[1] |= {
        "notice_type": "S21",
        "notice_date": date(2026, 6, 3),
        "notice_expiry": date(2026, 8, 4),
    }


@case("D62", "A duty which starts before the application", "homelessness_cases", "quarantine_rows", rows=1)
def _(draft):
    draft["homelessness_cases"].rows[1]["prevention_start"] = date(2026, 2, 1)


@case("D63", "Ward codes of the new map", "properties", "accept_with_warning")
def _(draft):
    for row in draft["properties"].rows:
        row |= {"ward_code": "E05020001", "ward_basis_to": "2099-12-31"}


@case("D63-code", "Ward codes of the new map under the old basis date", "properties", "accept_with_warning", rule="D63")
def _(draft):
    for row in draft["properties"].rows:
        row["ward_code"] = "E05020001"


@case("D64", "The manifest is not valid JSON", "asb_incidents", "reject_delivery")
def _(draft):
    draft.manifest_bytes = lambda content: content[: len(content) // 2]


@case("D65", "A deceased person's death is taken back", "deaths", "accept", rule="-")
def _(draft):
    earlier = Draft("corporate", 2)["deaths"].rows[0]
    draft["deaths"].rows.append(earlier | {"withdrawn_ind": "Y"})


@case("D66", "A fraud-class overpayment row without its class", "benefit_overpayments", "quarantine_rows", rows=1)
def _(draft):
    draft["benefit_overpayments"].rows[2]["class"] = None


@case("D67", "Last month's police file again", "street_crime", "reject_file")
def _(draft):
    draft["street_crime"].rows = Draft("open_data", 2)["street_crime"].rows


@case("D68", "Identical police ASB rows", "street_crime", "accept", rule="-")
def _(draft):
    rows = draft["street_crime"].rows
    rows += [dict(rows[0]) for _ in range(4)]


__all__ = ["CASES", "MONTHS", "Case", "account", "case", "claim", "pence", "postcode"]
