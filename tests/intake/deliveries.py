"""A very small council that writes good deliveries in every agreed form, for tests to spoil in one way each.

Values are typed (dates, whole pence, None); texts are written as they are, which is how a test puts a bad one in.
Every name and address holds MARK, so that a test can look for leaked values.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fairview.contracts.catalogue import catalogue
from fairview.contracts.feed import Column, FeedContract

MARK = "Qzx"
MONTHS = {1: date(2026, 8, 31), 2: date(2026, 9, 30), 3: date(2026, 10, 31), 4: date(2026, 11, 30)}
OPEN = object()  # the source's open-ended date
HOUSE = catalogue()
WARD, LSOA = "E05000001", "E01000001"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def month_begin(month: int) -> date:
    return MONTHS[month].replace(day=1)


# --- what the council knows --------------------------------------------------------------------------------------


def account(i: int) -> str:
    return f"{1000003 + 37 * i:08d}"


def uprn(i: int) -> str:
    return f"9997000{i:05d}"


def postcode(i: int) -> str:
    return f"RM1{5 + i % 5} {i % 10}C{'OKMIV'[i % 5]}"


def _accounts(month: int) -> range:
    return range(24 + month)


def _claims(month: int) -> range:
    return range(12 + month)


def _tenancies(month: int) -> range:
    return range(12 + month)


def _gross(i: int) -> int:
    return 100_000 + 100 * i


def _paid(i: int, month: int) -> int:
    """Paid since the brought-forward row, by the end of a month."""
    return sum(2_000 + i for m in range(1, month + 1) if i in _accounts(m))


def council_tax_accounts(month):
    for i in _accounts(month):
        yield {
            "account_ref": account(i), "account_cd": "K", "property_ref": f"9000{i:06d}", "lead_liab_title": "MR",
            "lead_liab_name": f"{MARK.upper()}NAME{i}, ANN", "lead_liab_pos": 4, "paymeth_code": "DDM",
            "account_status": "L", "liability_start": date(2020, 4, 1), "liability_end": OPEN, "employee_ind": "N",
            "notes": f"{MARK} never to be kept", "risk_segment": "SEGA", "last_updated": MONTHS[month],
        }  # fmt: skip


def council_tax_parties(month):
    for i in _accounts(month):
        yield {
            "account_ref": account(i), "party_seq": 1, "party_title": "MR", "party_name": f"{MARK.upper()}NAME{i}, ANN",
            "liab_pos": 4, "from_date": date(2020, 4, 1), "to_date": OPEN,
        }  # fmt: skip


def council_tax_properties(month):
    for i in _accounts(month):
        yield {
            "property_ref": f"9000{i:06d}", "addr1": f"{i} {MARK.upper()} ROAD", "addr3": "GRAYS", "postcode": postcode(i),
            "uprn": uprn(i), "band_010493": "C", "wardcode": WARD, "no_beds": 3, "council_ha_ind": "N", "rented_prop": "N",
            "deleted_ind": "N",
        }  # fmt: skip


def council_tax_occupations(month):
    for i in _accounts(month):
        yield {
            "account_ref": account(i), "property_ref": f"9000{i:06d}", "occupation_date": date(2020, 4, 1),
            "vacation_date": OPEN, "live_ind": "Y", "transit_ind": "N",
        }  # fmt: skip


def council_tax_balances(month):
    for i in _accounts(month):
        paid = _paid(i, month)
        yield {
            "account_ref": account(i), "fy": 2026, "gross_debit": _gross(i), "discounts": 0, "ctr": 0, "payments": paid,
            "refunds": 0, "costs": 0, "write_off": 0, "adjustments": 0, "balance": _gross(i) - paid, "overdue": 0,
            "instalments_due": 5, "instalments_paid": month, "right_to_instalments_lost": "N",
        }  # fmt: skip


def council_tax_transactions(month):
    rows = []
    first = [i for i in _accounts(month) if month == 1 or i not in _accounts(month - 1)]
    rows += [(i, month_begin(month), "BFD" if month == 1 else "DEB", _gross(i)) for i in first]
    rows += [(i, MONTHS[month] - timedelta(days=3), "PAY", -(2_000 + i)) for i in _accounts(month)]
    for number, (i, day, kind, amount) in enumerate(rows):
        yield {
            "txn_id": f"{month:04d}{number:08d}", "account_ref": account(i), "fy": 2026, "txn_date": day,
            "posted_date": day, "txn_type": kind, "amount": amount, "method": "DDM" if kind == "PAY" else None,
        }  # fmt: skip


def council_tax_recovery(month):
    stages = {1: ["BILL", "REM1", "SUMM", "LO"], 2: ["BILL", "REM1", "REM2"], 3: ["BILL", "REM1", "REM2"]}
    number = 0
    for i in range(6):
        for step, stage in enumerate(stages.get(month, ["BILL"])):
            number += 1
            yield {
                "recovery_id": f"{month:04d}{number:06d}", "account_ref": account(i if month == 1 else 12 + i),
                "fy": 2026, "stage": stage, "stage_date": month_begin(month) + timedelta(days=6 * step),
                "amount_at_stage": 5_000 + i, "costs": 0, "reversed_ind": "N",
            }  # fmt: skip


def council_tax_discounts(month):
    for i in range(10 + month):
        yield {
            "account_ref": account(i), "disc_code": "SPD25", "start_date": date(2022, 1, 1), "end_date": OPEN, "pct": 25,
        }  # fmt: skip


def claim(i: int) -> str:
    return f"{30011 + i:08d}"


def benefit_claims(month):
    for i in _claims(month):
        yield {
            "claim_id": claim(i), "check_digit": "5", "ctax_ref": account(i) + "K", "rent_ref": f"00{i:010d}",
            "nino": f"QQ{100000 + i}A", "status": "A", "application_date": date(2024, 5, 1), "addr1": f"{i} {MARK} Road",
            "postcode": postcode(i), "uprn": uprn(i), "unsafe_addr_ind": "N", "risk_score": 411,
            "potentially_violent": "N", "ethnic_id": "1", "email": f"{MARK.lower()}{i}@example.org",
            "case_notes": f'{MARK} said "yes",\nthen no' if i % 3 == 0 else None,
        }  # fmt: skip


def benefit_members(month):
    for i in _claims(month):
        for person in (1, 2):
            yield {
                "claim_id": claim(i), "member_seq": person, "person_ref": f"009{i:03d}{person:02d}",
                "relation": "CP"[person - 1], "title": "MS", "forename": "Łucja", "surname": f"{MARK}ska{i}",
                "birth_date": datetime(1980 + person, 5, 17), "gender": "2", "from_date": date(2024, 5, 1),
                "to_date": OPEN, "disable_ind": "N", "carer_ind": "N", "student_ind": "N",
                "severely_mentally_impaired_ind": "N", "sanction_ind": "N",
            }  # fmt: skip


def benefit_awards(month):
    for i in _claims(month):
        yield {
            "award_id": f"{7000000 + i:010d}", "claim_id": claim(i), "award_type": "CTR", "from_date": date(2024, 5, 1),
            "to_date": OPEN, "weekly_amount": 2_000 + i, "passport_ind": "N", "suspended_ind": "N",
        }  # fmt: skip


def benefit_overpayments(month):
    for i in range(8 + month):
        yield {
            "invoice_no": f"OP{i:07d}", "claim_ref": f"{claim(i)}/5", "debtor_name": f"MR A {MARK.upper()}{i}",
            "class": "FRD" if i == 2 else "CLM", "created": date(2025, 3, 2), "original": 50_000,
            "balance": 40_000 + i - 100 * month, "recovery_route": "INV", "stage": "NEW", "last_paid": MONTHS[month],
        }  # fmt: skip


def tag(i: int) -> str:
    return f"{1000 + i:06d}/01"


def tenancies(month):
    for i in _tenancies(month):
        yield {
            "tag_ref": tag(i), "prop_ref": f"LA{i:09d}", "house_ref": f"{5000 + i:09d}", "payref": f"00{i:010d}",
            "tenure": "SEC", "cot": date(2019, 11, 24), "eot": OPEN if i % 2 else None, "rent": 11_820, "service": 0,
            "other_charge": 0, "cur_bal": _owed(i, month), "nosp": "N", "uc_flag": "N", "hb_flag": "N", "no_beds": 2,
            "addr1": f"{i} {MARK} Close", "postcode": postcode(i), "uprn": uprn(i), "asbo_issued": "N",
            "pot_violent": "N",
        }  # fmt: skip


def _owed(i: int, month: int) -> int:
    return sum(500 + i for m in range(1, month + 1) if i in _tenancies(m))


def tenancy_people(month):
    for i in _tenancies(month):
        for person in (1, 2):
            yield {
                "house_ref": f"{5000 + i:09d}", "person_no": person, "title": "MRS", "forename": f"Zoë{person}",
                "surname": f"{MARK}son", "dob": date(1970 + person, 2, 13 + i % 12), "responsible": "YN"[person - 1],
                "relationship": "TEN", "from_date": date(2019, 11, 24), "to_date": OPEN, "crim_rec": "N",
                "mem_notes": f"{MARK} note",
            }  # fmt: skip


def rent_transactions(month):
    number = 0
    for i in _tenancies(month):
        for kind, amount in (("RNT", 11_820 + i), ("PAY", -11_320)):
            number += 1
            yield {
                "txn_ref": f"{month:04d}{number:08d}", "tag_ref": tag(i), "post_date": _midnight(month_begin(month)),
                "post_year": 2026, "post_prdno": 20 + month, "trans_type": kind, "real_value": amount,
            }  # fmt: skip


def arrears_actions(month):
    for i in range(8):
        yield {
            "tag_ref": tag(i), "action_no": month, "action_code": "FRA1", "action_date": month_begin(month),
            "balance": -500 - i if i % 2 else 500 + i, "next_action_date": None if i % 2 else MONTHS[month],
            "comment": f"{MARK} comment",
        }  # fmt: skip


def homelessness_cases(month):
    for i in range(9 + month):
        yield {
            "case_ref": f"HL2600{i:04d}", "application_date": date(2026, 3, 2), "la_code": "E06000034",
            "forename": "Ann", "surname": f"{MARK}ley", "dob": date(1990, 1, 2), "last_addr1": f"Flat {i}, {MARK} Court",
            "last_postcode": "ZZ99 3VZ", "household_type": "SNG", "dependants": 0, "initial_assessment": "PREV",
            "notice_type": "NONE", "reason_loss": "FAM", "support_needs": "MH;PHYS", "prevention_start": date(2026, 3, 4),
            "php_issued": date(2026, 3, 4), "case_status": "OPEN", "ethnic_group": "1",
            "assessor_notes": f"{MARK}, line one\nline two" if i % 2 else None,
        }  # fmt: skip


def asb_incidents(month):
    for i in range(14 if month == 1 else 5):
        day = month_begin(month) + timedelta(days=i)
        yield {
            "incident_ref": f"ASB{month}{i:07d}", "reported_at": datetime(day.year, day.month, day.day, 14, 5),
            "occurred_from": datetime(day.year, day.month, day.day, 9, 0), "source": "HSG", "asb_group": "PER",
            "asb_type": "VERB", "hate_ind": "N", "incident_uprn": uprn(i), "location_text": f"{MARK} near no 12",
            "ward_code": WARD, "vulnerability_disclosed": "N", "case_review_requested": "N", "withdrawn_ind": "N",
            "narrative": f"{MARK} said",
        }  # fmt: skip


def asb_parties(month):
    roles = ("VICTIM", "COMPLAINANT", "ALLEGED_PERPETRATOR", "WITNESS")
    for i in range(14 if month == 1 else 5):
        for seq, role in enumerate(roles, start=1):
            yield {
                "incident_ref": f"ASB{month}{i:07d}", "party_seq": seq, "party_role": role, "anonymous_ind": "N",
                "forename": "Eve", "surname": f"{MARK}{role[:3]}{i}", "dob": date(1980, 6, seq), "gender": "F",
                "postcode": postcode(i), "police_ref": "42/000001/26" if role.startswith("ALL") else None,
            }  # fmt: skip


def debt_respite_notices(month):
    for i in range(6 + month):
        yield {
            "notice_ref": f"BS{100000 + i}", "moratorium_type": "MHC" if i % 2 else "STD", "start_date": date(2026, 8, 1),
            "end_date": None if i % 2 else date(2026, 9, 30), "status": "ACTV", "forename": "Ann",
            "surname": f"{MARK}by{i}", "dob": date(1985, 5, 15), "addr1": f"{i} {MARK} Way", "postcode": postcode(i),
            "address_withheld": "N", "debt_refs": f"CT:{account(i)}", "received_at": date(2026, 8, 2),
        }  # fmt: skip


def vulnerability_register(month):
    for i in range(9 + month):
        yield {
            "reg_id": f"VR{i:06d}", "surname": f"{MARK}ham{i}", "forename": "Kid" if i == 3 else "Ann",
            "dob": date(1950 + i, 4, 14), "address": f"{i} {MARK} Street, GRAYS", "postcode": postcode(i),
            "uprn": uprn(i), "category": "CHSC" if i == 3 else "SENS", "source": "CHI" if i == 3 else "ASC",
            "start_date": date(2025, 4, 17), "review_by": date(2027, 4, 16), "handling_code": "STD", "notes": f"{MARK} note",
        }  # fmt: skip


def deaths(month):
    for i in range(5 if month == 1 else 3):
        yield {
            "death_id": f"D{month}{i:06d}", "surname": f"{MARK}well{i}", "forenames": "José", "dob": date(1940, 2, 15),
            "dod": month_begin(month), "last_addr1": f"{i} {MARK} Lane", "last_postcode": postcode(i),
            "notified_on": month_begin(month) + timedelta(days=9), "withdrawn_ind": "N",
        }  # fmt: skip


def data_objections(month):
    for i in range(6):
        yield {
            "objection_id": f"OB{i:06d}", "surname": f"{MARK}er{i}", "forename": "Ann", "dob": date(1961, 9, 24),
            "postcode": postcode(i), "uprn": uprn(i), "service_scope": "ALL", "right": "OBJ21",
            "received": date(2026, 3, 12), "decision": "UPHELD", "decision_date": date(2026, 3, 26),
        }  # fmt: skip


def sundry_debts(month):
    for i in range(11 + month):
        yield {
            "account_no": f"SD{1000 + i:07d}", "debt_type": "PCN" if i == 4 else "GARAGE",
            "debtor_name": f"MS ANN {MARK.upper()}{i}", "addr1": f"{i} {MARK} Drive", "postcode": postcode(i),
            "raised": date(2026, 1, 21), "original": 19_632, "balance": 19_632 - 100 * month, "stage": "NEW",
        }  # fmt: skip


def properties(month):
    for i in range(40):
        yield {
            "uprn": uprn(i), "usrn": "78000000", "paon": str(i), "street": f"{MARK} Road", "town": "GRAYS",
            "postcode": postcode(i), "lsoa21": LSOA, "ward_code": WARD, "ward_basis_to": date(2026, 5, 6),
            "blpu_class": "RD04", "logical_status": "1", "sensitive_ind": "N", "start_date": date(2001, 4, 1),
            "end_date": OPEN,
        }  # fmt: skip


def street_crime(month):
    for i in range(12):
        asb = i % 3 == 0
        yield {
            "crime_id": None if asb else f"{month:02d}{i:062d}", "month": f"{MONTHS[month]:%Y-%m}", "reported_by": "Police",
            "falls_within": "Police", "longitude": "0.45", "latitude": "51.5", "location": "On or near High Street",
            "lsoa_code": LSOA, "lsoa_name": "Town 001A", "crime_type": "Anti-social behaviour" if asb else "Theft",
        }  # fmt: skip


def deprivation(month):
    for i in range(5):
        yield {
            "lsoa21_code": f"E0100000{i}", "lsoa21_name": f"Town 00{i}A", "msoa21_code": "E02000001",
            "imd_score": "30.811", "imd_rank": 7894 + i, "imd_decile": 3, "income_score": "0.263", "income_decile": 4,
            "employment_decile": 4, "crime_decile": 2, "population_2021": 1308,
        }  # fmt: skip


def postcodes(month):
    for i in range(10):
        yield {"pcd": postcode(i), "lsoa21_code": LSOA, "ward_code": WARD, "status": "SYN"}


def lha_rates(month):
    for i, size in enumerate("ABCDE"):
        yield {
            "brma": "SOUTH WEST ESSEX", "bedrooms": size, "weekly_rate": 7_664 + 1000 * i, "valid_from": date(2024, 4, 1),
            "valid_to": OPEN,
        }  # fmt: skip


# --- how a file is written ---------------------------------------------------------------------------------------


@dataclass
class File:
    """One file on its way out. `spoil` changes its bytes; `sealed` says whether the manifest describes them so."""

    contract: FeedContract
    rows: list[dict[str, Any]]
    header: list[str]
    delimiter: str
    spoil: list[Callable[[bytes], bytes]] = field(default_factory=list)
    sealed: bool = True
    in_manifest: bool = True
    is_sent: bool = True
    lines: Callable[[list[list[str]]], list[list[str]]] | None = None
    sheet_name: str | None = None
    header_row: int | None = None
    counted_rows: int | None = None

    def table(self, day: date) -> list[list[str]]:
        columns = {column.header: column for column in self.contract.columns}
        return [[self._text(columns.get(name), row, name) for name in self.header] for row in self.rows]

    def _text(self, column: Column | None, row: dict[str, Any], header: str) -> str:
        value = row.get(column.name if column else header)
        return written(self.contract, column, value) if column else str(value or "x")


def written(contract: FeedContract, column: Column, value: Any) -> str:
    """A typed value as the feed writes it; text is written as it is."""
    facts = contract.facts
    if value is OPEN:
        return facts.get("openEnd") or ""
    if isinstance(value, str):
        return value
    if value is None:
        if contract.format == "fixed" and column.kind == "D":
            return facts["openEnd"]
        return "NULL" if facts.get("nullTokens") and column.kind in "DTIM" else ""
    if isinstance(value, datetime):
        return value.strftime(column.facts["dateTimeFormat"])
    if isinstance(value, date):
        return value.strftime(facts["dateFormat"])
    if column.kind == "M":
        return f"{Decimal(value) / 100:.2f}"
    return str(value)


class Draft:
    """One delivery of one source before it is written: change rows, bytes or the manifest, then `write`."""

    def __init__(self, source: str, month: int, number: int | None = None) -> None:
        self.source, self.month = source, month
        self.day = MONTHS[month]
        self.number = number if number is not None else month
        self.files = {contract.feed: self._file(contract) for contract in HOUSE.of_source(source)}
        self.edits: list[Callable[[dict[str, Any]], None]] = []
        self.manifest_bytes: Callable[[bytes], bytes] | None = None
        self.has_manifest = True
        self.strangers: dict[str, bytes] = {}
        self.claimed_day: date | None = None

    def _file(self, contract: FeedContract) -> File:
        rows = [dict(row) for row in globals()[contract.feed](self.month)]
        headers = [column.header for column in contract.columns]
        return File(contract, rows, headers, contract.facts.get("delimiter", ","))

    def __getitem__(self, feed: str) -> File:
        return self.files[feed]

    def name(self, feed: str) -> str:
        pattern = self.files[feed].contract.facts["fileName"]
        return (
            pattern.replace("{yyyymmdd}", f"{self.day:%Y%m%d}")
            .replace("{yyyy}", f"{self.day:%Y}")
            .replace("{mm}", f"{self.day:%m}")
        )

    def write(self, root: Path) -> Path:
        """Write `<root>/<date>/<source>/` and return the source's folder."""
        folder = root / self.day.isoformat() / self.source
        folder.mkdir(parents=True)
        entries = []
        for feed, file in self.files.items():
            good = self._rendered(feed, file)
            sent = good
            for spoil in file.spoil:
                sent = spoil(sent)
            if file.is_sent:
                (folder / self.name(feed)).write_bytes(sent)
            if file.in_manifest:
                entries.append(self._entry(feed, file, sent if file.sealed else good))
        for name, content in self.strangers.items():
            (folder / name).write_bytes(content)
        if self.has_manifest:
            self._write_manifest(folder, entries)
        return folder

    def _write_manifest(self, folder: Path, entries: list[dict[str, Any]]) -> None:
        claimed = self.claimed_day or self.day
        document = {
            "source": self.source,
            "extract_date": claimed.isoformat(),
            "delivery": self.number,
            "spec_version": "1.0",
            "files": entries,
        }
        for edit in self.edits:
            edit(document)
        content = json.dumps(document, indent=1).encode()
        if self.manifest_bytes:
            content = self.manifest_bytes(content)
        (folder / f"MANIFEST_{self.source.upper()}_{self.day:%Y%m%d}.json").write_bytes(content)

    def _entry(self, feed: str, file: File, content: bytes) -> dict[str, Any]:
        events = file.contract.kind == "events"
        return {
            "feed": feed,
            "file": self.name(feed),
            "kind": file.contract.kind,
            "rows": len(file.rows) if file.counted_rows is None else file.counted_rows,
            "control": self.control(file),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "covers_from": (month_begin(self.month) if events else self.day).isoformat(),
            "covers_to": self.day.isoformat(),
        }

    def control(self, file: File) -> dict[str, Any]:
        declared = file.contract.facts["controlTotal"]
        column = declared.get("column")
        values = [row.get(column) for row in file.rows]
        if declared["type"] == "sum":
            total = sum(value if isinstance(value, int) else pence(value) for value in values)
            value = f"{Decimal(total) / 100:.2f}"
        elif declared["type"] == "hash":
            value = str(sum(int(value) for value in values if str(value).isdigit()))
        else:
            value = str(len(file.rows) if file.counted_rows is None else file.counted_rows)
        return {"type": declared["type"], "column": column, "value": value}

    def _rendered(self, feed: str, file: File) -> bytes:
        form = file.contract.format
        if form == "xlsx":
            return self._workbook(file)
        table = file.table(self.day)
        if form == "fixed":
            return self._fixed(file, table)
        lines = [file.header, *table]
        if file.lines:
            lines = file.lines(lines)
        content = self._separated(file, lines)
        if form == "zipcsv":
            return zipped({Path(self.name(feed)).with_suffix(".csv").name: content})
        return content

    def _separated(self, file: File, lines: list[list[str]]) -> bytes:
        form, facts = file.contract.format, file.contract.facts
        if form == "charcsv":
            lines = [self._padded(file, line) for line in lines]
        end = "\r\n" if facts["lineEnding"] == "CRLF" else "\n"
        control = self.control(file)["value"]
        if facts["trailer"] == "total":
            text = io.StringIO()
            csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(
                [*lines, ["TOTAL", str(len(file.rows)), control]]
            )
            return text.getvalue().encode("utf-8-sig")
        if form in ("csv", "zipcsv"):
            text = io.StringIO()
            csv.writer(text, lineterminator=end).writerows(lines)
            body = text.getvalue()
        else:
            body = "".join(file.delimiter.join(line) + end for line in lines)
        if facts["trailer"] == "pipe":
            body += file.delimiter.join(["TRL", str(len(file.rows)), control]) + end
        if facts["trailer"] == "rows_affected":
            body += f"{end}({len(file.rows)} rows affected){end}"
        return body.encode(facts["encoding"])

    def _padded(self, file: File, line: list[str]) -> list[str]:
        if line == file.header:
            return line
        widths = {column.header: column.length for column in file.contract.columns if column.kind == "C"}
        return [
            text.ljust(widths.get(name) or 0) if text != "NULL" else text
            for name, text in zip(file.header, line, strict=False)
        ] + line[len(file.header) :]

    def _fixed(self, file: File, table: list[list[str]]) -> bytes:
        lines = [f"HARREARSACT{self.day:%Y%m%d}".ljust(84)]
        for row in table:
            cells = []
            for column, text in zip(file.contract.columns, row, strict=True):
                width = column.facts["width"]
                if column.kind == "M":
                    text = f"{text.lstrip('-')}{'-' if text.startswith('-') else ' '}".rjust(width)
                elif column.kind == "I":
                    text = text.zfill(width)
                cells.append(text.ljust(width)[:width])
            lines.append("D" + "".join(cells))
        total = Decimal(sum(row["balance"] for row in file.rows if isinstance(row["balance"], int))) / 100
        sign = "-" if total < 0 else " "
        lines.append(f"T{len(file.rows):09d}{f'{abs(total):.2f}{sign}':>12}".ljust(84))
        return "".join(line + "\r\n" for line in lines).encode("ascii")

    def _workbook(self, file: File) -> bytes:
        import xlsxwriter

        shape = file.contract.facts["sheet"]
        at = (file.header_row or shape["headerRow"]) - 1
        stream = io.BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
        book.set_properties({"created": datetime(2026, 1, 1)})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        if shape["name"]:
            book.add_worksheet("Notes").write_string(0, 0, "Register extract")
        sheet = book.add_worksheet(file.sheet_name or shape["name"] or "Sheet1")
        if at:
            sheet.write_string(0, 0, "HB OVERPAYMENT DEBTORS")
            sheet.write_string(1, 0, f"Run date {self.day:%d/%m/%Y}")
        columns = {column.header: column for column in file.contract.columns}
        for x, header in enumerate(file.header):
            sheet.write_string(at, x, header)
        for y, row in enumerate(file.rows, start=at + 1):
            for x, header in enumerate(file.header):
                self._cell(
                    sheet,
                    y,
                    x,
                    row.get(columns[header].name if header in columns else header),
                    columns.get(header),
                    day,
                )
        if shape["totalsRow"]:
            y = at + 1 + len(file.rows)
            sheet.write_string(y, 0, "TOTAL")
            total = sum(row["balance"] for row in file.rows if isinstance(row["balance"], int))
            sheet.write_number(y, file.header.index("balance"), total / 100)
        if shape["name"]:
            book.add_worksheet("Codes").write_string(0, 0, "SENS")
        book.close()
        return stream.getvalue()

    def _cell(self, sheet, y: int, x: int, value: Any, column: Column | None, day) -> None:
        if value is None or value is OPEN:
            return
        if isinstance(value, date):
            sheet.write_datetime(y, x, value if isinstance(value, datetime) else _midnight(value), day)
        elif isinstance(value, int) and column is not None and column.kind == "M":
            sheet.write_number(y, x, value / 100)
        elif isinstance(value, int):
            sheet.write_number(y, x, value)
        else:
            sheet.write_string(y, x, value)


def pence(text: str | None) -> int:
    """What a person would make of an amount, as a supplier's own control total does."""
    plain = (text or "0").replace("£", "").replace(",", "")
    try:
        figure = Decimal(plain)
    except ArithmeticError:
        return 0
    return int(figure * 100) if figure.is_finite() and figure.adjusted() < 15 else 0


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return stream.getvalue()
