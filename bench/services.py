"""Each service's mart against plain DuckDB SQL of the same aggregates from the same warehouse: `python -m bench.services RESIDENTS…`.

One month of a demo council of 20,000 is walked (or --state names a walked one); for more residents its warehouse is laid side by
side with copies of itself under other keys, so that every table grows alike. Counted is the CPU of every statement: of the mart all
that dbt sends (data tests too, one statement at a time) and what makes the candidate whole afterwards (checkpoint, rows counted,
hash, seal); of the floor all its SQL and its checkpoint. What the same statements cost on the same warehouse without rows is taken
off both, each measured --times and the least taken; the ratio is of what the rows cost. The whole processes, with what dbt itself
needs, are shown beside it: dbt's own start swings by more than the rows cost, so no ratio is drawn from it. Only the ratios travel.

The floor writes every published table under pseudonyms, with codes and amounts for words; it has no rules by date, sentences, labels,
tests, or encryption. Rows of each table, the mart's beside the floor's, show that both compute the same: a few per cent apart, as the
floor simplifies rare cases.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import process_time

import duckdb

from bench.walk import Cost, measure
from fairview.contracts.catalogue import catalogue
from fairview.store import generations, lending, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places, places
from fairview.transformation import dbt

_BASE = 20_000
# Reference data does not grow with the council.
_REFERENCE = ("psn_open_data__deprivation", "psn_open_data__postcodes", "psn_open_data__lha_rates")
TARGET = 3.0


def grow(source: Places, to: Path, copies: int) -> Places:
    """A state with nothing but a warehouse: `copies` of the source's, each under keys of its own; 0 leaves every table empty."""
    keyring, target = Keyring.load(source), places(to / "state", source.keys)
    there = generations.current(source, WAREHOUSE)
    grown = generations.begin(target, keyring, WAREHOUSE)
    con = opening.connect(target)
    opening.attach(con, there.database, "small", there.data_key(keyring.zone_key(WAREHOUSE)), read_only=True)
    opening.attach(con, grown.database, "large", grown.data_key(keyring.zone_key(WAREHOUSE)))
    con.execute("CREATE SCHEMA large.pseudonymised")
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'small' ORDER BY 1").fetchall()
    for (table,) in tables:
        columns = con.execute(f"DESCRIBE small.pseudonymised.{table}").fetchall()
        alike = ", ".join(
            f'md5("{name}"::VARCHAR || copy)::UUID AS "{name}"' for name, kind, *_ in columns if kind == "UUID"
        )
        times = min(copies, 1) if table in _REFERENCE else copies
        con.execute(
            f"CREATE TABLE large.pseudonymised.{table} AS SELECT * EXCLUDE (copy) {f'REPLACE ({alike})' if alike else ''} "
            f"FROM small.pseudonymised.{table}, range({times}) AS copies(copy)"
        )
    con.execute("CHECKPOINT large")
    con.close()
    generations.seal(grown, {"as_at": there.manifest["as_at"], "rows": {}})
    generations.switch(target, grown)
    return target


def build(service: str, state: str, keys: str) -> None:
    """One service's candidate, as the walk builds it: a process of its own. Prints its rows by table and its statements' CPU seconds."""
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

    where = places(state, keys)
    keyring, sent, of_dbt = Keyring.load(where), [], []
    as_at = date.fromisoformat(generations.current(where, WAREHOUSE).manifest["as_at"])
    execute, invoke = DuckDBCursorWrapper.execute, dbt.invoke

    def counted(cursor, sql, bindings=None):
        before = process_time()
        try:
            return execute(cursor, sql, bindings)
        finally:
            sent.append(process_time() - before)

    def one_at_a_time(house, where, loan, arguments, *rest):
        before = process_time()
        try:
            return invoke(house, where, loan, [*arguments, "--threads", "1"], *rest)
        finally:
            of_dbt.append(process_time() - before)

    DuckDBCursorWrapper.execute, dbt.invoke = counted, one_at_a_time
    before = process_time()
    candidate = dbt.build_candidate(catalogue(), where, keyring, service, as_at)
    statements = sum(sent) + (process_time() - before - sum(of_dbt))
    print(json.dumps({"rows": candidate.manifest["rows"], "statements": statements}))


