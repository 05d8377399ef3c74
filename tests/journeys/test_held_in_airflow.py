"""Held for a person in a real Airflow: the question with its figures, the answers that are none, no answer, refusal, approval."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from tests import live_airflow
from tests.conftest import published
from tests.journeys.test_two_months import copy_of

from fairview import walk
from fairview.proof import identifiers, overwrite
from fairview.publication import holding
from fairview.store import generations, ledger, opening
from fairview.store.places import WAREHOUSE

SERVICE = "informed_debt"
DAG = f"service__{SERVICE}"
WHY = "Revenues say the shorter file is right"


@dataclass
class Desk:
    """What an approver has before them: a real Airflow on a state in which a third of the balances is gone."""

    here: walk.House
    live: live_airflow.Live

    def begin(self, hours: float) -> str:
        """Start a run whose question stays open for so long, and wait until it is asked. Returns its id."""
        path = self.here.catalogue.house / "dags" / "gate" / "holding.yml"
        declared = re.sub(r"answer_within_hours: .*", f"answer_within_hours: {hours}", path.read_text(encoding="utf-8"))
        path.write_text(declared, encoding="utf-8")
        run = self.live.api.trigger(DAG)
        states = ("awaiting_input", "success", "failed", "upstream_failed", "skipped")
        self.live.until("the question", lambda: self.live.states(DAG, run)["decide"] in states)
        return run

    def question(self, run: str) -> dict:
        return self.live.call("GET", f"/dags/{DAG}/dagRuns/{run}/taskInstances/decide/-1/hitlDetails")

    def answer(self, run: str, option: str, shown, **given: str):
        """What the buttons of the page send, as a person does: no faster, and once more where the question stands there
        unanswered before `shown` gives anything. What `shown` gave.

        Airflow takes an answer that comes before its scheduler has seen the asking task end for that end, and starts the task anew.
        """
        path = f"/dags/{DAG}/dagRuns/{run}/taskInstances/decide/-1/hitlDetails"

        def look():
            if found := shown():
                return found
            if self.asked_again(run):
                time.sleep(4)
                self.live.call("PATCH", path, json={"chosen_options": [option], "params_input": given})
            return None

        return self.live.until(f"what {option} brings about", look)

    def asked_again(self, run: str) -> bool:
        state = self.live.states(DAG, run)["decide"]
        return state == "awaiting_input" and not self.question(run)["response_received"]

    def newest(self, kind: str) -> dict:
        return list(ledger.read(self.here.places, kind))[-1]


@pytest.fixture(scope="module")
def desk(walked, tmp_path_factory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("held_in_airflow")
    here = copy_of(walked, folder)
    with opening.vault(here.places, here.keyring) as con:
        con.execute("DELETE FROM staged.council_tax_balances WHERE hash(record_key) % 100 < 36")
    walk.build_warehouse(here)
    with pytest.MonkeyPatch.context() as patch:
        house = live_airflow.copied_house(folder / "house", patch)
        here = walk.House(house, here.places, here.keyring)
        with live_airflow.running(house, here.places) as live:
            yield Desk(here, live)


@pytest.fixture(scope="module")
def lapsed(desk) -> str:
    """A run whose question nobody answered in time."""
    run = desk.begin(hours=0.001)
    assert desk.live.ended(DAG, run) == "failed"
    return run


def test_no_answer_by_the_deadline_means_not_published_and_the_ledger_says_so(desk, lapsed, walked):
    assert desk.live.states(DAG, lapsed) == {
        "build_candidate": "success", "judge": "success", "decide": "success", "publish": "failed", "tell_the_public": "success",
    }  # fmt: skip
    assert "nobody decided in time" in desk.live.said(DAG, lapsed, "publish")
    assert desk.newest("decision")["decision"] == "lapsed"
    assert published(desk.here) == published(walked.here)


def test_the_approver_has_the_figures_before_them_and_no_answer_without_a_reason_is_taken(desk, lapsed, walked):
    run = desk.begin(hours=72)
    question = desk.question(run)
    (judged,) = [one for one in holding.holds(desk.here.places, desk.here.catalogue) if one.decision is None]
    assert "Without an answer by" in question["body"]
    for table, why, figures in judged.question():
        assert why.rstrip(".") in question["body"]
        row = next(line for line in question["body"].splitlines() if line.startswith(f"| {table} |"))
        assert [figure for _, figure in figures] == [cell.strip() for cell in row.strip("|").split("|")][1:]
    for given, objection in (
        ({}, "The answer of admin was not taken: say why, in a few words."),
        ({"reason": "Mrs QQ 12 34 56 C asked for it"}, "shaped like an identifier"),
    ):
        desk.answer(run, "Publish", lambda said=objection: said in desk.live.said(DAG, run, "decide"), **given)
        desk.live.until("the question to be asked again", lambda: desk.asked_again(run))

    assert desk.answer(run, "Keep what is published", lambda: desk.live.outcome(DAG, run), reason=WHY) == "failed"
    assert f"it was refused by admin: {WHY}" in desk.live.said(DAG, run, "publish")
    assert [desk.newest("decision")[word] for word in ("decision", "by", "reason")] == ["refused", "admin", WHY]
    assert published(desk.here) == published(walked.here)


def test_an_approval_publishes_that_very_candidate_and_the_ledger_has_name_and_reason(desk, lapsed):
    here = desk.here
    remembered = [one for one in overwrite.remember(here.places, here.keyring, here.catalogue) if one.zone == SERVICE]
    before, warehouse = generations.current(desk.here.places, SERVICE), generations.current(desk.here.places, WAREHOUSE)
    run = desk.begin(hours=72)
    waiting = desk.newest("held")["generation"]
    assert desk.answer(run, "Publish", lambda: desk.live.outcome(DAG, run), reason=WHY) == "success"
    assert generations.current(desk.here.places, SERVICE).name == waiting != before.name
    assert generations.current(desk.here.places, WAREHOUSE).name == warehouse.name
    decision = desk.newest("decision")
    assert [decision[word] for word in ("generation", "decision", "by", "reason")] == [
        waiting,
        "approved",
        "admin",
        WHY,
    ]
    assert desk.newest("publication")["generation"] == waiting
    assert not before.path.exists()

    proof = overwrite.prove(here.places, here.keyring, here.catalogue, at=datetime.now(UTC), remembered=remembered)
    of_the_old = next(line for line in proof.looked_at if line.startswith(f"{SERVICE} {before.name}: "))
    assert not of_the_old.startswith(f"{SERVICE} {before.name}: 0 values")
    assert not [fault for fault in proof.faults if "only" in fault], "Airflow keeps values of what was overwritten"
    scan = identifiers.scan(here.places, here.keyring, here.catalogue, at=datetime.now(UTC))
    assert {"airflow metadata", "airflow task log", "airflow process log"} <= {one.artefact for one in scan.scanned}
    assert scan.is_clean, list(scan.lines())
