"""A representative share of the faults: every step killed, out of space and with a broken disk. `make faults` runs all."""

from __future__ import annotations

import json
import shutil
from collections import Counter

import pytest
from tests.faults import report
from tests.faults.enumerate_faults import PER_SITE, chosen, run

MOST = 14  # of the switch and its reversal; of each other step the first call, one in the middle and the last
STEPS = {"stage", "link", "warehouse", "build", "judge", "publish", "record", "withdraw"}


@pytest.fixture(scope="module")
def lines() -> list[dict]:
    if not shutil.which("gcc"):
        pytest.skip("there is no compiler for the shim")
    kinds = ["SIGKILL", "ENOSPC", "EIO", "half a write, then SIGKILL", "disk full from here on"]
    most = ["--all-most", "3", "--most", f"publish={MOST}", f"withdraw={MOST}"]
    done = run(["--serve", *most, "--kinds", *kinds], seconds=1800)
    assert done.returncode == 0
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_no_fault_tears_loses_or_keeps_a_plain_rerun_from_converging(lines):
    rows = [line for line in lines if "step" in line]
    assert {(row["step"], row["kind"]): row["broken"] for row in rows if row["broken"]} == {}
    reached = Counter(row["step"] for row in rows if row["reached"])
    assert reached.keys() == STEPS
    assert reached["publish"] > 2 * MOST
    assert reached["withdraw"] > 2 * MOST


def test_kills_killed_and_errors_were_told_so_the_faults_were_really_met(lines):
    rows = [line for line in lines if "step" in line]
    ended = Counter((row["kind"], row["ended"]) for row in rows)
    # How often dbt writes its own scratch differs by a few calls a run, so that the last may not be reached.
    met = Counter(row["kind"] for row in rows if row["reached"])
    assert ended["SIGKILL", "died"] == met["SIGKILL"] > 0.9 * sum(row["kind"] == "SIGKILL" for row in rows)
    for kind in ("ENOSPC", "EIO"):
        assert sum(ended[kind, name] for name in ("StoreError", "TransformationFailed")) > 0.6 * met[kind]

    # Of the switch and its reversal every call is reached, and few may fail unheeded.
    rows = [row for row in rows if row["step"] in ("publish", "withdraw")]
    ended = Counter((row["kind"], row["ended"]) for row in rows)
    assert ended["SIGKILL", "died"] == sum(row["kind"] == "SIGKILL" for row in rows)
    for kind in ("ENOSPC", "EIO"):
        assert ended[kind, "StoreError"] > 0.8 * sum(row["kind"] == kind for row in rows)


def test_a_switch_in_two_steps_is_found_torn_at_the_instant_between_them():
    if not shutil.which("gcc"):
        pytest.skip("there is no compiler for the shim")
    words = ["--serve", "--light", "--plant", "--steps", "publish", "--kinds", "SIGKILL"]
    done = run(words, seconds=900)
    assert done.returncode == 0
    rows = [line for line in map(json.loads, done.stdout.splitlines()) if "step" in line]
    torn = [row["call"] for row in rows if any(fault.startswith("I1") for fault in row["broken"])]
    assert torn == ["rename state/services/tiny/current"]


def test_the_page_tells_what_was_broken(lines):
    calls, rows, scenarios = {"publish": 30}, [line for line in lines if "step" in line], []
    rows = [*rows, rows[0] | {"broken": ["I1: a reader sees neither the old nor the new values"]}]
    page = report.page(calls, rows, scenarios, {"publish": "the switch", "withdraw": "the end"})
    assert "Torn 1, lost 0" in page
    assert "- I1: a reader sees neither the old nor the new values" in page


def test_every_call_is_met_but_those_one_site_makes_over_and_over():
    calls = [("open", "a"), *[("write", "a")] * 185, ("rename", "b"), *[("pwrite64", "c")] * PER_SITE]
    met = chosen(calls, "SIGKILL", 10_000)
    assert {1, 2, 186, 187, *range(188, 188 + PER_SITE)} <= set(met)
    assert len(met) == 2 + 2 * PER_SITE
    appended = [number for number in met if 1 < number < 187]
    assert chosen(calls, "half a write, then SIGKILL", 10_000) == appended
