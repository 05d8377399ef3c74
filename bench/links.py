"""What linking costs as a council grows: `python -m bench.links 20000 60000 200000 1000000`.

Each size is a vault of staged records, linked once in full by a process of its own, on one thread. Printed: CPU seconds of
the run (starting Python, the same at every size, would make the growth look smaller and is left out), peak memory of the
process, the exponent of growth between sizes, the ratio to stock Splink on the same records, and what a month with
one record in fifty changed costs against the full run. Stock Splink is left out above `--stock-up-to` residents, the
month above `--month-up-to`.

The records are those of demo councils of 20,000 (five seeds). A larger council is several such towns side by side:
every reference, address, number, e-mail and telephone of a town is its own, its people's birth dates are shifted by days, and
its names are drawn from the same pool, so that namesakes and people born on one day grow with the square of the size, as
they do in a city. Nobody here exists.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import re
import shutil
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from bench.walk import measure
from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.identity import declarations, link, records, stock
from fairview.intake import deliveries, tables
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places, places

_TOWN = 20_000
_SEEDS = 5
_AT = datetime(2026, 11, 26, tzinfo=UTC)
_FEEDS = (*records.PERSON_FEEDS, "properties", "council_tax_properties", "council_tax_occupations", "tenancies")
# What makes a town's rows its own, by what a column holds. {n} is the town's number, {x} the column.
_OWN = {
    r"record_key|account_ref|property_ref|claim_id|ctax_ref|rent_ref|payref|house_ref|tag_ref|prop_ref|claim_ref|person_ref|"
    r"invoice_no|incident_ref|reg_id|death_id|objection_id|notice_ref|account_no|case_ref": "'{n}-' || {x}",
    r"uprn|last_uprn|redirect_uprn|parent_uprn": "'{n}' || {x}",
    r"nino|ni_no": "'ABCEHJLMPRSWXY'[1 + {n} // 14] || 'ABCEHJLMPRSWXY'[1 + {n} % 14] || substr({x}, 3)",  # all issued
    r"postcode|last_postcode|fwd_postcode": "chr(65 + {n} // 8) || chr(65 + {n} % 8) || substr({x}, 3)",
    r"email": "'{n}.' || {x}",
    r"phone": "{x} || '{n}'",
    r"debt_refs": "regexp_replace({x}, '(CT|HBOP|SUN):', '\\1:{n}-', 'g')",
    # Placeholders stay what they are.
    r"dob|birth_date": "CASE WHEN strftime({x}, '%d%m') = '0101' THEN {x} ELSE CAST({x} + INTERVAL ({shift}) DAY AS DATE) END",
}  # fmt: skip


def _base(folder: Path, seed: int) -> Path:
    """A state with one received month of a demo council; made once."""
    state = folder / f"town-{seed}" / "state"
    if not state.exists():
        from fairview.demo.council import write_deliveries

        with tempfile.TemporaryDirectory() as sent:
            write_deliveries(_TOWN, seed, 1, Path(sent))
            here = walk.house(catalogue(), places(state))
            for delivery in deliveries.find(Path(sent)):
                walk.receive(here, delivery, _AT)
    return state


def _columns(con, feed: str, town: int) -> str:
    names = [row[0] for row in con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'base' AND schema_name = 'staged' AND table_name = ?", [feed]).fetchall()]  # fmt: skip
    shift = town * 37 % 365 - 182 if town >= _SEEDS else 0
    chosen = []
    for name in names:
        form = next((form for pattern, form in _OWN.items() if re.fullmatch(pattern, name)), "{x}")
        quoted = f'"{name}"'
        chosen.append(f"{form.format(n=town + 10, x=quoted, shift=shift)} AS {quoted}")
    return ", ".join(chosen)


def make(folder: Path, residents: int) -> Path:
    """A vault with the staged records of so many residents; no run has been made in it."""
    council, draft = folder / f"council-{residents}", folder / f"council-{residents}.draft"
    if council.exists():
        return council / "state"
    shutil.rmtree(draft, ignore_errors=True)
    here = walk.house(catalogue(), places(draft / "state"))
    with opening.vault(here.places, here.keyring, threads=1) as con:
        tables.ensure(con, here.catalogue)
        for town in range(max(1, round(residents / _TOWN))):
            base = places(_base(folder, town % _SEEDS + 1))
            opening.attach(con, base.vault, "base", Keyring.load(base).vault_key(), read_only=True)
            for feed in _FEEDS:
                con.execute(
                    f"INSERT INTO vault.staged.{feed} BY NAME SELECT {_columns(con, feed, town)} FROM base.staged.{feed}"
                )
            con.execute("DETACH base")
    return draft.rename(council) / "state"


def _as_at(con) -> date:
    return con.execute("SELECT max(extract_date) FROM vault.staged.council_tax_accounts").fetchone()[0]


def _open(state: Path) -> tuple[Places, Keyring]:
    where = places(state)
    return where, Keyring.load(where)


def run_link(state: Path) -> dict:
    """One run on everything staged."""
    where, keyring = _open(state)
    with opening.vault(where, keyring, read_only=True) as con:
        as_at = _as_at(con)
    return _linked(where, keyring, as_at)


def _linked(where: Places, keyring: Keyring, as_at: date) -> dict:
    before = time.process_time()
    receipt = link.link_people(where, keyring, as_at, _AT, threads=1, memory="3GB")
    spent = time.process_time() - before
    return {"records": receipt.records, "people": receipt.people, "scored": receipt.scored_anew, "cpu": spent}


def run_month(state: Path) -> dict:
    """A month later: one account in fifty has another telephone, one in fifty is gone; linked as a run in service links."""
    where, keyring = _open(state)
    with opening.vault(where, keyring, threads=1) as con:
        as_at = _as_at(con)
        con.execute(
            "UPDATE vault.staged.council_tax_accounts SET phone = '020 7946 0' || right(account_ref, 3) WHERE hash(account_ref) % 50 = 1"
        )
        for feed in ("council_tax_accounts", "council_tax_parties", "council_tax_occupations"):
            con.execute(f"DELETE FROM vault.staged.{feed} WHERE hash(account_ref) % 50 = 2")
    return _linked(where, keyring, as_at)


def run_stock(state: Path) -> dict:
    """Stock Splink from the same staged records, in one shape, to its clusters."""
    where, keyring = _open(state)
    with opening.vault(where, keyring, read_only=True, threads=1, memory="3GB") as con:
        con.execute("USE memory")
        before = time.process_time()
        records.gather(con, declarations.declarations(), _as_at(con))
        stock.link_records(con)
        spent = time.process_time() - before
        people = con.execute("SELECT count(DISTINCT cluster) FROM stock_clusters").fetchone()[0]
        return {"people": people, "cpu": spent}


_STEPS = {"link": run_link, "month": run_month, "stock": run_stock}


def _apart(step: str, state: Path) -> tuple[float, dict]:
    """Peak memory in MiB of a process of its own, and what it found."""
    cost = measure(
        [sys.executable, "-m", "bench.links", "--step", step, "--state", str(state)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return cost.peak, json.loads(cost.said)


def bench(sizes: list[int], folder: Path, stock_up_to: int, month_up_to: int) -> None:
    """Print a line for each size as it is done."""
    print(
        f"{'residents':>10}{'records':>11}{'people':>10}{'scored':>12}{'CPU s':>9}{'growth':>8}{'peak MiB':>10}{'month CPU':>11}{'stock CPU':>11}{'ratio':>7}"
    )
    before = first = None
    for size in sizes:
        state = make(folder, size)
        peak, found = _apart("link", state)
        cpu = found["cpu"]
        cpu_stock = _apart("stock", state)[1]["cpu"] if size <= stock_up_to else None
        month = _apart("month", state)[1]["cpu"] if size <= month_up_to else None
        growth = math.log(cpu / before[1]) / math.log(found["records"] / before[0]) if before else None
        print(
            f"{size:>10,}{found['records']:>11,}{found['people']:>10,}{found['scored']:>12,}{cpu:>9.1f}"
            f"{f'{growth:.2f}' if growth is not None else '':>8}{peak:>10,.0f}{f'{month:.1f}' if month else '-':>11}"
            f"{f'{cpu_stock:.1f}' if cpu_stock else '-':>11}{f'{cpu / cpu_stock:.2f}' if cpu_stock else '-':>7}",
            flush=True,
        )
        before = (found["records"], cpu)
        first = first or before
        shutil.rmtree(state.parent)
    if len(sizes) > 1:
        growth = math.log(before[1] / first[1]) / math.log(before[0] / first[0])
        print(f"cost grows as records^{growth:.2f} from the first size to the last (at most 1.1 is permitted)")


def main() -> None:
    """Run what the command line asks for."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("sizes", nargs="*", type=int)
    words.add_argument("--stock-up-to", type=int, default=200_000)
    words.add_argument("--month-up-to", type=int, default=200_000)
    words.add_argument("--folder", type=Path, help="Keep the demo towns here for another time.")
    words.add_argument("--step", choices=_STEPS, help=argparse.SUPPRESS)
    words.add_argument("--state", type=Path, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.step:
        importlib.import_module("splink")  # before the clock starts: it costs the same at every size
        print(json.dumps(_STEPS[asked.step](asked.state)))
        return
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="fairview-links-"))
    try:
        bench(asked.sizes or [20_000, 60_000], folder, asked.stock_up_to, asked.month_up_to)
    finally:
        if not asked.folder:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
