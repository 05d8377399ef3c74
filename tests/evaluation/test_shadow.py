"""Shadow mode: a proposed pack at work beside the live one, told in totals, leaving nothing behind."""

from __future__ import annotations

import re
import shutil
from datetime import date

import pytest

from fairview.domain import disclosure
from fairview.evaluation import desk, monitoring, packs, shadow
from fairview.store import generations

SERVICE = "homelessness_prevention"
RULES = f"{SERVICE}_rules.csv"
BANDS = f"{SERVICE}_bands.csv"


def pack_with(declared, folder, name: str, change) -> object:
    """A pack like the committed one with one seed's rows changed."""
    shutil.copytree(packs.home(declared, SERVICE), folder)
    columns, rows = packs.read(folder / name)
    packs.write(folder / name, columns, change(rows))
    return folder


def lowered(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Every band begins at five points, from next year on."""
    ended = [{**row, "valid_to": "2026-12-31"} for row in rows]
    return ended + [
        {**row, "minimum_points": str(5 + 20 * (row["band_code"] == "CONTACT_NOW")), "valid_from": "2027-01-01"}
        for row in rows
    ]


def standing(root) -> dict:
    """Every file of a state but scratch, with when it was last written."""
    files = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    return {path: (root / path).stat().st_mtime_ns for path in files if "work" not in path.parts}


@pytest.fixture(scope="module")
def cast(walked, declared, tmp_path_factory):
    """A pack that lets far more households onto the list, run in shadow once. With it what stood in the state before and after."""
    folder = pack_with(declared, tmp_path_factory.mktemp("packs") / "lower", BANDS, lowered)
    here = walked.here
    before = standing(here.places.root)
    found = shadow.cast(here.places, here.keyring, here.catalogue, SERVICE, folder)
    return found, before, standing(here.places.root)


def test_who_would_enter_and_leave_is_told_in_totals_under_disclosure_control(cast):
    found, _, _ = cast
    everybody = found.moved[0]
    assert (everybody.attribute, everybody.group) == ("", "everybody")
    assert everybody.enters.value is not None
    assert everybody.enters.value >= disclosure.THRESHOLD
    assert everybody.leaves.is_suppressed
    assert {one.attribute for one in found.moved[1:]} == set(monitoring.ATTRIBUTES)
    for one in found.moved:
        for told in (one.stays, one.enters, one.leaves):
            assert told.value is None or (told.value >= disclosure.THRESHOLD and told.value % disclosure.ROUNDING == 0)
    assert found.files == (BANDS,)


def test_the_state_is_as_it_was_and_nothing_is_left_in_its_scratch(walked, cast):
    _, before, after = cast
    assert after == before
    assert not list(walked.here.places.work.glob("shadow-*"))
    assert generations.current(walked.here.places, SERVICE).name == walked.months[-1].generations[SERVICE]


def test_what_enters_is_what_a_rebuild_by_hand_puts_on_the_list(walked, cast):
    """Points from five up make the list, as far as it reaches: counted from the live mart's facts alone."""
    found, _, _ = cast
    with desk.desk(walked.here.places, walked.here.keyring, [SERVICE]) as con:
        capacity = con.execute(
            "SELECT count(*) FROM (SELECT household_id FROM homelessness_prevention.main.household_indicators WHERE NOT is_open_case "
            "GROUP BY household_id HAVING sum(points) >= 5 OR bool_or(is_direct_referral))"
        ).fetchone()[0]
        listed = con.execute("SELECT count(*) FROM homelessness_prevention.main.prevention_list").fetchone()[0]
    expected = min(capacity, 80 + capacity) - listed if capacity <= 80 else 80 - listed
    assert abs(found.moved[0].enters.value - expected) <= disclosure.ROUNDING


def test_a_pack_that_proposes_nothing_is_refused(declared, tmp_path):
    folder = pack_with(declared, tmp_path / "same", RULES, lambda rows: rows)
    with pytest.raises(packs.PackUnfit, match="nothing"):
        packs.proposed(declared, SERVICE, folder)


def test_a_pack_with_a_strange_file_or_column_or_an_orphan_is_refused_by_file_and_row(declared, tmp_path):
    strange = pack_with(declared, tmp_path / "strange", RULES, lambda rows: rows)
    (strange / "extra.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(packs.PackUnfit, match=r"extra\.csv"):
        packs.proposed(declared, SERVICE, strange)
    other = pack_with(declared, tmp_path / "other", RULES, lambda rows: rows)
    columns, rows = packs.read(other / RULES)
    packs.write(other / RULES, [*columns, "more"], [{**row, "more": ""} for row in rows])
    with pytest.raises(packs.PackUnfit, match="columns"):
        packs.proposed(declared, SERVICE, other)
    orphan = pack_with(declared, tmp_path / "orphan", RULES, lambda rows: [{**rows[0], "parent": ""}, *rows[1:]])
    with pytest.raises(packs.PackUnfit, match="row 2"):
        packs.proposed(declared, SERVICE, orphan)


def test_a_row_dated_ahead_is_brought_forward_in_place_of_the_one_before_it(declared, tmp_path):
    folder = pack_with(declared, tmp_path / "lower", BANDS, lowered)
    house = packs.overlay(declared, SERVICE, folder, date(2026, 10, 31), tmp_path / "house")
    _, rows = packs.read(packs.home(house, SERVICE) / BANDS)
    assert {(row["band_code"], row["minimum_points"]) for row in packs.in_force(rows, date(2026, 10, 31))} == {
        ("CONTACT_NOW", "25"),
        ("OFFER_HELP", "5"),
    }
    assert len(packs.in_force(rows, date(2026, 10, 31))) == 2
    assert re.match(r"\d{4}", rows[0]["valid_from"])
