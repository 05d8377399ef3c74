"""Who must never be in the system is not, and what is in the vault is nowhere else: over a council walked for two months."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from tests.demo import supplier_files
from tests.privacy import plants

from fairview.proof import identifiers, overwrite
from fairview.store import generations, opening

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEVER = {"ALLEGED_PERPETRATOR", "WITNESS"}
_NAMES = ("surname", "forename", "forenames", "lead_liab_name", "party_name", "debtor_name")


def plain(*parts: str) -> str:
    return re.sub(r"[^A-Z]", "", " ".join(parts).upper())


def words(*parts: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", " ".join(parts).upper()))


@pytest.fixture(scope="module")
def sent(walked):
    """The deliveries as an independent reader reads them."""
    return supplier_files.files_under(walked.deliveries)


@pytest.fixture(scope="module")
def unwanted(sent) -> set[str]:
    """Full names met only as a perpetrator's or a witness's, in any delivery."""
    known, never = set(), set()
    for (_, feed), file in sent.items():
        for row in file.rows:
            if feed == "asb_parties" and row["party_role"] in NEVER:
                never.add((row["forename"], row["surname"]))
            else:
                known.add(words(*(row.get(name) or "" for name in _NAMES)))
    return {
        f"{forename} {surname}"
        for forename, surname in never
        if len(forename) > 2 and not any(words(forename, surname) <= one for one in known)
    }


@pytest.fixture(scope="module")
def dropped_texts(walked, sent) -> set[str]:
    """What stood in columns that are dropped at the door: free text, risk scores, police references."""
    found = set()
    for contract in walked.here.catalogue.feeds:
        columns = [column.header for column in contract.columns if column.sensitivity == "DRP"]
        for (_, feed), file in sent.items():
            if feed == contract.feed:
                found |= {row[name] for row in file.rows for name in columns if len(row.get(name) or "") >= 8}
    return found


@pytest.fixture(scope="module")
def in_vault(walked) -> str:
    """Every text the vault holds, one a line."""
    with opening.vault(walked.here.places, walked.here.keyring, read_only=True) as con:
        columns = con.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE database_name = 'vault' "
            "AND (data_type LIKE 'VARCHAR%' OR data_type LIKE 'MAP%' OR data_type LIKE 'STRUCT%')"
        ).fetchall()
        return "\n".join(
            text
            for schema, table, column in columns
            for (text,) in con.execute(f'SELECT DISTINCT "{column}"::VARCHAR FROM "{schema}"."{table}"').fetchall()
            if text
        )


@pytest.fixture(scope="module")
def scanned(walked, unwanted, dropped_texts, tmp_path_factory) -> identifiers.Report:
    house = plants.house(tmp_path_factory.mktemp("small") / "house", walked.here.catalogue)
    canaries = sorted(unwanted | dropped_texts)
    return identifiers.scan(walked.here.places, walked.here.keyring, house, at=AT, canaries=canaries)


def test_people_met_only_as_perpetrators_or_witnesses_are_in_no_table_of_the_vault(unwanted, in_vault):
    assert len(unwanted) >= 3
    lines = {plain(line) for line in in_vault.splitlines()}
    assert not {name for name in unwanted if plain(name) in lines or name.upper() in in_vault.upper()}


def test_texts_dropped_at_the_door_are_in_no_table_of_the_vault(dropped_texts, in_vault):
    assert len(dropped_texts) >= 20
    assert not {text for text in dropped_texts if text in in_vault}


def test_no_identifier_and_no_canary_is_anywhere_outside_the_vault(scanned):
    assert scanned.identifiers["canary"] >= 20
    assert scanned.is_clean, list(scanned.lines())


def test_the_scan_looked_at_what_a_run_leaves(scanned):
    looked_at = {one.artefact for one in scanned.scanned}
    assert {
        "vault",
        "warehouse",
        "mart",
        "landing copy",
        "ledger",
        "public record",
        "gate data docs",
        "verdict",
    } <= looked_at


def test_two_services_share_no_person_id(walked):
    known: dict[str, set] = {}
    for card in walked.here.catalogue.services:
        generation = generations.current(walked.here.places, card.service)
        con = opening.connect(walked.here.places)
        try:
            key = generation.data_key(walked.here.keyring.zone_key(card.service))
            opening.attach(con, generation.database, "mart", key, read_only=True)
            columns = con.execute(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'mart' AND data_type = 'UUID'"
            ).fetchall()
            known[card.service] = {
                value
                for table, column in columns
                for (value,) in con.execute(f'SELECT DISTINCT "{column}" FROM mart."{table}"').fetchall()
            }
        finally:
            con.close()
    assert sum(map(len, known.values())) > 50
    services = sorted(known)
    for n, one in enumerate(services):
        for other in services[n + 1 :]:
            assert not (known[one] & known[other]) - {None}


def test_nothing_of_the_first_months_generations_is_left(walked):
    first, second = walked.months
    report = overwrite.prove(walked.here.places, walked.here.keyring, walked.here.catalogue, at=AT)
    assert report.is_clean, report.faults
    told = "\n".join(report.lines())
    for service, name in first.generations.items():
        assert second.generations[service] != name
        assert f"{service} {name} at " in told
