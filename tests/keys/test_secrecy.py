"""Keys show in no process list, environment, log or artefact; a service's account cannot open the other two."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import psutil
import pytest

from fairview import walk
from fairview.contracts.catalogue import HOUSE
from fairview.errors import FairviewError
from fairview.governance import handing_over
from fairview.store import generations
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, places

SERVICES = ("homelessness_prevention", "asb_victim_support", "informed_debt")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only the machine's administrator can make accounts")


def forms(keyring: Keyring) -> set[bytes]:
    """Every key of a keyring, as hex, as base64 and raw."""
    held = [keyring._root, bytes.fromhex(keyring.vault_key()), keyring.landing_key(), keyring.registry_key()]
    held += [keyring.reference_key(), keyring.verdict_key(), keyring.zone_key(WAREHOUSE)]
    held += [key for service in SERVICES for key in (keyring.zone_key(service), keyring.pseudonym_key(service))]
    assert len(set(held)) == len(held)
    return {form for key in held for form in (key, key.hex().encode(), base64.b64encode(key).rstrip(b"="))}


def test_no_key_is_in_an_environment_a_command_line_or_a_file_outside_the_key_folder(walked, tmp_path):
    sought = forms(walked.here.keyring)
    where = places(tmp_path / "state")
    shutil.copytree(walked.here.places.keys, where.keys)
    first = min(path for path in walked.deliveries.iterdir() if path.is_dir())
    process = subprocess.Popen(
        [sys.executable, "-m", "fairview", "deliver", str(first), "--state", str(where.root)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=HOUSE,
        env=os.environ | {"PYTHONPATH": str(HOUSE / "plugins")},
    )  # fmt: skip
    seen, looked = set(), 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        for one in [watched, *watched.children(recursive=True)]:
            for name in ("cmdline", "environ"):
                try:
                    shown = Path(f"/proc/{one.pid}/{name}").read_bytes()
                except OSError:
                    continue
                looked += 1
                seen |= {form for form in sought if form in shown}
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
    said = process.stdout.read()
    assert process.returncode == 0, said.decode()[-2000:]
    assert looked > 10 and not seen
    held = [path for path in (*where.root.rglob("*"),) if path.is_file() and not path.is_symlink()]
    found = [path.name for path in held for content in [path.read_bytes()] if any(form in content for form in sought)]
    assert not found and not any(form in said for form in sought)


@pytest.fixture
def accounts():
    """An account of its own for every service's officer, on this machine."""
    made = {service: f"fv{uuid.uuid4().hex[:10]}" for service in SERVICES}
    for name in made.values():
        subprocess.run(["useradd", "--no-create-home", "--user-group", name], check=True, capture_output=True)
    yield made
    for name in made.values():
        subprocess.run(["userdel", name], check=False, capture_output=True)


@pytest.fixture
def handed(walked, accounts):
    """The walked council's state where other accounts can come by, handed over to the three officers' accounts."""
    with tempfile.TemporaryDirectory(prefix="fairview-accounts-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        shutil.copytree(walked.here.places.root, folder / "state", symlinks=True)
        shutil.copytree(walked.here.places.keys, folder / "state.keys")
        here = walk.house(walked.here.catalogue, places(folder / "state"))
        files = {}
        for service, account in accounts.items():
            (folder / account).mkdir()
            files[service] = folder / account / "officer.key"
            handing_over.hand_over(here.places, here.keyring, SERVICES, service, account, files[service])
        yield here, files


# Becomes the account only after the interpreter and the libraries are loaded: they may lie where accounts cannot look.
READ = """
import os, shutil, sys
from pathlib import Path
from fairview.contracts.catalogue import catalogue
from fairview.publication import tables
from fairview.store import keys, opening
from fairview.store.places import Places

root, service, key, account = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
where, declared = Places(root, root.with_name("state.keys")), catalogue()
extension = shutil.copy(opening.httpfs_extension(), root.parent)
opening.httpfs_extension = lambda: extension
tables.tables(where, declared, service, keys.Keyring.load(where).zone_key(service))
import pwd
found = pwd.getpwnam(account)
os.setgroups([])
os.setgid(found.pw_gid)
os.setuid(found.pw_uid)
os.chdir("/")
print(len(tables.tables(where, declared, service, keys.zone_key_from(key))))
"""


def read_as(account: str, root: str, service: str, key: Path) -> subprocess.CompletedProcess:
    """Read a service's published tables with a key file, as an account."""
    return subprocess.run(
        [sys.executable, "-c", READ, root, service, str(key), account],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(HOUSE / "plugins")},
    )  # fmt: skip


def as_account(account: str, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        list(command), user=account, group=account, extra_groups=[], capture_output=True, text=True, check=False,
        cwd="/", env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )  # fmt: skip


@AS_ROOT
def test_a_services_account_reads_its_own_marts_and_can_open_nothing_else_of_the_state(handed, accounts):
    here, files = handed
    root = str(here.places.root)
    for service, account in accounts.items():
        own = read_as(account, root, service, files[service])
        assert own.returncode == 0 and int(own.stdout) == len(here.catalogue.service(service).tables), own.stderr
        for other in (one for one in SERVICES if one != service):
            refused = read_as(account, root, other, files[service])
            assert refused.returncode != 0 and "Permission denied" in refused.stderr
            assert "Permission denied" in as_account(account, "ls", f"{root}/services/{other}/").stderr
            assert "Permission denied" in as_account(account, "cat", str(files[other])).stderr
    for closed in ("vault.duckdb", "ledger/ledger.jsonl", "warehouse/current/manifest.json", "../state.keys/root.key"):
        assert "Permission denied" in as_account(accounts["informed_debt"], "cat", f"{root}/{closed}").stderr, closed
    assert "Permission denied" in as_account(accounts["informed_debt"], "ls", root).stderr


@AS_ROOT
def test_what_is_published_next_is_open_to_the_same_group_and_a_candidate_is_not(handed, accounts):
    here, _ = handed
    service = "informed_debt"
    zone = here.places.zone(service)
    candidate = generations.begin(here.places, here.keyring, service)
    assert candidate.path.stat().st_mode & 0o077 == 0, "a candidate nobody has judged can be read"
    shutil.copyfile(generations.current(here.places, service).database, candidate.database)
    generations.seal(candidate, {})
    generations.switch(here.places, candidate)
    listed = as_account(accounts[service], "cat", str(zone / "current" / "manifest.json"))
    assert listed.returncode == 0
    assert candidate.database.stat().st_gid == zone.stat().st_gid


@AS_ROOT
def test_a_group_that_reads_one_service_is_not_given_another(handed, accounts, tmp_path):
    here, _ = handed
    with pytest.raises(FairviewError, match="each service needs a group of its own"):
        handing_over.hand_over(
            here.places, here.keyring, SERVICES, "informed_debt", accounts["asb_victim_support"], tmp_path / "k"
        )
    with pytest.raises(FairviewError, match="no such account"):
        handing_over.hand_over(
            here.places, here.keyring, SERVICES, "informed_debt", "nobody-of-that-name", tmp_path / "k"
        )
