"""The story of the README, executed: files in, published marts out, month after month."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.store import generations, ledger, opening
from fairview.store.places import places


def fairview(*words: str) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).with_name("fairview")), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def state_of(council) -> list[str]:
    return ["--state", str(council.here.places.root)]


def mart(council, service: str):
    here = council.here
    generation = generations.current(here.places, service)
    con = opening.connect(here.places)
    opening.attach(
        con, generation.database, "mart", generation.data_key(here.keyring.zone_key(service)), read_only=True
    )
    con.execute("USE mart")
    return con


def test_every_service_is_published_in_both_months(walked):
    for month in walked.months:
        assert {served.service: served.published for served in month.walked.served} == {
            card.service: True for card in walked.here.catalogue.services
        }
        assert month.walked.exit_code == 0


def test_the_second_month_replaces_the_first_and_the_first_is_gone(walked):
    first, second = walked.months
    for service, name in first.generations.items():
        assert second.generations[service] != name
        folder = walked.here.places.zone(service)
        assert sorted(path.name for path in folder.glob("gen-*")) == [second.generations[service]]


def test_every_row_received_is_staged_quarantined_or_dropped_by_rule(walked):
    done = fairview("receipts", "--json", *state_of(walked))
    receipts = json.loads(done.stdout)
    assert {receipt["feed"] for receipt in receipts} == {contract.feed for contract in walked.here.catalogue.feeds}
    for receipt in receipts:
        assert receipt["received"] == receipt["staged"] + receipt["quarantined"] + receipt["dropped"], receipt["file"]
    manifests = [json.loads(path.read_text()) for path in walked.deliveries.rglob("MANIFEST_*.json")]
    sent = {(file["file"]): file["rows"] for manifest in manifests for file in manifest["files"]}
    assert {receipt["file"]: receipt["received"] for receipt in receipts} == sent


def test_rows_that_must_never_be_loaded_are_dropped_and_counted(walked):
    receipts = json.loads(fairview("receipts", "--json", *state_of(walked)).stdout)
    dropped = {receipt["feed"]: receipt["dropped"] for receipt in receipts}
    for feed in ("asb_parties", "vulnerability_register", "sundry_debts", "benefit_overpayments"):
        assert dropped[feed] > 0, feed
    with opening.vault(walked.here.places, walked.here.keyring, read_only=True) as con:
        roles = {role for (role,) in con.execute("SELECT DISTINCT party_role FROM staged.asb_parties").fetchall()}
        assert not roles & {"ALLEGED_PERPETRATOR", "WITNESS"}
        columns = {
            name
            for (name,) in con.execute(
                "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'staged'"
            ).fetchall()
        }
        never = {c.name for contract in walked.here.catalogue.feeds for c in contract.columns if not c.is_loaded}
        always = {c.staged_name for contract in walked.here.catalogue.feeds for c in contract.loaded}
        assert not columns & (never - always)


def test_two_services_know_nobody_by_the_same_pseudonym(walked):
    known = {}
    for card in walked.here.catalogue.services:
        con = mart(walked, card.service)
        tables = con.execute(
            "SELECT table_name FROM duckdb_columns() WHERE database_name = 'mart' AND column_name = 'person_id'"
        ).fetchall()
        known[card.service] = {
            row[0] for (table,) in tables for row in con.execute(f'SELECT DISTINCT person_id FROM "{table}"').fetchall()
        }
        con.close()
    services = list(known)
    assert all(known[service] for service in services if service != "homelessness_prevention")
    for n, one in enumerate(services):
        for other in services[n + 1 :]:
            assert not known[one] & known[other]


def test_links_give_the_vault_holder_the_same_pseudonyms_the_marts_hold(walked, tmp_path):
    out = tmp_path / "links.parquet"
    assert fairview("links", "--to", str(out), *state_of(walked)).returncode == 0
    con = opening.connect(walked.here.places)
    linked = {row[0] for row in con.execute(f"SELECT DISTINCT person_id_informed_debt FROM '{out}'").fetchall()}
    con.close()
    with_debt = mart(walked, "informed_debt")
    held = {row[0] for row in with_debt.execute("SELECT DISTINCT person_id FROM debt_list").fetchall()}
    with_debt.close()
    assert held
    assert {str(one) for one in held} <= {str(one) for one in linked}


def test_an_officer_with_their_own_key_file_exports_their_own_service_and_no_other(walked, tmp_path):
    keys = walked.here.places.keys
    out = tmp_path / "list.csv"
    done = fairview(
        "export",
        "informed_debt",
        "debt_list",
        "--to",
        str(out),
        "--key",
        str(keys / "informed_debt.key"),
        *state_of(walked),
    )
    assert done.returncode == 0, done.stderr
    assert out.stat().st_size > 0
    refused = fairview("tables", "asb_victim_support", "--key", str(keys / "informed_debt.key"), *state_of(walked))
    assert refused.returncode == 5
    assert "Traceback" not in refused.stderr


def test_the_public_record_answers_the_eleven_questions(walked):
    done = fairview("record", *state_of(walked))
    assert done.returncode == 0
    for number in range(1, 12):
        assert f"{number}." in done.stdout
    for card in walked.here.catalogue.services:
        assert card.service in done.stdout or card.title in done.stdout


def test_the_ledgers_chain_is_unbroken_after_two_months(walked):
    assert fairview("ledger", *state_of(walked)).returncode == 0
    kinds = {entry["kind"] for entry in ledger.read(walked.here.places)}
    assert {"delivery", "links", "verdict", "publication"} <= kinds


def copy_of(council, tmp_path) -> walk.House:
    """The walked council's state, to be changed; keys are the same."""
    root = tmp_path / "state"
    shutil.copytree(council.here.places.root, root, symlinks=True)
    shutil.copytree(council.here.places.keys, tmp_path / "state.keys")
    return walk.house(council.here.catalogue, places(root))


