"""Runs dbt in this process, one invocation a layer, with databases and pseudonym functions lent to it.

Nothing secret passes through dbt: keys reach the connection through `store.lending`. The target folder lies in the
state's work folder and is removed after the run; what is kept is a receipt of names and counts.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError
from fairview.store import generations, ledger, opening, scratch
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.lending import Loan, lend
from fairview.store.places import WAREHOUSE, Places
from fairview.store.troubles import sentence, trouble


class TransformationFailed(FairviewError):
    """A model or a dbt test failed; names the nodes, never a value."""


@dataclass(frozen=True)
class Transformation:
    """What a dbt run did: nodes by outcome, and rows per table where it built a candidate."""

    succeeded: int
    failed: tuple[str, ...]
    rows: dict[str, int]


def _loan(places: Places, databases: dict, functions: dict) -> Loan:
    return Loan(databases=databases, functions=functions, spill=scratch.spill(places))


def invoke(catalogue: Catalogue, places: Places, loan: Loan, arguments: list[str], as_at: date, target: Path) -> list:
    """One dbt invocation. Returns dbt's own results. Raises TransformationFailed naming what failed.

    `target/partial_parse.msgpack` is kept between invocations beside the state, since parsing is most of the cost.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    project = catalogue.house / "dbt_project"
    kept = places.work / "partial_parse.msgpack"
    if kept.exists():
        shutil.copy(kept, target / kept.name)
    command = [*arguments, "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target)]
    command += [
        "--log-path",
        str(target / "logs"),
        "--log-level-file",
        "none",
        "--log-level",
        "none",
        "--no-use-colors",
    ]
    if arguments[0] != "parse":
        command += ["--vars", json.dumps({"as_at": as_at.isoformat()})]
    with lend(loan):
        try:
            result = dbtRunner().invoke(command)
        finally:
            DuckDBConnectionManager.close_all_connections()
    if (target / kept.name).exists():
        (target / kept.name).replace(kept)
    return _judged(result)


def _judged(result) -> list:
    """dbt's results, or TransformationFailed: node names and statuses only, as messages may quote data."""
    if result.exception is not None:
        if told := trouble(result.exception):
            raise TransformationFailed(sentence("dbt", told))
        raise TransformationFailed(
            f"dbt could not run: {type(result.exception).__name__}: {_first_line(result.exception)}"
        )
    results = list(getattr(result.result, "results", None) or [])
    failed = [
        f"{item.node.name} ({item.status})"
        for item in results
        if str(item.status) in {"error", "fail", "runtime error"}
    ]
    told = next(
        filter(None, (trouble(item.message) for item in results if f"{item.node.name} ({item.status})" in failed)), None
    )
    if told:
        raise TransformationFailed(sentence("dbt", told))
    if failed or not result.success:
        raise TransformationFailed("dbt stopped at " + ", ".join(failed[:10]) if failed else "dbt failed")
    return results


def _first_line(error: BaseException) -> str:
    """Compilation errors name models and macros; they come before any data is read."""
    return str(error).strip().splitlines()[0] if str(error).strip() else ""


def build_warehouse(catalogue: Catalogue, places: Places, keyring: Keyring, as_at: date) -> Generation:
    """Build the pseudonymised layer as a new generation beside the current one, and seal it.

    Raises TransformationFailed; the candidate is then swept at the next start.
    """
    candidate = generations.begin(places, keyring, WAREHOUSE)
    data_key = candidate.data_key(keyring.zone_key(WAREHOUSE))
    loan = _loan(
        places,
        {"vault": (places.vault, keyring.vault_key(), False), WAREHOUSE: (candidate.database, data_key, False)},
        {"lent_reference_key": keyring.reference_key()},
    )
    own_tests = ("--indirect-selection", "buildable")  # a mart's tests may read this layer; they run with the mart
    with scratch.folder(places, "dbt") as target:
        results = invoke(
            catalogue,
            places,
            loan,
            ["build", "--select", "staging", "pseudonymised", "--exclude-resource-type", "unit_test", *own_tests],
            as_at,
            target,
        )
    rows = _settle(places, candidate, WAREHOUSE, data_key)
    with opening.vault(places, keyring):
        pass  # checkpoints the vault, so that its WAL does not outlive the run
    # Which linking it rests on: whoever finds a later one in the ledger knows that it is behind.
    links = max((entry["number"] for entry in ledger.read(places, "links")), default=None)
    generations.seal(candidate, {"as_at": as_at.isoformat(), "rows": rows, "nodes": len(results), "links": links})
    return candidate


def build_candidate(catalogue: Catalogue, places: Places, keyring: Keyring, service: str, as_at: date) -> Generation:
    """Build one service's marts, under its own pseudonyms, as an unsealed candidate beside what is published.

    Reads the current warehouse read-only; the vault is not lent. Raises TransformationFailed, StoreError.
    """
    warehouse = generations.current(places, WAREHOUSE)
    if warehouse is None:
        raise TransformationFailed("there is no warehouse yet: link people first")
    candidate = generations.begin(places, keyring, service)
    data_key = candidate.data_key(keyring.zone_key(service))
    loan = _loan(
        places,
        {
            WAREHOUSE: (warehouse.database, warehouse.data_key(keyring.zone_key(WAREHOUSE)), True),
            service: (candidate.database, data_key, False),
        },
        {"lent_pseudonym": keyring.pseudonym_key(service)},
    )
    with scratch.folder(places, "dbt") as target:
        select = ["--select", f"derived.{service}", f"path:seeds/{service}", "path:seeds/vocabulary"]
        results = invoke(
            catalogue, places, loan, ["build", *select, "--exclude-resource-type", "unit_test"], as_at, target
        )
    rows = _settle(places, candidate, service, data_key)
    generations.seal(
        candidate,
        {"as_at": as_at.isoformat(), "rows": rows, "nodes": len(results), "warehouse": warehouse.manifest["sha256"]},
    )
    return candidate


def _settle(places: Places, candidate: Generation, alias: str, data_key: str) -> dict[str, int]:
    """Checkpoint a built candidate and count its rows per table, through a fresh opening."""
    con = opening.connect(places)
    try:
        opening.attach(con, candidate.database, alias, data_key)
        con.execute(f'CHECKPOINT "{alias}"')
        names = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [alias]
        ).fetchall()
        return {
            table: con.execute(f'SELECT count(*) FROM "{alias}"."{schema}"."{table}"').fetchone()[0]
            for schema, table in names
        }
    finally:
        con.close()


