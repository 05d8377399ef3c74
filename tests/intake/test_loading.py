"""What is in force after deliveries come, are corrected, repeated and taken back; and what never gets in."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import pytest
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import HOUSE, MARK, Draft, account

from fairview.intake import deliveries, quarantine, receipts
from fairview.store import ledger, opening


def test_two_good_months_bring_every_feed_into_force(two_months: Door) -> None:
    state = two_months.in_force()
    assert state.as_at == date(2026, 9, 30)
    for contract in HOUSE.feeds:
        assert state.feeds[contract.feed].rows > 0, contract.feed
    assert all(line["outcome"] == "accept" for line in receipts.read(two_months.places, two_months.keyring))
    assert [entry["kind"] for entry in ledger.read(two_months.places)] == ["delivery"] * 14
    assert ledger.verify(two_months.places)


def test_every_feed_has_its_staged_table_after_the_first_delivery_of_any(empty_door: Door) -> None:
    empty_door.deliver(Draft("gazetteer", 1))
    tables = {
        name for (name,) in empty_door.query("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'staged'")
    }
    assert tables == {contract.feed for contract in HOUSE.feeds}


def test_values_are_staged_in_the_forms_the_house_agreed(two_months: Door) -> None:
    row = two_months.query(
        "SELECT record_key, liability_start, liability_end, employee_ind, delivery_id, extract_date, row_number "
        "FROM staged.council_tax_accounts ORDER BY row_number LIMIT 1"
    )[0]
    assert row == (account(0), date(2020, 4, 1), None, False, "revenues-2026-09-30-0002", date(2026, 9, 30), 2)
    assert two_months.query("SELECT record_key, birth_date, nino, surname FROM staged.benefit_members LIMIT 1")[0][
        1
    ] == date(1981, 5, 17)
    assert two_months.query(
        "SELECT balance_pence, record_key FROM staged.arrears_actions WHERE action_no = 1 ORDER BY 2 LIMIT 2"
    ) == [
        (500, "001000/01|1"),
        (-501, "001001/01|1"),
    ]
    assert two_months.query("SELECT DISTINCT eot FROM staged.tenancies") == [(None,)]
    assert two_months.query("SELECT forename FROM staged.tenancy_people LIMIT 1") == [("Zoë1",)]
    assert two_months.query("SELECT count(*) FROM staged.street_crime WHERE crime_id IS NULL") == [(8,)]


def test_nothing_that_must_be_dropped_is_anywhere_in_the_vault(two_months: Door) -> None:
    with opening.vault(two_months.places, two_months.keyring, read_only=True) as con:
        everything = json.dumps(
            [
                con.execute(f'SELECT * FROM "{schema}"."{table}"').fetchall()
                for schema, table in con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
            ],
            default=str,
        )
    assert MARK in everything
    for dropped in (
        f"{MARK}ALL",
        f"{MARK}WIT",
        f"{MARK} note",
        f"{MARK} said",
        f"{MARK} near",
        "CHSC",
        "MH;PHYS",
        "FRD",
        "SEGA",
        "PCN",
        "42/000001",
    ):
        assert dropped not in everything, dropped


def test_a_snapshot_replaces_the_one_before(door: Door) -> None:
    draft = Draft("corporate", 3)
    gone = draft["sundry_debts"].rows.pop(0)["account_no"]
    door.deliver(draft)
    assert door.query("SELECT count(*) FROM staged.sundry_debts WHERE account_no = ?", [gone]) == [(0,)]
    assert {day for (day,) in door.query("SELECT DISTINCT extract_date FROM staged.sundry_debts")} == {
        date(2026, 10, 31)
    }


def test_the_newest_row_of_an_event_stands_and_the_older_waits(door: Door) -> None:
    draft = Draft("community_safety", 3)
    earlier = Draft("community_safety", 1)["asb_incidents"].rows[0]
    draft["asb_incidents"].rows.append(earlier | {"closure_reason": "RESOL"})
    line = line_of(door.deliver(draft), "asb_incidents")
    assert (line.outcome, line.superseded) == ("accept", 1)
    key = [earlier["incident_ref"]]
    assert door.query("SELECT closure_reason FROM staged.asb_incidents WHERE incident_ref = ?", key) == [("RESOL",)]
    assert door.query("SELECT closure_reason FROM history.asb_incidents WHERE incident_ref = ?", key) == [(None,)]


def test_a_death_taken_back_is_withdrawn_in_what_is_in_force(door: Door) -> None:
    draft = Draft("corporate", 3)
    earlier = Draft("corporate", 2)["deaths"].rows[0]
    draft["deaths"].rows.append(earlier | {"withdrawn_ind": "Y"})
    door.deliver(draft)
    assert door.query("SELECT withdrawn_ind FROM staged.deaths WHERE death_id = ?", [earlier["death_id"]]) == [(True,)]


def test_a_row_and_its_taking_back_in_one_file_are_no_contradiction(door: Door) -> None:
    draft = Draft("revenues", 3)
    rows = draft["council_tax_recovery"].rows
    rows.append(rows[1] | {"reversed_ind": "Y"})
    line = line_of(door.deliver(draft), "council_tax_recovery")
    assert (line.outcome, line.quarantined, line.staged) == ("accept", 0, len(rows))
    key = [rows[1]["recovery_id"]]
    assert door.query("SELECT reversed_ind FROM staged.council_tax_recovery WHERE recovery_id = ?", key) == [(True,)]


def test_a_corrected_delivery_replaces_the_first_completely(door: Door) -> None:
    first = Draft("community_safety", 3)
    changed = Draft("community_safety", 1)["asb_incidents"].rows[3]
    first["asb_incidents"].rows.append(changed | {"hate_ind": "Y"})
    only_first = first["asb_incidents"].rows[0]["incident_ref"]
    first["asb_incidents"].rows[1]["asb_type"] = "WRONG"
    door.deliver(first)
    assert quarantine.listing(door.places, door.keyring)
    second = Draft("community_safety", 3, number=4)
    second["asb_incidents"].rows.pop(0)
    second["asb_parties"].rows = [row for row in second["asb_parties"].rows if row["incident_ref"] != only_first]
    door.deliver(second)
    assert door.query("SELECT count(*) FROM staged.asb_incidents WHERE incident_ref = ?", [only_first]) == [(0,)]
    key = [changed["incident_ref"]]
    assert door.query("SELECT hate_ind, delivery_id FROM staged.asb_incidents WHERE incident_ref = ?", key) == [
        (False, "community_safety-2026-08-31-0001")
    ]
    assert door.query("SELECT count(*) FROM history.asb_incidents") == [(0,)]
    assert door.query("SELECT count(*) FROM staged.asb_parties WHERE incident_ref = ?", [only_first]) == [(0,)]
    assert quarantine.listing(door.places, door.keyring) == []
    assert door.query("SELECT count(*) FROM intake.quarantine") == [(0,)]


def test_a_correction_of_a_keyless_feed_replaces_its_month_and_no_other(door: Door) -> None:
    door.deliver(Draft("open_data", 3))
    second = Draft("open_data", 3, number=4)
    second["street_crime"].rows = second["street_crime"].rows[:7]
    door.deliver(second)
    months = door.query("SELECT month, count(*) FROM staged.street_crime GROUP BY 1 ORDER BY 1")
    assert months == [("2026-08", 12), ("2026-09", 12), ("2026-10", 7)]


def test_the_very_same_delivery_again_changes_nothing_and_says_so(door: Door) -> None:
    first = door.deliver(Draft("benefits", 3))
    before = door.query("SELECT count(*), max(delivery_id) FROM staged.benefit_awards")
    again = door.deliver(Draft("benefits", 3))
    assert again.files == first.files
    assert again.delivery_id == first.delivery_id
    assert "replayed-delivery" in again.rules
    assert door.query("SELECT count(*), max(delivery_id) FROM staged.benefit_awards") == before
    assert len(list(ledger.read(door.places, "delivery"))) == 15


def test_one_number_cannot_stand_for_two_contents(door: Door) -> None:
    door.deliver(Draft("benefits", 3))
    other = Draft("benefits", 3)
    other["benefit_awards"].rows[0]["weekly_amount"] += 5
    assert door.deliver(other).rules == {"number-reused": 1}
    assert door.in_force().sources["benefits"].delivery_refused


def test_a_file_damaged_on_the_way_may_come_again_under_the_same_manifest(door: Door) -> None:
    damaged = Draft("benefits", 3)
    damaged["benefit_awards"].spoil.append(lambda data: data.replace(b"CTR", b"CTX", 1))
    damaged["benefit_awards"].sealed = False
    assert line_of(door.deliver(damaged), "benefit_awards").outcome == "reject_file"
    repaired = door.deliver(Draft("benefits", 3))
    assert repaired.outcome == "accept"
    assert repaired.delivery_id == "benefits-2026-10-31-0003-02"
    assert not door.in_force().sources["benefits"].refused_feeds


def test_a_refused_delivery_may_be_sent_again_under_its_number(door: Door) -> None:
    without = Draft("housing", 3)
    without.has_manifest = False
    assert door.deliver(without).outcome == "reject_delivery"
    assert door.deliver(Draft("housing", 3)).outcome == "accept"


def test_quarantined_rows_are_kept_as_text_of_the_loaded_columns_only(door: Door) -> None:
    draft = Draft("housing", 3)
    draft["homelessness_cases"].rows[2]["reason_loss"] = "EVICT"
    door.deliver(draft)
    ((content,),) = door.query("SELECT content FROM intake.quarantine")
    assert content["reason_loss"] == "EVICT"
    assert content["surname"].startswith(MARK)
    assert not set(content) & {"support_needs", "assessor_notes", "nationality", "sexual_orientation"}
    (line,) = quarantine.listing(door.places, door.keyring)
    assert line == {
        "source": "housing", "extract_date": "2026-10-31", "delivery": 3, "feed": "homelessness_cases",
        "file": "HOMELESSNESS_CASES_20261031.csv", "row": 4, "column": "reason_loss", "rule": "D33",
    }  # fmt: skip


def test_rows_whose_deciding_code_is_blank_are_counted_and_never_kept(door: Door) -> None:
    draft = Draft("benefits", 3)
    draft["benefit_overpayments"].rows[2]["class"] = None
    line = line_of(door.deliver(draft), "benefit_overpayments")
    assert (line.quarantined, line.rules["D66"]) == (1, 1)
    assert door.query("SELECT count(*) FROM intake.quarantine") == [(0,)]


def test_a_balance_is_not_blamed_for_a_transaction_in_quarantine(door: Door) -> None:
    draft = Draft("revenues", 3)
    draft["council_tax_transactions"].rows[0]["amount"] = "£1,000.00"
    receipt = door.deliver(draft)
    assert line_of(receipt, "council_tax_transactions").quarantined == 1
    assert line_of(receipt, "council_tax_balances").outcome == "accept"
    november = Draft("revenues", 4)
    assert line_of(door.deliver(november), "council_tax_balances").outcome == "accept"


def test_balances_are_not_blamed_for_transactions_that_never_came(door: Door) -> None:
    october = Draft("revenues", 3)
    october["council_tax_transactions"].is_sent = False
    assert "tie-unproved" in line_of(door.deliver(october), "council_tax_balances").rules
    receipt = door.deliver(Draft("revenues", 4))
    assert "coverage-gap" in line_of(receipt, "council_tax_transactions").rules
    assert line_of(receipt, "council_tax_balances").rules == {"tie-unproved": 1}


def test_a_summons_in_quarantine_explains_the_order_that_follows_from_it(door: Door) -> None:
    september = [row for row in Draft("revenues", 2)["council_tax_recovery"].rows if row["stage"] == "REM2"]
    october = Draft("revenues", 3)
    rows = october["council_tax_recovery"].rows
    rows[0] |= {"account_ref": "99999999", "stage": "SUMM", "costs": 6_500, "amount_at_stage": 50_000}
    rows[4] |= {"stage": "LO", "costs": 3_000, "amount_at_stage": 53_000}
    rows[5] |= {"stage": "LO", "costs": 3_000, "amount_at_stage": 60_000}
    line = line_of(door.deliver(october), "council_tax_recovery")
    assert september
    assert line.rules == {"D31": 1, "D52": 1}


def test_the_suppliers_folder_is_only_read(door: Door) -> None:
    folder = Draft("benefits", 3).write(door.folder / "kept")
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    door.take(door.folder / "kept")
    folder.chmod(0o700)
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()} == before


def test_no_plain_copy_of_a_delivery_is_left_on_disk(door: Door) -> None:
    door.deliver(Draft("benefits", 3))
    needles = (f"{MARK}ska".encode(), f"{MARK} Road".encode(), f"{MARK.upper()}10".encode(), b"QQ100000A")
    for path in door.places.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(needle in content for needle in needles), path.name


def test_a_load_that_fails_half_way_leaves_the_vault_as_it_was(door: Door, monkeypatch) -> None:
    from fairview.intake import loading

    before = door.query("SELECT count(*), max(extract_date) FROM staged.benefit_claims")

    def break_off(*_):
        raise duckdb.IOException("disk full")

    monkeypatch.setattr(loading, "write_receipt", break_off)
    with pytest.raises(duckdb.IOException):
        door.deliver(Draft("benefits", 3))
    monkeypatch.undo()
    assert door.query("SELECT count(*), max(extract_date) FROM staged.benefit_claims") == before
    assert door.deliver(Draft("benefits", 3)).outcome == "accept"


def test_a_ledger_entry_lost_to_a_kill_is_written_at_the_next_delivery(door: Door, monkeypatch) -> None:
    from fairview.intake import receive

    monkeypatch.setattr(receive.ledger, "append", lambda *_, **__: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        door.deliver(Draft("benefits", 3))
    monkeypatch.undo()
    door.deliver(Draft("gazetteer", 3))
    told = [(entry["source"], entry["delivery"]) for entry in ledger.read(door.places, "delivery")]
    assert told[-2:] == [("benefits", 3), ("gazetteer", 3)]
    assert ledger.verify(door.places)


def test_what_was_received_no_longer_waits(door: Door) -> None:
    root = door.folder / "inbox"
    Draft("benefits", 3).write(root)
    Draft("housing", 3).write(root)
    found = deliveries.find(root)
    assert [one.source for one in deliveries.waiting(found, door.places)] == ["benefits", "housing"]
    door.take(root / "2026-10-31" / "benefits")
    assert [one.source for one in deliveries.waiting(found, door.places)] == ["housing"]


def test_a_table_follows_its_contract_when_a_column_comes_or_goes(door: Door) -> None:
    with opening.vault(door.places, door.keyring) as con:
        con.execute("ALTER TABLE staged.sundry_debts DROP COLUMN stage")
        con.execute("ALTER TABLE staged.sundry_debts ADD COLUMN hobby VARCHAR")
    assert door.deliver(Draft("corporate", 3)).outcome == "accept"
    assert door.query("SELECT DISTINCT stage FROM staged.sundry_debts") == [("NEW",)]
    with pytest.raises(duckdb.BinderException):
        door.query("SELECT hobby FROM staged.sundry_debts")
