"""An objection nobody is found for, or that could not be read, is a task and then stops the services it names."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.journeys.test_rights_take_effect import HSG, REV, sent_again, tenants_known_to_both

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.governance import objections, record
from fairview.governance.objections import NoSuchTask
from fairview.identity.acts import NotPermitted
from fairview.intake.receipts import REFUSALS
from fairview.store import ledger, opening
from fairview.store.places import places

PURPOSES = ("HSG", "CSF", "REV")
GOVERNANCE, REASON = "information governance", "in_no_other_record"


def now() -> datetime:
    return datetime.now(UTC)


def entry(number: int, surname: str, forename: str, dob: str, postcode: str, uprn: str, scope: str) -> list[str]:
    """An upheld objection as the register writes it."""
    return [f"OB8{number:05d}", surname, forename, dob, postcode, uprn, scope, "OBJ21", "05/10/2026", "UPHELD", "20/10/2026", ""]  # fmt: skip


STRANGER = ("Quillfeather", "Oswin", "03/03/1971", "RM17 9ZZ", "")


@pytest.fixture
def council(walked, tmp_path):
    """A copy of the walked council: its house, its newest delivery, and a folder to send more from."""
    shutil.copytree(walked.here.places.root, tmp_path / "state", symlinks=True)
    shutil.copytree(walked.here.places.keys, tmp_path / "state.keys")
    here = walk.house(catalogue(), places(tmp_path / "state"))
    return here, sorted(path for path in walked.deliveries.iterdir() if path.is_dir())[-1], tmp_path


def receive(here: walk.House, delivery, folder, *rows: list[str]) -> int:
    """Receive the corporate delivery once more with further objections, and nothing after it. Returns how many were set aside."""
    from fairview.intake import deliveries

    (found,) = deliveries.find(sent_again(delivery, folder / f"again{len(rows)}", {"data_objections": list(rows)}, {}))
    receipt = walk.receive(here, found, now())
    assert receipt.outcome not in REFUSALS, [file.messages for file in receipt.files]
    return sum(file.quarantined for file in receipt.files if file.feed == "data_objections")


def reasons(here: walk.House, purpose: str, days: int = 0) -> list[str]:
    """What objections say against publishing, so many days after the newest extract date."""
    state = walk.in_force(here)
    day = state.as_at + timedelta(days=days)
    return objections.reasons(here.places, here.keyring, here.catalogue, state, purpose, day)


def served(here: walk.House) -> set[str]:
    return {one.service for one in walk.serve(here, now()) if one.published}


def test_nothing_is_published_over_objections_that_were_not_linked_yet(council) -> None:
    here, delivery, folder = council
    assert [reasons(here, purpose) for purpose in PURPOSES] == [[], [], []]

    receive(here, delivery, folder, entry(1, *STRANGER, "REV"))

    assert served(here) == set()
    for purpose in PURPOSES:
        assert reasons(here, purpose) == ["data_objections has come in since people were last linked"]


def test_an_objection_nobody_is_found_for_waits_and_stops_the_services_it_names_after_its_deadline(council) -> None:
    here, delivery, folder = council
    receive(here, delivery, folder, entry(1, *STRANGER, "REV"), entry(2, "Thornycroft", "Zelda", "04/04/1944", "RM17 9ZX", "", "ALL"))  # fmt: skip
    walk.link(here, now())

    days = next(feed for feed in here.catalogue.feeds if feed.objections).objections["deadlineDays"]
    tasks = walk.objections_waiting(here, now())
    assert sorted(str(task.scope) for task in tasks) == ["None", "REV"]
    assert {(task.blocks_from - task.since).days for task in tasks} == {days}
    assert [reasons(here, purpose, days - 1) for purpose in PURPOSES] == [[], [], []]
    assert all("past its deadline" in reasons(here, purpose, days)[0] for purpose in PURPOSES)
    assert not any(STRANGER[0].upper() in str(line).upper() for line in ledger.read(here.places))

    (everyone,) = [task for task in tasks if task.scope is None]
    with pytest.raises(NotPermitted):
        walk.close_objection(here, everyone.item, "linking officer", REASON, now())
    with pytest.raises(NoSuchTask):
        walk.close_objection(here, "0123456789ab", GOVERNANCE, REASON, now())
    walk.close_objection(here, everyone.item, GOVERNANCE, REASON, now())
    assert [bool(reasons(here, purpose, days)) for purpose in PURPOSES] == [False, False, True]

    # Through the gate itself, with no days left: the service named keeps what it published, the others go on.
    walk.build_warehouse(here)
    due = replace(
        here,
        catalogue=replace(
            here.catalogue,
            feeds=tuple(
                replace(feed, facts=feed.facts | {"objections": feed.objections | {"deadlineDays": 0}})
                if feed.objections
                else feed
                for feed in here.catalogue.feeds
            ),
        ),
    )
    assert served(due) == {HSG, "asb_victim_support"}
    written = record.read(walk.write_record(here, now()) and here.places)
    assert "Whose person was not found in any other record when people were last linked: fewer than 10" in written


def test_objections_set_aside_stop_every_service_until_they_are_corrected(council) -> None:
    here, delivery, folder = council
    unread = entry(1, *STRANGER, "REV")
    unread[6] = "XXX"
    receive(here, delivery, folder, unread)
    walk.link(here, now())

    assert served(here) == set()
    for purpose in PURPOSES:
        assert "rows of data_objections are set aside" in reasons(here, purpose)[0]


def test_an_objection_written_another_way_reaches_its_person_or_waits_as_a_task(council) -> None:
    here, delivery, folder = council
    people = tenants_known_to_both(here, delivery, folder)[:5]
    ways = ("as held", "blank postcode", "misspelt", "maiden name", "no birth date")
    rows, who = [], dict(zip(ways, people, strict=True))
    for number, (way, one) in enumerate(who.items()):
        written = {
            "as held": (one.surname, one.forename, one.dob, one.postcode, one.uprn),
            "blank postcode": (one.surname, one.forename, one.dob, "", ""),
            "misspelt": (one.surname[:-1] + "x", one.forename, one.dob, one.postcode, one.uprn),
            "maiden name": ("Quillfeather", one.forename, one.dob, one.postcode, one.uprn),
            "no birth date": (one.surname, one.forename, "", one.postcode, one.uprn),
        }[way]
        rows.append(entry(number, *written, "REV"))
    aside = receive(here, delivery, folder, *rows)
    walk.link(here, now())
    walk.build_warehouse(here)
    waiting = len(walk.objections_waiting(here, now()))
    candidate = walk.build_candidate(here, REV)
    gone = {way for way, one in who.items() if not in_candidate(here, candidate, one)}

    assert "as held" in gone
    assert len(gone) + waiting + aside == len(ways)
    assert bool(aside) == bool(reasons(here, "REV"))


def in_candidate(here: walk.House, candidate, tenant) -> bool:
    """Whether a candidate of informed debt holds a debt of somebody."""
    con = opening.connect(here.places)
    opening.attach(con, candidate.database, "mart", candidate.data_key(here.keyring.zone_key(REV)), read_only=True)
    (found,) = con.execute(
        "SELECT count(*) FROM mart.main.debts WHERE person_id = ?", [tenant.known_as[REV]]
    ).fetchone()
    con.close()
    return bool(found)
