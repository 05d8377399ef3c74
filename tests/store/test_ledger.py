"""The ledger's chain shows any edit, removal or re-ordering."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairview.errors import StoreError
from fairview.store import ledger

AT = datetime(2026, 10, 31, tzinfo=UTC)


@pytest.fixture
def chain(where):
    for number in range(6):
        ledger.append(where, "delivery", AT, source="revenues", received=number)
    return where.ledger / "ledger.jsonl"


def test_an_untouched_chain_verifies_and_its_head_moves_with_every_entry(where, chain):
    before = ledger.verify(where)
    ledger.append(where, "publication", AT, service="informed_debt")
    assert ledger.verify(where) != before
    assert [entry["kind"] for entry in ledger.read(where, "publication")] == ["publication"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_edit_removal_or_reordering_but_the_last_is_found(where, chain, data):
    good = chain.read_text(encoding="utf-8")
    lines = good.splitlines()
    kind = data.draw(st.sampled_from(["edit", "remove", "swap", "repeat"]))
    at = data.draw(st.integers(0, len(lines) - 2))
    if kind == "edit":
        lines[at] = lines[at].replace('"received": ', '"received": 1')
    elif kind == "remove":
        del lines[at]
    elif kind == "swap":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    else:
        lines.insert(at, lines[at])
    chain.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        with pytest.raises(StoreError):
            ledger.verify(where)
    finally:
        chain.write_text(good, encoding="utf-8")


def test_what_was_cut_off_the_end_shows_against_a_head_kept_elsewhere(where, chain):
    head = ledger.verify(where)
    lines = chain.read_text(encoding="utf-8").splitlines()
    chain.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    assert ledger.verify(where) != head
