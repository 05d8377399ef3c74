"""The pilot's receipts match what was put into it, and the broken samples get the answers they are labelled with."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.intake.conftest import AT, Door, copied

from fairview.contracts.catalogue import catalogue
from fairview.intake import deliveries, quarantine, receive, state
from fairview.store.keys import Keyring
from fairview.store.places import places

_SAMPLES = ["D02", "D04", "D06", "D08", "D10", "D12", "D14", "D16", "D18", "D20", "D22", "D24", "D26", "D28", "D30", "D32", "D34",
            "D36", "D38", "D40", "D42", "D44", "D46", "D48", "D50", "D52", "D54", "D56", "D58", "D60", "D62", "D64", "D66", "D68"]  # fmt: skip


def received(root: Path, folders: list[Path]) -> tuple[Door, list]:
    where = places(root / "state")
    door = Door(where, Keyring.load(where), root)
    found = [delivery for folder in folders for delivery in deliveries.find(folder)]
    return door, [receive.receive(one, catalogue(), door.places, door.keyring, AT) for one in found]


@pytest.fixture(scope="session")
def pilot_door(pilot: Path, tmp_path_factory):
    """The three pilot months, received."""
    return received(tmp_path_factory.mktemp("pilot"), [pilot])


def injected(pilot: Path) -> list[tuple[str, dict[str, str]]]:
    found = []
    for path in sorted(pilot.glob("truth/*/injected_defects.csv")):
        with path.open(encoding="utf-8") as file:
            found += [(path.parent.name, row) for row in csv.DictReader(file)]
    return found


def test_the_pilots_receipts_tell_exactly_the_faults_put_in(pilot: Path, pilot_door) -> None:
    _, answers = pilot_door
    expected: dict[tuple[str, str], Counter] = {}
    for day, row in injected(pilot):
        rule = row["expected"].split()[0]
        if rule != "D40":  # normalised without a word
            expected.setdefault((day, row["feed"]), Counter())[rule] += 1
    told = {
        (receipt.extract_date.isoformat(), file.feed): Counter(
            {rule: count for rule, count in file.rules.items() if not rule.startswith("R")}
        )
        for receipt in answers
        for file in receipt.files
    }
    assert {key: rules for key, rules in told.items() if rules} == expected
    for receipt in answers:
        for file in receipt.files:
            assert file.received == file.staged + file.quarantined + file.dropped


def test_the_rows_in_quarantine_are_the_rows_put_in(pilot: Path, pilot_door) -> None:
    door, _ = pilot_door
    rows = {(line["extract_date"], line["feed"]): 0 for line in quarantine.listing(door.places, door.keyring)}
    for line in quarantine.listing(door.places, door.keyring):
        rows[line["extract_date"], line["feed"]] += 1
    wanted = Counter((day, row["feed"]) for day, row in injected(pilot) if "quarantine" in row["expected"])
    assert rows == wanted
    for day, row in injected(pilot):
        if row["expected"].startswith(("D31", "D33", "D36")):
            key = [row["record_key"], day]
            found = door.query(
                f'SELECT count(*) FROM staged."{row["feed"]}" WHERE record_key = ? AND extract_date = ?', key
            )
            assert found == [(0,)]


def test_the_pilot_lets_every_service_publish(pilot_door) -> None:
    door, _ = pilot_door
    assert all(not door.in_force().blocks(card) for card in catalogue().services)


@pytest.fixture(scope="session")
def broken_base(broken: Path, tmp_path_factory) -> Door:
    """The two months before the broken deliveries, received."""
    folders = [broken / "base" / day for day in ("2026-08-31", "2026-09-30")]
    door, answers = received(tmp_path_factory.mktemp("base"), folders)
    assert {receipt.outcome for receipt in answers} == {"accept"}
    return door


@pytest.mark.parametrize("sample", _SAMPLES)
def test_a_broken_sample_gets_its_labelled_answer(broken: Path, broken_base: Door, tmp_path: Path, sample: str) -> None:
    wanted = json.loads((broken / sample / "expected.json").read_text(encoding="utf-8"))
    door = copied(broken_base, tmp_path)
    if sample == "D60":
        door.take(broken / "base" / "2026-10-31" / wanted["source"])
    shutil.copytree(broken / sample / wanted["source"], tmp_path / wanted["source"])
    (delivery,) = deliveries.find(tmp_path / wanted["source"])
    receipt = receive.receive(delivery, catalogue(), door.places, door.keyring, AT)
    (line,) = [file for file in receipt.files if file.feed == wanted["feed"]]
    assert line.outcome == wanted["expect"]
    if wanted["rows_affected"] is not None:
        assert wanted["rows_affected"] in line.rules.values()
    in_force = state.in_force(door.places, door.keyring, catalogue())
    kept = {
        card.purpose_code
        for card in catalogue().services
        if any(wanted["source"] in reason or "missing" in reason for reason in in_force.blocks(card))
    }
    assert kept == set(wanted["publications_to_stay_on_last_good"])
