"""From a service's pseudonym back to a name: by three people, logged first, for seven days; refused otherwise."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from fairview import walk
from fairview.errors import Blocked, StoreError
from fairview.governance import reidentification
from fairview.governance.reidentification import KEPT_DAYS, Request
from fairview.store import generations, ledger, opening
from fairview.store.places import places

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SERVICE = "informed_debt"
APPROVERS = ("anne.approver", "bert.approver")


@pytest.fixture(scope="module")
def here(walked, tmp_path_factory):
    """A copy of the walked council's state and keys."""
    folder = tmp_path_factory.mktemp("reidentified")
    shutil.copytree(walked.here.places.root, folder / "state", symlinks=True)
    shutil.copytree(walked.here.places.keys, folder / "state.keys")
    return walk.house(walked.here.catalogue, places(folder / "state"))


@pytest.fixture(scope="module")
def person_id(here) -> str:
    """Somebody on the published list."""
    generation = generations.current(here.places, SERVICE)
    con = opening.connect(here.places)
    opening.attach(con, generation.database, "mart", generation.data_key(here.keyring.zone_key(SERVICE)), True)
    (found,) = con.execute("SELECT person_id::VARCHAR FROM mart.debt_list ORDER BY list_position LIMIT 1").fetchone()
    con.close()
    return found


def reveal(here, person_id: str, by: str = "olive.officer", approvers=APPROVERS, purpose="offer_of_help") -> str:
    request = Request(SERVICE, person_id, purpose, by)
    return reidentification.reveal(here.places, here.keyring, here.catalogue, request, approvers, AT)


def look_ups(here) -> tuple[int, int]:
    """Entries of the ledger and of the vault's register."""
    logged = sum(1 for _ in ledger.read(here.places, "reidentification"))
    with opening.vault(here.places, here.keyring, read_only=True) as con:
        made = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reidentifications'").fetchone()[0]
        registered = con.execute("SELECT count(*) FROM identity.reidentifications").fetchone()[0] if made else 0
    return logged, registered


def test_three_people_name_a_person_and_it_is_logged_registered_and_ends_after_its_days(here, person_id):
    before = look_ups(here)
    ticket = reveal(here, person_id)
    assert look_ups(here) == (before[0] + 1, before[1] + 1)
    (entry,) = list(ledger.read(here.places, "reidentification"))[before[0] :]
    assert (entry["requested_by"], entry["approved_by"]) == ("olive.officer", sorted(APPROVERS))
    assert person_id not in str(entry)

    key = here.keyring.zone_key(SERVICE)
    opened = reidentification.open_sealed(here.places, SERVICE, ticket, key, AT + timedelta(KEPT_DAYS))
    assert opened["records"], "nobody was named"
    assert not any("feed" in record for record in opened["records"]), (
        "which register a record came from is nobody's business"
    )
    assert any("surname" in name or "name" in name for record in opened["records"] for name in record)
    with pytest.raises(StoreError, match="its time has passed"):
        reidentification.open_sealed(here.places, SERVICE, ticket, key, AT + timedelta(KEPT_DAYS, seconds=1))


@pytest.mark.parametrize(
    ("by", "approvers"),
    [
        ("olive.officer", ("anne.approver", "anne.approver")),
        ("anne.approver", APPROVERS),
        ("olive.officer", ("anne.approver", None)),
        ("olive.officer", ("anne.approver", "")),
        ("", APPROVERS),
    ],
)
def test_fewer_than_three_people_name_nobody(here, person_id, by, approvers):
    before = look_ups(here)
    with pytest.raises(Blocked, match="three different people"):
        reveal(here, person_id, by, approvers)
    assert look_ups(here) == before


def test_a_request_that_finds_nobody_is_refused_and_is_no_look_up(here, person_id):
    before = look_ups(here)
    with pytest.raises(Blocked, match="in none of the service's published tables"):
        reveal(here, str(uuid4()))
    with pytest.raises(Blocked, match="not one of this service's pseudonyms"):
        reveal(here, "somebody")
    with pytest.raises(Blocked, match="purpose"):
        reveal(here, person_id, purpose="curiosity")
    assert look_ups(here) == before
