"""Whatever order deliveries may arrive in, however often and however spoilt in between, the same is in force at the end."""

from __future__ import annotations

import os
import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.conftest import Door
from tests.intake.deliveries import HOUSE, MONTHS, Draft, month_begin

from fairview.intake import quarantine, receipts
from fairview.store.keys import Keyring
from fairview.store.places import places

SOURCES = ("community_safety", "corporate", "revenues")
# Where a row came from tells of the way, not of the state.
_WAY = {"delivery_id", "row_number"}


def _september(number: int) -> dict[str, Draft]:
    """September with late, back-dated, changed and withdrawn rows; number 3 corrects what number 2 got wrong."""
    drafts = {source: Draft(source, 2, number) for source in SOURCES}
    reports = drafts["community_safety"]["asb_incidents"].rows
    earlier = Draft("community_safety", 1)["asb_incidents"].rows
    reports.append(earlier[4] | {"closure_reason": "RESOL"})
    reports.append(earlier[5] | {"withdrawn_ind": "Y"})
    drafts["corporate"]["deaths"].rows.append(Draft("corporate", 1)["deaths"].rows[1] | {"withdrawn_ind": "Y"})
    recovery = drafts["revenues"]["council_tax_recovery"].rows
    recovery.append(recovery[1] | {"reversed_ind": "Y"})
    posted = drafts["revenues"]["council_tax_transactions"].rows
    posted[-1] |= {"txn_date": month_begin(1)}
    if number == 2:
        reports[0] |= {"asb_type": "NOIS"}
        reports.append(earlier[6] | {"hate_ind": "Y"})
        drafts["corporate"]["data_objections"].rows[0] |= {"service_scope": "HSG"}
        drafts["corporate"]["sundry_debts"].rows[1] |= {"stage": "WRONG"}
        recovery[2] |= {"stage": "NOSUCH"}
    return drafts


def _october() -> dict[str, Draft]:
    drafts = {source: Draft(source, 3, 4) for source in SOURCES}
    earlier = Draft("community_safety", 2)["asb_incidents"].rows
    drafts["community_safety"]["asb_incidents"].rows.append(
        earlier[1] | {"ram_score": 12, "ram_date": date(2026, 10, 5)}
    )
    return drafts


def _way(source: str, chance: random.Random) -> list[Draft]:
    """One permitted way of a source: in date order; the first September may be missing, since the correction counts whole."""
    way = [Draft(source, 1, 1)]
    if chance.random() < 0.7:
        way.append(_september(2)[source])
    way.append(_september(3)[source])
    way.append(_october()[source])
    for _ in range(chance.randint(0, 3)):
        at = chance.randint(1, len(way))
        way.insert(at, _noise(way[at - 1], chance))
    for draft in way:
        if draft.number in (1, 2, 3, 4) and chance.random() < 0.5:
            _reorder(draft)
    return way


def _noise(last: Draft, chance: random.Random) -> Draft:
    """What may come in between and must change nothing: an older delivery, or one that is refused whole."""
    if chance.random() < 0.5 and last.month > 1:
        return Draft(last.source, 1, 9)
    broken = Draft(last.source, last.month, last.number)
    broken.manifest_bytes = lambda content: content[: len(content) // 2]
    return broken


def _reorder(draft: Draft) -> None:
    """Rows in another order, where no key stands twice: of a row and its taking back the later one counts."""
    for file in draft.files.values():
        keys = [tuple(row.get(column.name) for column in file.contract.key) for row in file.rows]
        if len(set(keys)) == len(keys):
            file.rows.reverse()


def _state(door: Door) -> dict[str, list[str]]:
    found = {}
    for source in SOURCES:
        for contract in HOUSE.of_source(source):
            for schema in ("staged", "history")[: 1 + (contract.kind == "events")]:
                columns = ", ".join(
                    f'"{name}"'
                    for (name,) in door.query(
                        "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?",
                        [schema, contract.feed],
                    )
                    if name not in _WAY
                )
                rows = door.query(f'SELECT {columns} FROM {schema}."{contract.feed}"')
                found[f"{schema}.{contract.feed}"] = sorted(map(str, rows))
    held = quarantine.listing(door.places, door.keyring)
    found["quarantine"] = sorted(f"{one['file']} {one['delivery']} {one['column']} {one['rule']}" for one in held)
    return found


def _received(root: Path, ways: list[list[Draft]], chance: random.Random) -> Door:
    """A door through which the ways came, interleaved at random, with repeats of what came before."""
    where = places(root / "state")
    door = Door(where, Keyring.load(where), root / "delivered")
    ways = [list(way) for way in ways]
    while ways:
        way = chance.choice(ways)
        draft = way.pop(0)
        first = door.deliver(draft)
        if chance.random() < 0.25:
            again = door.deliver(draft)
            assert "replayed-delivery" in again.rules or first.outcome == "reject_delivery"
        ways = [way for way in ways if way]
    return door


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> dict[str, list[str]]:
    """The state after the straight way: August, the corrected September, October, source by source."""
    ways = [[Draft(source, 1, 1), _september(3)[source], _october()[source]] for source in SOURCES]
    return _state(_received(tmp_path_factory.mktemp("plain"), ways, random.Random(1)))


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=int(os.environ.get("FAIRVIEW_ORDERS", "2")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_every_permitted_order_leads_to_the_same_state(plain, tmp_path_factory, seed: int) -> None:
    chance = random.Random(seed)
    door = _received(tmp_path_factory.mktemp("way"), [_way(source, chance) for source in SOURCES], chance)
    found = _state(door)
    assert {table for table in plain if plain[table] != found[table]} == set()
    last = {
        line["file"]: line for line in receipts.read(door.places, door.keyring) if line["extract_date"] == "2026-10-31"
    }
    for line in last.values():
        if line["outcome"] not in ("reject_file", "reject_delivery"):
            assert line["received"] == line["staged"] + line["quarantined"] + line["dropped"]


def test_the_straight_way_holds_what_it_should(plain) -> None:
    assert plain["quarantine"] == []
    assert sum("True" in row for row in plain["staged.deaths"]) == 1
    assert len(plain["history.asb_incidents"]) == 3
    assert MONTHS[3] == date(2026, 10, 31)
