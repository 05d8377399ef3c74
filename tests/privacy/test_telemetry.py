"""No dependency reports home, and none fetches anything, whatever the surroundings say: each switch is asked of its owner."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from fairview.contracts.catalogue import HOUSE
from fairview.store import opening

# A process without our Makefile's DO_NOT_TRACK, as a scheduler or a person at a terminal would have it.
BARE = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}


def asked(code: str, cwd: str = "/") -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=BARE, cwd=cwd, timeout=280)
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout.strip().splitlines()[-1]


def test_dbt_sends_no_usage_statistics(tmp_path):
    code = f"""
from datetime import date
from pathlib import Path
from fairview.contracts.catalogue import catalogue
from fairview.store import scratch
from fairview.store.lending import Loan
from fairview.store.places import places
from fairview.transformation import dbt
where = places({str(tmp_path / "state")!r})
with scratch.folder(where, "dbt") as target:
    dbt.invoke(catalogue(), where, Loan({{}}, {{}}, where.work), ["list", "--select", "rules"], date(2026, 1, 1), target)
from dbt import tracking
from dbt.flags import get_flags
user = tracking.active_user
print(get_flags().SEND_ANONYMOUS_USAGE_STATS, user is None or user.do_not_track)
"""
    assert asked(code) == "False True"


def test_great_expectations_has_no_analytics_while_it_judges():
    code = """
import sys
from fairview.gate import validation
with validation.judge_of("duckdb:///:memory:") as judge:
    from great_expectations.data_context.data_context.context_factory import project_manager
    context = project_manager._project
    print(context.variables.config.analytics_enabled, sorted(name for name in sys.modules if "posthog" in name))
"""
    assert asked(code) == "False []"


def test_duckdb_neither_fetches_nor_loads_an_extension_by_itself(where):
    con = opening.connect(where)
    try:
        names = ("autoinstall_known_extensions", "autoload_known_extensions", "temp_file_encryption")
        found = {name: con.execute(f"SELECT current_setting('{name}')").fetchone()[0] for name in names}
        with pytest.raises(opening.duckdb.Error):
            con.execute("SELECT ST_Point(1, 2)")  # of an extension that is not here: asked for, not fetched
    finally:
        con.close()
    assert found == {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "temp_file_encryption": True,
    }


def test_airflow_collects_no_usage_data_wherever_it_is_started(declared, where):
    from fairview.console import airflow_server

    settings = airflow_server.environment(declared, where, {"api": 8080, "execution": 8081, "log": 8082})
    assert settings["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert settings["DO_NOT_TRACK"] == "1"
    image = (HOUSE / "Dockerfile").read_text(encoding="utf-8")
    assert "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False" in image
    assert "DO_NOT_TRACK=1" in image
    compose = yaml.safe_load((HOUSE / "docker-compose.yml").read_text(encoding="utf-8"))
    for name, service in compose["services"].items():
        switches = {key: value for key, value in (service.get("environment") or {}).items() if "USAGE_DATA" in key}
        assert not switches, f"{name} overrides the image"


def test_the_project_of_dbt_says_so_itself_and_the_makefile_too():
    project = yaml.safe_load((HOUSE / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["flags"]["send_anonymous_usage_stats"] is False
    assert "export DO_NOT_TRACK = 1" in (HOUSE / "Makefile").read_text(encoding="utf-8")
