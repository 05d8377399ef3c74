"""Keys are rotated by one act each, resumed after a kill anywhere; the key before opens nothing; who is who stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from tests.keys import states
from ulid import ULID

from fairview import walk
from fairview.contracts.catalogue import HOUSE
from fairview.errors import KeyMissing, StoreError
from fairview.governance import reidentification, rotation
from fairview.intake import landing
from fairview.publication import tables
from fairview.store import generations, keys, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, places

SERVICE = states.SERVICE
AT = datetime(2026, 11, 1, tzinfo=UTC)


def copied(walked, folder) -> walk.House:
    """A state of its own with everything of the walked council's, keys too."""
    before = walked.here.places
    shutil.copytree(before.root, folder / "state", symlinks=True)
    shutil.copytree(before.keys, folder / "state.keys")
    return walk.house(walked.here.catalogue, places(folder / "state"))


def links(here: walk.House) -> list[tuple]:
    with opening.vault(here.places, here.keyring, read_only=True) as con:
        return con.execute("SELECT feed, record_key, person_key FROM identity.record_person ORDER BY ALL").fetchall()


def people(here: walk.House, service: str) -> set:
    generation = generations.current(here.places, service)
    con = opening.connect(here.places)
    try:
        opening.attach(con, generation.database, "mart", generation.data_key(here.keyring.zone_key(service)), True)
        return {row[0] for row in con.execute("SELECT DISTINCT person_id FROM mart.debt_list").fetchall()}
    finally:
        con.close()


def test_after_the_vaults_key_is_rotated_the_key_before_opens_neither_vault_nor_landing_and_links_are_the_same(
    walked, tmp_path
):
    here = copied(walked, tmp_path)
    before, vault_before, landing_before = links(here), here.keyring.vault_key(), here.keyring.landing_key()
    counted = rotation.rotate_vault(here.places, here.keyring)
    assert counted["rows"] > 1000 and counted["landed"] > 10
    again = walk.house(here.catalogue, here.places)
    assert links(again) == before
    assert again.keyring.vault_key() != vault_before
    assert not states.opens_vault(here.places, vault_before)
    copy = next((here.places.root / "landing").glob("*/*.enc"))
    assert b"".join(landing.opened(copy, again.keyring.landing_key()))
    with pytest.raises(StoreError):
        next(landing.opened(copy, landing_before))
    assert not here.places.next_vault.exists()


def test_a_service_whose_key_is_rotated_is_published_under_new_pseudonyms_and_the_officers_key_before_opens_nothing(
    walked, tmp_path
):
    here = copied(walked, tmp_path)
    officers = here.places.keys / f"{SERVICE}.key"
    key_before, people_before, links_before = keys.zone_key_from(officers), people(here, SERVICE), links(here)
    other = {
        zone: generations.current(here.places, zone).name
        for zone in (WAREHOUSE, "asb_victim_support", "homelessness_prevention")
    }
    (outcome,) = walk.rotate(here, SERVICE, lambda: AT)
    assert outcome.published, outcome.reasons
    assert not people_before & people(here, SERVICE) and len(people_before) == len(people(here, SERVICE))
    assert tables.tables(here.places, here.catalogue, SERVICE, keys.zone_key_from(officers))
    with pytest.raises(KeyMissing):
        tables.tables(here.places, here.catalogue, SERVICE, key_before)
    assert links(here) == links_before
    assert other == {zone: generations.current(here.places, zone).name for zone in other}


def test_an_open_ticket_is_read_with_the_new_key_only(where, keyring):
    at = datetime(2026, 11, 2, tzinfo=UTC)
    ticket = str(ULID.from_datetime(at)).lower()
    sealed = reidentification._folder(where) / f"{SERVICE}-{ticket}.sealed"
    sealed.write_bytes(keys.wrap(b'{"records": []}', keyring.zone_key(SERVICE), ticket))
    before = keyring.zone_key(SERVICE)
    assert rotation.rotate_zone(where, keyring, SERVICE)["tickets"] == 1
    assert reidentification.open_sealed(where, SERVICE, ticket, keyring.zone_key(SERVICE), at) == {"records": []}
    with pytest.raises(KeyMissing):
        reidentification.open_sealed(where, SERVICE, ticket, before, at)