def document(catalogue: Catalogue, places: Places, keyring: Keyring, to: Path, as_at: date) -> list[Path]:
    """Write dbt docs into `to`: one static page with lineage, and the manifest and catalogue behind it.

    Everything is lent read-only, so that the catalogue shows what is really in force; row values are not read.
    """
    databases = {"vault": (places.vault, keyring.vault_key(), True)} if places.vault.exists() else {}
    for zone in (WAREHOUSE, *(card.service for card in catalogue.services)):
        generation = generations.current(places, zone)
        if generation:
            databases[zone] = (generation.database, generation.data_key(keyring.zone_key(zone)), True)
    functions = {"lent_reference_key": keyring.reference_key(), "lent_pseudonym": keyring.reference_key()}
    to.mkdir(parents=True, exist_ok=True)
    with scratch.folder(places, "dbt") as target:
        invoke(catalogue, places, _loan(places, databases, functions), ["docs", "generate", "--static"], as_at, target)
        written = []
        for name in ("static_index.html", "manifest.json", "catalog.json"):
            shutil.copy(target / name, to / name)
            written.append(to / name)
    return written


def run_unit_tests(
    catalogue: Catalogue,
    places: Places,
    keyring: Keyring,
    as_at: date,
    service: str | None = None,
    model: str | None = None,
) -> int:
    """Run the models' unit tests (all, one service's, or one model's) on databases without a row. Returns how many passed.

    dbt asks the empty tables for their columns and gives each tested model its own few rows. The vault of `places` must
    hold every source table. Raises TransformationFailed naming what failed.
    """
    databases = {"vault": (places.vault, keyring.vault_key(), False)}
    for zone in (WAREHOUSE, *(card.service for card in catalogue.services)):
        generation = generations.begin(places, keyring, zone)
        databases[zone] = (generation.database, generation.data_key(keyring.zone_key(zone)), False)
    functions = {"lent_reference_key": keyring.reference_key(), "lent_pseudonym": keyring.reference_key()}
    selected = [f"derived.{service}", "path:seeds"] if service else ["derived", "path:seeds"]
    layers = [f"+{model}"] if model else ["staging", "pseudonymised", *selected]
    with scratch.folder(places, "dbt") as target:
        loan = _loan(places, databases, functions)
        command = ["build", "--empty", "--select", *layers, "--exclude-resource-type", "test"]
        results = invoke(catalogue, places, loan, command, as_at, target)
    return sum(str(item.node.resource_type) == "unit_test" for item in results)


def compiled_manifest(catalogue: Catalogue, places: Places, to: Path) -> Path:
    """Compile the derived models, opening nothing, and copy dbt's manifest into `to`. Returns its path."""
    to.mkdir(parents=True, exist_ok=True)
    with scratch.folder(places, "dbt") as target:
        invoke(catalogue, places, _loan(places, {}, {}), ["compile", "--select", "derived"], date(2026, 1, 1), target)
        return Path(shutil.copy(target / "manifest.json", to / "manifest.json"))