def floor(service: str, state: str, keys: str) -> None:
    """The plain SQL of a service (`bench/floors/<service>.sql`) into a plain file beside the state. Prints what `build` does."""
    where = places(state, keys)
    keyring, out = Keyring.load(where), where.root / f"floor-{service}.duckdb"
    out.unlink(missing_ok=True)
    warehouse = generations.current(where, WAREHOUSE)
    con = duckdb.connect(str(out))
    opening.settle(con, where.work / "spill", threads=2)
    opening.attach(
        con, warehouse.database, "warehouse", warehouse.data_key(keyring.zone_key(WAREHOUSE)), read_only=True
    )
    lending.register(con, "lent_floor", keyring.pseudonym_key("floor"))
    sql = (Path(__file__).parent / "floors" / f"{service}.sql").read_text(encoding="utf-8")
    as_at = f"DATE '{warehouse.manifest['as_at']}'"
    before = process_time()
    con.execute(sql.replace("w.psn_", "warehouse.pseudonymised.psn_").replace("$as_at", as_at))
    con.execute("CHECKPOINT")
    statements = process_time() - before
    written = con.execute(
        "SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [out.stem]
    )
    print(json.dumps({"rows": dict(written.fetchall()), "statements": statements}))
    con.close()


@dataclass(frozen=True)
class Measured:
    """A process measured several times, each figure the least of them: a machine shared with others can only add."""

    whole: Cost
    statements: float
    rows: dict[str, int]


def _measured(verb: str, service: str, where: Places, times: int) -> Measured:
    command = [sys.executable, "-m", "bench.services", "--do", verb, service, str(where.root), str(where.keys)]
    costs = [measure(command) for _ in range(times)]
    told = [json.loads(cost.said) for cost in costs]
    least = min(one["statements"] for one in told)
    return Measured(min(costs, key=lambda cost: cost.cpu), least, told[0]["rows"])


def bench(base: Places, residents: int, folder: Path, times: int) -> bool:
    """Print one size's lines. True when every service is within the target."""
    empty = grow(base, folder / "empty", 0)
    large = grow(base, folder / "large", max(1, round(residents / _BASE)))
    print(
        f"\n{residents:,} residents{'':<20}{'of rows':>9}{'ratio':>7} | whole: {'CPU s':>6}{'wall s':>8}{'peak MiB':>10}{'rows':>10}"
    )
    within = True
    for service in [card.service for card in catalogue().services]:
        plain_start, start = _measured("floor", service, empty, times), _measured("build", service, empty, times)
        plain, built = _measured("floor", service, large, times), _measured("build", service, large, times)
        plain_rows = max(plain.statements - plain_start.statements, 0.01)
        rows = max(built.statements - start.statements, 0.0)
        within &= rows / plain_rows <= TARGET
        lines = (
            ("floor: plain SQL", plain, plain_rows), ("mart", built, rows), ("  before any row", start, 0.0),
        )  # fmt: skip
        for name, one, own in lines:
            cost = one.whole
            print(
                f"{service:<24}{name:<18}{own:>9.2f}{own / plain_rows:>7.1f} |        {cost.cpu:>6.1f}{cost.wall:>8.1f}{cost.peak:>10,.0f}{sum(one.rows.values()):>10,}"
            )
        ours, theirs = built.rows, plain.rows
        told = (f"{table} {ours.get(table, 0):,}/{theirs.get(table, 0):,}" for table in sorted(ours | theirs))
        print("  rows, mart/floor:", ", ".join(told))
    print("within" if within else "NOT within", f"{TARGET:.0f} times the floor")
    return within


def main() -> None:
    """Measure the sizes given, 20,000 when none is."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("residents", nargs="*", type=int, default=[])
    words.add_argument(
        "--state", type=Path, help="a walked state of about 20,000 residents; default: a demo council's, walked first"
    )
    words.add_argument("--times", type=int, default=3, help="how often each part is measured; the least counts")
    words.add_argument("--do", nargs=4, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.do:
        verb, *rest = asked.do
        {"build": build, "floor": floor}[verb](*rest)
        return
    folder = Path(tempfile.mkdtemp(prefix="fairview-bench-services-"))
    try:
        state = asked.state
        if state is None:
            fairview, state = str(Path(sys.executable).with_name("fairview")), folder / "state"
            measure([fairview, "demo", "--residents", str(_BASE), "--months", "1", "--to", str(folder / "deliveries")])
            measure([fairview, "deliver", str(folder / "deliveries"), "--state", str(state)])
        for size in asked.residents or [_BASE]:
            bench(places(state), size, folder / str(size), asked.times)
            shutil.rmtree(folder / str(size))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
