"""Adding a feed is one contract file: shown on a copy of the house, with no Python or SQL touched by hand."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.intake.deliveries import HOUSE

HERE = Path(__file__).parent / "added_feed"
# Run in the copy, so that everything there is the copy's: catalogue, door, DAGs.
_LOOK = """
import json, sys
from datetime import UTC, date, datetime
from pathlib import Path
from fairview.contracts.catalogue import HOUSE, catalogue
from fairview.intake import check, deliveries, quarantine, receipts, receive, state
from fairview.orchestration.delivery_dag import delivery_dag
from fairview.console.airflow_run import expected_dags
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import places
where = places(Path(sys.argv[1]) / "state")
keyring = Keyring.load(where)
(delivery,) = deliveries.find(Path(sys.argv[1]) / "delivered")
receipt = receive.receive(delivery, catalogue(), where, keyring, datetime(2026, 11, 3, tzinfo=UTC))
with opening.vault(where, keyring, read_only=True) as con:
    found = con.execute("SELECT * FROM staged.allotment_rents ORDER BY row_number")
    staged = [dict(zip([one[0] for one in found.description], row)) for row in found.fetchall()]
dag = delivery_dag(catalogue(), "leisure")
print("RESULT" + json.dumps({
    "house": str(HOUSE), "receipt": receipts.lines(receipt), "staged": staged, "rows": state.in_force(where, keyring, catalogue()).feeds["allotment_rents"].rows,
    "quarantine": quarantine.listing(where, keyring), "dag": dag.dag_id, "doc": dag.doc_md, "expected": sorted(expected_dags(catalogue())),
    "checked": [one.outcome for one in check.check(Path(sys.argv[1]) / "delivered", catalogue())],
}, default=str))
"""


def _inside(house: Path, *command: str) -> str:
    """What a command in the copied house prints."""
    settings = os.environ | {
        "PYTHONPATH": str(house / "plugins"),
        "AIRFLOW_HOME": str(house.parent / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=house, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _hashes(house: Path) -> dict[str, str]:
    return {
        path.relative_to(house).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(house.rglob("*"))
        if path.is_file() and not {"__pycache__", "target", "logs", ".git"} & set(path.relative_to(house).parts)
    }


def _deliver(folder: Path) -> None:
    content = (HERE / "ALLOTMENT_RENTS_20261031.csv").read_bytes()
    folder.mkdir(parents=True)
    (folder / "ALLOTMENT_RENTS_20261031.csv").write_bytes(content)
    entry = {
        "feed": "allotment_rents", "file": "ALLOTMENT_RENTS_20261031.csv", "kind": "snapshot", "rows": 3,
        "control": {"type": "sum", "column": "balance", "value": "16.40"}, "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "covers_from": "2026-10-31", "covers_to": "2026-10-31",
    }  # fmt: skip
    manifest = {
        "source": "leisure",
        "extract_date": "2026-10-31",
        "delivery": 1,
        "spec_version": "1.0",
        "files": [entry],
    }
    (folder / "MANIFEST_LEISURE_20261031.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """A copy of the house with one contract more, generated anew and delivered to. Files before and after, and what was seen."""
    root = tmp_path_factory.mktemp("added")
    house = root / "house"
    house.mkdir()
    for part in ("dags", "dbt_project", "plugins", "docs", "expectations", "pyproject.toml"):
        source = HOUSE.house / part
        if source.is_dir():
            shutil.copytree(source, house / part, ignore=shutil.ignore_patterns("__pycache__", "target", "logs"))
        else:
            shutil.copy(source, house / part)
    before = _hashes(house)
    contract = house / "dags" / "feeds" / "leisure" / "allotment_rents.odcs.yaml"
    contract.parent.mkdir()
    shutil.copy(HERE / "allotment_rents.odcs.yaml", contract)
    _inside(house, "-m", "fairview", "validate")
    written = _inside(house, "-m", "fairview", "generate")
    after = _hashes(house)
    _deliver(root / "delivered" / "2026-10-31" / "leisure")
    seen = json.loads(_inside(house, "-c", _LOOK, str(root)).split("RESULT", 1)[1])
    return house, before, after, written, seen


def test_nothing_but_the_contract_is_written_by_hand(added) -> None:
    _, before, after, written, _ = added
    told = {line.removeprefix("written: ") for line in written.splitlines() if line.startswith("written: ")}
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed - told == {"dags/feeds/leisure/allotment_rents.odcs.yaml"}
    assert set(before) <= set(after)
    assert not {path for path in changed if path.startswith("plugins/")}


def test_the_new_feed_is_staged_judged_and_accounted_for(added) -> None:
    house, *_, seen = added
    assert seen["house"] == str(house)
    (line,) = seen["receipt"]
    assert (line["outcome"], line["received"], line["staged"], line["quarantined"]) == ("quarantine_rows", 3, 2, 1)
    assert line["control"] == {
        "type": "sum", "column": "balance", "declared": "16.40", "received": "16.40", "staged": "9.40",
        "quarantined": "7.00", "dropped": "0.00",
    }  # fmt: skip
    assert [row["balance_pence"] for row in seen["staged"]] == [1250, -310]
    assert [row["record_key"] for row in seen["staged"]] == ["00000001", "00000002"]
    assert all("holder_phone" not in row for row in seen["staged"])
    assert seen["rows"] == 2
    assert [(one["row"], one["column"], one["rule"]) for one in seen["quarantine"]] == [(4, "plot_size", "D33")]
    assert seen["checked"] == ["quarantine_rows"]


def test_the_new_feed_is_in_dbt_in_the_documents_and_in_a_dag(added) -> None:
    house, *_, seen = added
    models = house / "dbt_project" / "models"
    assert "allotment_rents" in (models / "staging" / "leisure" / "_leisure__sources.yml").read_text()
    staging = (models / "staging" / "leisure" / "stg_leisure__allotment_rents.sql").read_text()
    assert "holder_phone" not in staging
    pseudonymised = "".join(path.read_text() for path in (models / "pseudonymised" / "leisure").glob("*"))
    assert "allotment_let_key" in pseudonymised
    page = (house / "docs" / "reference" / "feeds.md").read_text()
    assert "allotment_rents" in page
    assert "Rents of allotments" in page
    assert seen["dag"] == "delivery__leisure"
    assert seen["dag"] in seen["expected"]
    assert "`allotment_rents` | Rents of allotments" in seen["doc"]