def test_after_the_roots_key_is_rotated_the_root_before_makes_no_key_that_is_in_use(walked, tmp_path):
    here = copied(walked, tmp_path)
    root_before = (here.places.keys / keys.ROOT).read_text(encoding="ascii")
    old = Keyring(bytes.fromhex(root_before.strip()))
    links_before = links(here)
    served = walk.rotate(here, "root", lambda: AT)
    assert all(one.published for one in served), served
    again = walk.house(here.catalogue, here.places)
    assert links(again) == links_before
    for name in ("vault_key", "landing_key", "registry_key", "reference_key", "verdict_key"):
        assert getattr(old, name)() != getattr(again.keyring, name)(), name
    for card in here.catalogue.services:
        assert old.pseudonym_key(card.service) != again.keyring.pseudonym_key(card.service)
        with pytest.raises(KeyMissing):
            generations.current(here.places, card.service).data_key(old.zone_key(card.service))
    assert not states.opens_vault(here.places, old.vault_key())
    (here.places.keys / keys.ROOT).write_text(root_before, encoding="ascii")
    with pytest.raises(KeyMissing, match="older root key"):
        Keyring.load(here.places)


# In a process of its own that forks once a point: kill at the n-th replaced, removed or synced file, look, call again, look.
KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from fairview.governance import rotation
from fairview.store.keys import Keyring
from fairview.store.places import places
from tests.keys import states

folder, what = Path(sys.argv[1]), sys.argv[2]

def rotate(where, keyring):
    if what == "vault":
        rotation.rotate_vault(where, keyring)
    elif what == "root":
        rotation.rotate_root(where, keyring, [states.SERVICE])
    else:
        rotation.rotate_zone(where, keyring, what)

def stopped_at(fatal, where):
    reached = 0
    def counted(function):
        def stopped(*args, **kwargs):
            nonlocal reached
            reached += 1
            if reached == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)
        return stopped
    keyring = Keyring.load(where)
    for name in ("replace", "unlink"):
        setattr(Path, name, counted(getattr(Path, name)))
    os.fsync = counted(os.fsync)
    rotate(where, keyring)

def finished(where, old):
    states.check_open(where, Keyring.load(where))
    rotate(where, Keyring.load(where))
    states.check_rotated(where, Keyring.load(where), what, *old)

def forked(act, *args):
    pid = os.fork()
    if not pid:
        try:
            act(*args)
        except BaseException as error:
            print(f"{act.__name__}: {type(error).__name__}: {error}", flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

for fatal in range(1, 400):
    copy = folder / "point"
    shutil.copytree(folder / "undisturbed", copy, symlinks=True)
    where = places(copy / "state")
    held = Keyring.load(where)
    old = (held.vault_key(), held.zone_key(states.SERVICE))
    ended = forked(stopped_at, fatal, where)
    if ended == 0:
        print(fatal - 1)
        sys.exit(0)
    if ended != -signal.SIGKILL or forked(finished, where, old) != 0:
        sys.exit(f"point {fatal} of {what}")
    shutil.rmtree(copy)
"""


@pytest.mark.parametrize(("what", "least"), [("vault", 8), (states.SERVICE, 10), ("root", 30)])
def test_a_rotation_killed_at_any_step_leaves_everything_open_and_is_finished_by_calling_it_again(
    what, least, tmp_path
):
    made = "import sys; from pathlib import Path; from tests.keys import states; states.small_state(Path(sys.argv[1]))"
    path = os.pathsep.join(["plugins", "."])
    settings = {
        "capture_output": True,
        "text": True,
        "check": False,
        "cwd": HOUSE,
        "env": os.environ | {"PYTHONPATH": path},
    }
    subprocess.run([sys.executable, "-c", made, str(tmp_path / "undisturbed")], **settings)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), what], **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) >= least


def test_a_process_that_holds_keys_leaves_no_core_dump(where):
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import resource, sys\nfrom fairview.store.keys import Keyring\nfrom fairview.store.places import places\n"
            "Keyring.load(places(sys.argv[1]))\nprint(resource.getrlimit(resource.RLIMIT_CORE))",
            str(where.root),
        ],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert said.stdout.strip() == "(0, 0)"