@pytest.fixture
def stricter_house(declared, tmp_path):
    """A copy of the declarations in which the debt list may have no rows at all: its gate must shut."""
    house = tmp_path / "house"
    for folder in ("dags", "dbt_project", "expectations"):
        shutil.copytree(declared.house / folder, house / folder, ignore=shutil.ignore_patterns("target", "logs"))
    path = house / "expectations" / "informed_debt" / "debt_list.json"
    suite = json.loads(path.read_text())
    suite["expectations"].append(
        {
            "type": "expect_table_row_count_to_be_between",
            "kwargs": {"min_value": 0, "max_value": 0},
            "severity": "critical",
            "meta": {
                "id": "nobody_owes_anything",
                "why": "to show the gate shut",
                "owner": "tests",
                "since": "2026-11-23",
            },
        }
    )
    path.write_text(json.dumps(suite))
    return catalogue(house)


def test_a_shut_gate_leaves_the_published_files_byte_identical_and_the_other_services_publish(
    walked, tmp_path, stricter_house
):
    here = copy_of(walked, tmp_path)
    here = walk.House(stricter_house, here.places, here.keyring)
    zone = here.places.zone("informed_debt")

    def every_byte() -> dict[str, bytes]:
        return {str(p.relative_to(zone)): p.read_bytes() for p in zone.joinpath("current").resolve().iterdir()}

    before = every_byte()
    from fairview.console.options import now

    served = {one.service: one for one in walk.serve(here, now())}
    walk.write_record(here, now())
    assert not served["informed_debt"].published
    assert "nobody_owes_anything" in " ".join(served["informed_debt"].reasons)
    assert every_byte() == before
    assert served["asb_victim_support"].published
    assert served["homelessness_prevention"].published
    told = fairview("record", "--state", str(here.places.root)).stdout
    assert "informed_debt" in told
    assert "kept" in told.lower() or "blocked" in told.lower()


def test_a_refused_file_keeps_back_the_services_that_rest_on_it_and_exits_with_4(walked, tmp_path):
    """The community safety file of a third month is cut off: only the victims' service stays as it was."""
    here = copy_of(walked, tmp_path)
    last = sorted(path for path in walked.deliveries.iterdir() if path.is_dir())[-1]
    before = generations.current(here.places, "asb_victim_support").name
    again = tmp_path / "again" / last.name / "community_safety"
    shutil.copytree(last / "community_safety", again)
    manifest = next(again.glob("MANIFEST_*.json"))
    document = json.loads(manifest.read_text())
    document["delivery"] += 1
    manifest.write_text(json.dumps(document))
    incidents = next(again.glob("ASB_INCIDENTS_*.csv"))
    incidents.write_bytes(incidents.read_bytes()[:-200])
    done = fairview("deliver", str(tmp_path / "again"), "--state", str(here.places.root))
    assert done.returncode == 4, done.stdout + done.stderr
    assert generations.current(here.places, "asb_victim_support").name == before
    assert generations.current(here.places, "informed_debt").name != walked.months[-1].generations["informed_debt"]


def test_the_same_deliveries_again_change_nothing_that_is_published(walked, tmp_path):
    here = copy_of(walked, tmp_path)
    exported = {}
    for turn in ("before", "after"):
        out = tmp_path / f"{turn}.parquet"
        fairview("export", "informed_debt", "debts_by_type", "--to", str(out), "--state", str(here.places.root))
        con = opening.connect(here.places)
        exported[turn] = con.execute(f"SELECT * FROM '{out}' ORDER BY ALL").fetchall()
        con.close()
        if turn == "before":
            last = sorted(path for path in walked.deliveries.iterdir() if path.is_dir())[-1]
            done = fairview("deliver", str(last), "--state", str(here.places.root))
            assert done.returncode == 0, done.stdout + done.stderr
    assert exported["before"]
    assert exported["before"] == exported["after"]


def test_a_state_folder_of_its_own_can_be_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRVIEW_STATE", str(tmp_path / "elsewhere"))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("fairview")), "receipts", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert json.loads(done.stdout) == []
    assert (tmp_path / "elsewhere.keys" / "root.key").stat().st_mode & 0o077 == 0


def test_what_rests_on_a_source_silent_for_its_declared_time_is_withdrawn_and_the_record_says_so(walked, tmp_path):
    from fairview.console.options import now

    here = copy_of(walked, tmp_path)
    assert walk.withdraw_stale(here, now()) == []
    assert walk.withdraw_stale(here, now() + timedelta(days=44)) == []
    later = now() + timedelta(days=47)
    assert walk.withdraw_stale(here, later) == [card.service for card in here.catalogue.services]
    assert all(generations.current(here.places, card.service) is None for card in here.catalogue.services)
    walk.write_record(here, later)
    told = fairview("record", "--state", str(here.places.root)).stdout
    assert "no delivery from" in told
