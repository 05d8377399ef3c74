"""Reads delivered files by the specification's words alone: nothing of the generator or the receiver is used here."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

# feed: source, kind, form, encoding, number of columns, first and last header, control total (specification, 6).
FEEDS = {
    "council_tax_accounts": ("revenues", "snapshot", "pipe", "cp1252", 23, "account_ref", "last_updated", "hash:account_ref"),
    "council_tax_parties": ("revenues", "snapshot", "pipe", "cp1252", 7, "account_ref", "to_date", "hash:account_ref"),
    "council_tax_properties": ("revenues", "snapshot", "pipe", "cp1252", 12, "property_ref", "deleted_ind", "rows"),
    "council_tax_occupations": ("revenues", "snapshot", "pipe", "cp1252", 6, "account_ref", "transit_ind", "hash:account_ref"),
    "council_tax_balances": (
        "revenues", "snapshot", "pipe", "cp1252", 15, "account_ref", "right_to_instalments_lost", "sum:balance",
    ),
    "council_tax_recovery": ("revenues", "events", "pipe", "cp1252", 12, "recovery_id", "reversed_ind", "sum:amount_at_stage"),
    "council_tax_transactions": ("revenues", "events", "pipe", "cp1252", 8, "txn_id", "method", "sum:amount"),
    "council_tax_discounts": ("revenues", "snapshot", "pipe", "cp1252", 5, "account_ref", "pct", "hash:account_ref"),
    "benefit_claims": ("benefits", "snapshot", "quoted", "utf-8-sig", 25, "claim_id", "case_notes", "hash:claim_id"),
    "benefit_members": ("benefits", "snapshot", "quoted", "utf-8-sig", 18, "claim_id", "sanction_ind", "hash:claim_id"),
    "benefit_awards": ("benefits", "snapshot", "quoted", "utf-8-sig", 11, "award_id", "suspended_ind", "sum:weekly_amount"),
    "benefit_overpayments": ("benefits", "snapshot", "xlsx", "utf-8", 11, "invoice_no", "last_paid", "sum:balance"),
    "tenancies": ("housing", "snapshot", "char", "cp1252", 27, "tag_ref", "pot_violent", "sum:cur_bal"),
    "tenancy_people": ("housing", "snapshot", "char", "cp1252", 17, "house_ref", "mem_notes", "rows"),
    "rent_transactions": ("housing", "events", "zip", "utf-8", 7, "txn_ref", "real_value", "sum:real_value"),
    "arrears_actions": ("housing", "events", "fixed", "ascii", 7, "tag_ref", "comment", "sum:balance"),
    "homelessness_cases": ("housing", "snapshot", "csv", "utf-8", 37, "case_ref", "assessor_notes", "rows"),
    "asb_incidents": ("community_safety", "events", "csv", "utf-8-sig", 24, "incident_ref", "narrative", "rows"),
    "asb_parties": ("community_safety", "events", "csv", "utf-8-sig", 17, "incident_ref", "police_ref", "rows"),
    "debt_respite_notices": ("corporate", "snapshot", "csv", "utf-8", 13, "notice_ref", "received_at", "rows"),
    "vulnerability_register": ("corporate", "snapshot", "xlsx", "utf-8", 14, "reg_id", "notes", "rows"),
    "deaths": ("corporate", "events", "csv", "cp1252", 9, "death_id", "withdrawn_ind", "rows"),
    "data_objections": ("corporate", "snapshot", "csv", "utf-8", 12, "objection_id", "end_date", "rows"),
    "sundry_debts": ("corporate", "snapshot", "pipe", "cp1252", 9, "account_no", "stage", "sum:balance"),
    "properties": ("gazetteer", "snapshot", "csv", "utf-8", 17, "uprn", "end_date", "rows"),
    "street_crime": ("open_data", "events", "csv", "utf-8", 12, "Crime ID", "Context", "rows"),
    "deprivation": ("open_data", "snapshot", "csv", "utf-8", 11, "lsoa21_code", "population_2021", "rows"),
    "postcodes": ("open_data", "snapshot", "csv", "utf-8", 7, "pcd", "status", "rows"),
    "lha_rates": ("open_data", "snapshot", "csv", "utf-8", 5, "brma", "valid_to", "sum:weekly_rate"),
}  # fmt: skip
ARREARS_WIDTHS = (11, 5, 4, 8, 12, 8, 35)
ARREARS_HEADERS = ("tag_ref", "action_no", "action_code", "action_date", "balance", "next_action_date", "comment")


@dataclass(frozen=True)
class DemoFile:
    """One delivered file: its bytes, its text, its rows as stripped text by header, its manifest entry."""

    path: Path
    feed: str
    content: bytes
    text: str
    headers: list[str]
    rows: list[dict[str, str]]
    entry: dict[str, Any]
    manifest: dict[str, Any]


def files_under(root: Path) -> dict[tuple[str, str], DemoFile]:
    """Every file the manifests under a folder name, by extract date and feed."""
    found = {}
    for path in sorted(root.glob("*/*/MANIFEST_*.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for entry in manifest["files"]:
            found[path.parent.parent.name, entry["feed"]] = _read(path.parent / entry["file"], entry, manifest)
    return found


def _read(path: Path, entry: dict, manifest: dict) -> DemoFile:
    feed = entry["feed"]
    form, encoding = FEEDS[feed][2:4]
    content = path.read_bytes()
    if form == "xlsx":
        text, table = "", _sheet(path, feed)
    else:
        raw = _unzipped(path) if form == "zip" else content
        text = raw.decode(encoding)
        table = {"pipe": _pipe, "char": _char, "fixed": _fixed}.get(form, _csv)(text)
    headers, rows = table[0], [row for row in table[1:] if row != table[0]]
    named = [dict(zip(headers, (value.strip() for value in row), strict=True)) for row in rows]
    return DemoFile(path, feed, content, text, headers, named, entry, manifest)


def _unzipped(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        assert name == path.stem + ".csv"
        return archive.read(name)


def _pipe(text: str) -> list[list[str]]:
    lines = text.split("\r\n")
    assert lines[-1] == "" and lines[-2].startswith("TRL|")
    return [line.split("|") for line in lines[:-2]]


def _char(text: str) -> list[list[str]]:
    lines = text.split("\r\n")
    assert lines[-1] == "" and lines[-2].endswith(" rows affected)") and lines[-3] == ""
    return [["" if value.strip() == "NULL" else value for value in line.split(",")] for line in lines[:-3]]


def _fixed(text: str) -> list[list[str]]:
    lines = text.split("\r\n")
    assert lines[-1] == "" and lines[0][0] == "H" and lines[-2][0] == "T"
    rows = [list(ARREARS_HEADERS)]
    for line in lines[1:-2]:
        assert line[0] == "D"
        at, row = 1, []
        for width in ARREARS_WIDTHS:
            row.append(line[at : at + width].strip())
            at += width
        row[4] = f"-{row[4][:-1].strip()}" if row[4].endswith("-") else row[4]
        rows.append(row)
    return rows


def _csv(text: str) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return rows[:-1] if rows[-1][0] == "TOTAL" else rows


def _sheet(path: Path, feed: str) -> list[list[str]]:
    book = CalamineWorkbook.from_path(path)
    if feed == "vulnerability_register":
        rows = book.get_sheet_by_name("Register").to_python(skip_empty_area=False)
    else:
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)[3:-1]
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: Any) -> str:
    if hasattr(value, "strftime"):
        return value.strftime("%d/%m/%Y")
    return f"{value:.2f}" if isinstance(value, float) else str(value)
