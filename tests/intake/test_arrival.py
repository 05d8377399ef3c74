"""What arrives is known by its bytes: a corrected file is always seen. What is no delivery at all is refused at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.intake.conftest import AT, Door, line_of
from tests.intake.deliveries import Draft

from fairview.intake import deliveries, landing
from fairview.store import ledger

FEED, FILE = "sundry_debts", "SUNDRY_DEBTS_20261031.txt"


def sent(door: Door) -> Path:
    """A good delivery laid into an inbox. Returns the inbox."""
    Draft("corporate", 3).write(door.folder / "inbox")
    return door.folder / "inbox"


def waiting(door: Door, inbox: Path) -> list[str]:
    return [one.source for one in deliveries.waiting(deliveries.find(inbox), door.places)]


def damaged(data: bytes) -> bytes:
    return data.replace(b"|GARAGE|", b"|GARAGF|", 1)


def test_a_file_put_right_under_the_same_size_is_seen_and_taken(door: Door) -> None:
    inbox = sent(door)
    path = inbox / "2026-10-31" / "corporate" / FILE
    good = path.read_bytes()
    path.write_bytes(damaged(good))
    assert line_of(door.take(inbox), FEED).rules == {"D03": 1}
    assert waiting(door, inbox) == []
    path.write_bytes(good)
    assert waiting(door, inbox) == ["corporate"]
    assert line_of(door.take(inbox), FEED).outcome == "accept"
    assert waiting(door, inbox) == []


def test_a_file_put_right_while_its_delivery_is_read_is_seen_next_time(door: Door, monkeypatch) -> None:
    inbox = sent(door)
    path = inbox / "2026-10-31" / "corporate" / FILE
    good = path.read_bytes()
    path.write_bytes(damaged(good))
    take_in = landing.take_in

    def taken(one: Path, *more):
        found = take_in(one, *more)
        if one.name == FILE:
            one.write_bytes(good)
        return found

    monkeypatch.setattr(landing, "take_in", taken)
    assert line_of(door.take(inbox), FEED).outcome == "reject_file"
    monkeypatch.undo()
    assert waiting(door, inbox) == ["corporate"]


@pytest.mark.parametrize("harm", ["a link", "absent"])
def test_a_file_that_could_not_be_taken_in_is_seen_once_it_can(door: Door, harm: str) -> None:
    inbox = sent(door)
    path = inbox / "2026-10-31" / "corporate" / FILE
    path.rename(inbox.parent / FILE)
    if harm == "a link":
        path.symlink_to(inbox.parent / FILE)
    assert line_of(door.take(inbox), FEED).outcome == "reject_file"
    assert waiting(door, inbox) == []
    (inbox.parent / FILE).replace(path)
    assert waiting(door, inbox) == ["corporate"]
    assert line_of(door.take(inbox), FEED).outcome == "accept"


def test_the_very_same_delivery_with_something_beside_it_waits_only_once(door: Door) -> None:
    inbox = sent(door)
    door.take(inbox)
    (inbox / "2026-10-31" / "corporate" / "readme.txt").write_bytes(b"x")
    assert waiting(door, inbox) == ["corporate"]
    assert "replayed-delivery" in door.take(inbox).rules
    assert waiting(door, inbox) == []
    assert ledger.verify(door.places)


@pytest.mark.parametrize(
    ("outcome", "looked_at"), [("accept", False), ("reject_file", True), ("reject_delivery", True)]
)
def test_what_the_ledger_told_by_sizes_is_looked_at_once_more_where_it_was_refused(
    door: Door, outcome: str, looked_at: bool
) -> None:
    inbox = sent(door)
    (delivery,) = deliveries.find(inbox)
    ledger.append(door.places, "delivery", AT, content=deliveries._names_and_sizes(delivery), outcome=outcome)
    assert waiting(door, inbox) == (["corporate"] if looked_at else [])


def test_each_file_that_waits_is_hashed_once(door: Door, monkeypatch) -> None:
    inbox, hashed = sent(door), []
    take_in = landing.take_in
    monkeypatch.setattr(landing, "take_in", lambda path, *more: [hashed.append(path.name), take_in(path, *more)][1])
    assert waiting(door, inbox) == ["corporate"]
    assert sorted(hashed) == sorted(path.name for path in (inbox / "2026-10-31" / "corporate").iterdir())


def test_as_many_strangers_as_may_lie_in_a_folder_are_named_and_one_more_refuses_it(door: Door) -> None:
    agreed = len(Draft("gazetteer", 3).files) + 1
    for more, rules in ((0, {"D02": deliveries.MOST_ENTRIES - agreed}), (1, {"too-many-files": 1})):
        draft = Draft("gazetteer", 3, number=3 + more)
        draft.strangers = {f"extra{number}.csv": b"x" for number in range(deliveries.MOST_ENTRIES - agreed + more)}
        assert door.deliver(draft).rules == rules


def test_a_delivery_of_thousands_of_files_is_refused_in_a_second(door: Door) -> None:
    draft = Draft("gazetteer", 3)
    draft.strangers = {f"PROPERTIES_2026{number:04d}.csv": b"x" for number in range(5_000)}
    draft.write(door.folder / "inbox")
    began = time.process_time()
    assert waiting(door, door.folder / "inbox") == ["gazetteer"]
    receipt = door.take(door.folder / "inbox")
    assert waiting(door, door.folder / "inbox") == []
    assert time.process_time() - began < 1.5
    assert (receipt.outcome, receipt.rules, receipt.files) == ("reject_delivery", {"too-many-files": 1}, ())


def test_a_manifest_that_names_thousands_of_files_is_refused(door: Door) -> None:
    draft = Draft("gazetteer", 3)
    draft.edits.append(
        lambda manifest: manifest["files"].extend({"feed": f"f{n}", "file": f"{n}.csv"} for n in range(5_000))
    )
    assert door.deliver(draft).rules == {"too-many-files": 1}
