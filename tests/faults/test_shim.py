"""The shim sees what strace sees: the same calls on the same files, in number and name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.faults.enumerate_faults import shim

# Everything the house does to files, in one process and two threads, with DuckDB's own writer among them.
WORK = """
import ctypes, os, shutil, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from fairview.store import generations, ledger, opening, scratch
from fairview.store.keys import Keyring
from fairview.store.places import places
where = places(sys.argv[1])
keyring = Keyring.load(where)
log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT) if sys.argv[2] != "-" else None
if log is not None:
    ctypes.CDLL(None).fv_arm(sys.argv[1].encode(), 0, 0, log)
os.path.exists("/begin")
def publish(rows):
    candidate = generations.begin(where, keyring, "informed_debt")
    con = opening.connect(where)
    opening.attach(con, candidate.database, "mart", candidate.data_key(keyring.zone_key("informed_debt")))
    con.execute(f"CREATE TABLE mart.debts AS SELECT range AS debt, md5(range::VARCHAR) AS held FROM range({rows})")
    con.execute("CHECKPOINT mart")
    con.close()
    generations.seal(candidate, {})
    generations.attest(candidate, {})
    generations.switch(where, candidate)
    scratch.lay(where, where.public / "record.md", "x" * 10_000)
    ledger.append(where, "publication", datetime(2026, 10, 31, tzinfo=UTC), service="informed_debt")
for rows in (10, 200_000):
    thread = threading.Thread(target=publish, args=(rows,))
    thread.start()
    thread.join()
with opening.vault(where, keyring) as con:
    con.execute("CREATE TABLE t AS SELECT * FROM range(1000)")
shutil.copy(where.public / "record.md", where.public / "copy.md")
(where.public / "copy.md").chmod(0o600)
(where.public / "copy.md").unlink()
os.path.exists("/end")
if log is not None:
    ctypes.CDLL(None).fv_disarm()
"""
NAMES = {"openat": "open", "creat": "open", "pwrite64": "pwrite64", "renameat": "rename", "fchmodat": "chmod", "mkdirat": "mkdir",
         "symlinkat": "symlink", "linkat": "link", "unlinkat": "unlink"}  # fmt: skip
TRACED = (
    "openat,open,creat,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,"
    "rmdir,mkdir,mkdirat,symlink,symlinkat,link,linkat,chmod,fchmod,fchmodat,sendfile,copy_file_range,stat,newfstatat"
)


def _by_strace(state: Path, log: Path) -> Counter:
    command = ["strace", "-f", "-qq", "-y", "-s", "0", "-e", f"trace={TRACED}", "-e", "signal=none", "-o", str(log)]
    subprocess.run([*command, sys.executable, "-c", WORK, str(state), "-"], check=True, timeout=300)
    found: Counter = Counter()
    within = False
    for line in log.read_text(errors="replace").splitlines():
        within = within or "/begin" in line
        if "/end" in line:
            break
        call = re.match(r"\d+ +(\w+)\(", line)
        # Only the state: the keys lie beside it, in a folder whose name begins alike.
        if (
            not within
            or not call
            or not re.search(re.escape(str(state)) + r"[/\">]", line)
            or call[1] in ("stat", "newfstatat")
        ):
            continue
        name = call[1]
        if name in ("openat", "open") and not re.search(r"O_CREAT|O_TRUNC", line):
            continue
        if name == "unlinkat" and "AT_REMOVEDIR" in line:
            name = "rmdir"
        found[NAMES.get(name, name)] += 1
    return found


def _by_shim(state: Path, log: Path, folder: Path) -> Counter:
    environment = os.environ | {"LD_PRELOAD": str(shim(folder))}
    subprocess.run([sys.executable, "-c", WORK, str(state), str(log)], check=True, env=environment, timeout=300)
    return Counter(line.split(" ")[1] for line in log.read_text().splitlines())


@pytest.mark.skipif(not shutil.which("strace") or not shutil.which("gcc"), reason="strace or gcc is not here")
def test_the_shim_counts_the_calls_that_strace_counts(tmp_path):
    try:
        traced = _by_strace(tmp_path / "a" / "state", tmp_path / "traced.log")
    except subprocess.CalledProcessError:
        pytest.skip("tracing is not permitted here")
    counted = _by_shim(tmp_path / "b" / "state", tmp_path / "counted.log", tmp_path)
    assert sum(counted.values()) > 100
    assert counted == traced
