"""The demo holds what the platform must cope with, and no identifier that could belong to anybody."""

from __future__ import annotations

import csv
import re

import pyarrow.parquet as pq
import pytest

from fairview.demo.names import NEVER_LOADED

POSTCODE = re.compile(r"(RM1[5-9]|RM20|SS17) ?\d(?=.?[CIKMOV])[A-Z]{2}", re.IGNORECASE)
DROPPED = {
    "council_tax_accounts": "notes",
    "tenancy_people": "mem_notes",
    "asb_incidents": "narrative",
}


def _values(council, wanted: str):
    for (_, feed), file in council.files.items():
        for header in file.headers:
            if re.fullmatch(wanted, header):
                for row in file.rows:
                    if row[header]:
                        yield feed, header, row[header]


def test_national_insurance_numbers_begin_with_letters_never_issued(council):
    found = list(_values(council, "nino|ni_no"))
    assert found and all(re.fullmatch(r"QQ\d{6}[A-D]", value) for _, _, value in found)


def test_telephone_numbers_are_from_the_range_kept_for_drama(council):
    found = list(_values(council, "phone"))
    assert found and all(re.fullmatch(r"07700 900\d{3}", value) for _, _, value in found)


def test_electronic_addresses_end_in_a_name_nobody_can_own(council):
    found = list(_values(council, "email"))
    assert found and all(value.endswith("@example.org") for _, _, value in found)


def test_no_postcode_can_exist(council):
    found = list(_values(council, ".*postcode|pcd"))
    assert found
    for feed, _, value in found:
        assert POSTCODE.fullmatch(value) or (feed == "homelessness_cases" and value == "ZZ99 3VZ")


def test_property_numbers_are_from_the_range_set_aside(council):
    for feed, _, value in _values(council, "(?!incident_)uprn|last_uprn|incident_uprn|parent_uprn|redirect_uprn"):
        assert re.fullmatch(r"9999\d{8}|999[78]\d{8}", value) or (feed == "vulnerability_register" and "E+" in value)


def test_area_codes_are_invented(council):
    found = list(_values(council, "lsoa21.*code|LSOA code|lsoa21|ward_?code|msoa21_code"))
    assert found and all(value.startswith("SY") and len(value) == 9 for _, _, value in found)
    assert {row["status"] for row in council.rows(council.dates[0], "postcodes")} == {"SYN"}


def test_rows_which_must_be_dropped_at_the_door_are_there_to_be_dropped(council):
    date = council.dates[0]
    roles = {row["party_role"] for row in council.rows(date, "asb_parties")}
    assert roles == {"VICTIM", "COMPLAINANT", "WITNESS", "REPORTER", "ALLEGED_PERPETRATOR"}
    assert any(
        row["source"] == "CHI" and row["category"] == "CHSC" for row in council.rows(date, "vulnerability_register")
    )
    assert any(row["debt_type"] == "PCN" for row in council.rows(date, "sundry_debts"))
    assert any(row["class"] == "FRD" for row in council.rows(date, "benefit_overpayments"))


def test_text_which_must_never_be_loaded_names_somebody_to_look_for(council):
    assert any(NEVER_LOADED in value for header in DROPPED.values() for _, _, value in _values(council, header))
    kept = _values(council, "(?!notes|mem_notes|narrative|case_notes|comment|assessor_notes).*")
    assert not any(NEVER_LOADED in value for _, _, value in kept)


def test_moratoria_of_both_kinds_run_and_one_has_no_end(council):
    for date in council.dates:
        active = [row for row in council.rows(date, "debt_respite_notices") if row["status"] == "ACTV"]
        assert {row["moratorium_type"] for row in active} == {"STD", "MHC"}
        assert any(row["moratorium_type"] == "MHC" and not row["end_date"] for row in active)


def test_each_service_has_an_objector(council):
    for date in council.dates:
        rows = council.rows(date, "data_objections")
        assert {row["service_scope"] for row in rows if row["decision"] == "UPHELD"} >= {"HSG", "CSF", "REV"}
        assert any(row["decision"] == "PENDING" for row in rows)


def test_police_rows_repeat_and_some_have_no_place(council):
    for date in council.dates:
        rows = council.rows(date, "street_crime")
        quiet = [tuple(row.values()) for row in rows if row["Crime type"] == "Anti-social behaviour"]
        assert len(quiet) > len(set(quiet))
        assert all(not row["Crime ID"] for row in rows if row["Crime type"] == "Anti-social behaviour")
        assert any(row["Location"] == "No Location" and not row["LSOA code"] for row in rows)
        assert {row["Month"] for row in rows} == {date[:7]}


def test_old_code_page_files_lose_only_the_letters_it_lacks(council):
    for (_, feed), file in council.files.items():
        if feed in ("council_tax_accounts", "tenancy_people", "deaths", "sundry_debts"):
            assert not re.search("[ŁłńśżźąęćšžėūțșăğİıŞş]".replace("š", "").replace("ž", ""), file.text)
            assert "?" not in file.text


def test_defects_are_few_and_each_is_written_down(council):
    for date in council.dates:
        with (council.truth / date / "injected_defects.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert {row["expected"][:3] for row in rows} >= {"D24", "D30", "D31", "D33", "D34", "D35", "D36", "D40"}
        by_feed = {feed: sum(row["feed"] == feed for row in rows) for feed in {row["feed"] for row in rows}}
        assert max(by_feed.values()) <= 20


@pytest.mark.parametrize(
    "feed", ["council_tax_accounts", "benefit_members", "asb_parties", "homelessness_cases", "deaths"]
)
def test_the_truth_knows_the_person_behind_each_record(council, feed):
    people = set(pq.read_table(council.truth / "persons.parquet")["person_id"].to_pylist())
    table = pq.read_table(council.truth / council.dates[0] / "record_person.parquet").to_pylist()
    found = [row for row in table if row["feed"] == feed]
    assert found and {row["person_id"] for row in found if row["person_id"]} <= people


def test_the_truth_names_pairs_who_are_two_people(council):
    with (council.truth / "must_not_merge.csv").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    assert {pair["why"] for pair in pairs} == {"twins", "same-name father and son"}
    assert all(pair["person_a"] != pair["person_b"] for pair in pairs)


def test_debts_of_the_truth_are_those_of_the_files(council):
    date = council.dates[-1]
    debts = pq.read_table(council.truth / date / "debts.parquet").to_pylist()
    assert any(row["ct_overdue_pence"] for row in debts) and any(row["rent_arrears_pence"] for row in debts)
    arrears = [row["cur_bal"] for row in council.rows(date, "tenancies") if not row["cur_bal"].startswith("-")]
    listed = {round(float(value) * 100) for value in arrears} - {0}
    single = {row["rent_arrears_pence"] for row in debts} - {0}
    assert single & listed
