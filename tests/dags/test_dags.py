"""The DAGs equal exactly what the declarations imply, and reading them touches nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from fairview.console.airflow_run import expected_dags

# Run apart, so that Airflow's home is a scratch folder and its import is not this process's.
_READ = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
start = time.process_time()
bag = DagBag(dag_folder=sys.argv[1])
seconds = time.process_time() - start
dags = {
    dag_id: {
        "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
        "pools": {task.task_id: task.pool for task in dag.tasks},
        "tags": sorted(dag.tags), "doc": dag.doc_md or "", "owner": dag.owner,
        "rules": {task.task_id: task.trigger_rule.value for task in dag.tasks},
        "decide": next((
            {"options": task.options, "defaults": task.defaults,
             "params": sorted(task.params)} for task in dag.tasks if task.task_id == "decide" and dag_id.startswith("service__")), None),
        "scheduled": dag.timetable.summary if hasattr(dag.timetable, "summary") else "", "params": sorted(dag.params),
    }
    for dag_id, dag in bag.dags.items()
}
from airflow.serialization.serialized_objects import DagSerialization
first = {}
for dag_id, dag in bag.dags.items():
    made = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    due = made.next_dagrun_info(last_automated_run_info=None)
    if due:
        first[dag_id] = due.run_after.isoformat()
print("RESULT" + json.dumps({"dags": dags, "errors": bag.import_errors, "seconds": seconds, "first": first}))
"""


@pytest.fixture(scope="module")
def bag(declared, tmp_path_factory):
    home = tmp_path_factory.mktemp("airflow")
    state = home / "state-that-must-not-be-made"
    settings = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(declared.house / "plugins"),
        "FAIRVIEW_STATE": str(state),
    }
    read_at = datetime.now(UTC)
    command = [sys.executable, "-c", _READ, str(declared.house / "dags")]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True, cwd=home)
    found = json.loads(done.stdout.split("RESULT", 1)[1])
    found["state_was_made"] = state.exists()
    found["read_at"] = read_at
    return found


def test_the_dags_are_exactly_those_the_declarations_imply(bag, declared):
    assert bag["errors"] == {}
    assert set(bag["dags"]) == expected_dags(declared)


def test_reading_them_makes_no_state_and_takes_under_a_second(bag):
    assert not bag["state_was_made"]
    assert bag["seconds"] < 1.0


def test_every_dag_says_in_words_what_it_does_whose_it_is_and_under_which_tags(bag):
    for dag_id, dag in bag["dags"].items():
        assert len(dag["doc"]) > 100, dag_id
        assert dag["tags"], dag_id
        assert dag["owner"] not in ("", "airflow"), dag_id


def test_a_service_builds_then_judges_then_publishes_and_always_tells_the_public(bag, declared):
    for card in declared.services:
        tasks = bag["dags"][f"service__{card.service}"]["tasks"]
        assert "judge" in tasks["build_candidate"]
        assert set(tasks["judge"]) == {"decide", "publish"}
        assert tasks["decide"] == ["publish"]
        assert tasks["publish"] == ["tell_the_public"]


def test_whatever_writes_the_vault_waits_for_its_one_slot(bag):
    writers = [
        ("people", "link_people"),
        ("people", "build_warehouse"),
        ("decide_link", "decide"),
        ("reidentify", "reveal"),
        ("upkeep__retention", "forget"),
    ]
    writers += [(dag_id, "receive") for dag_id in bag["dags"] if dag_id.startswith("delivery__")]
    for dag_id, task_id in writers:
        assert bag["dags"][dag_id]["pools"][task_id] == "vault", (dag_id, task_id)


def test_a_delivery_and_a_request_have_a_parameter_form(bag):
    assert bag["dags"]["delivery__revenues"]["params"] == ["up_to"]
    assert bag["dags"]["people"]["params"] == ["even_if_nothing_is_new", "let_through_by", "let_through_reason"]
    assert bag["dags"]["decide_link"]["params"] == ["by", "item", "reason", "verdict"]
    assert bag["dags"]["reidentify"]["params"] == ["person_id", "purpose", "service"]


def test_whoever_decides_says_why_and_no_answer_in_time_means_not_published(bag, declared):
    for card in declared.services:
        asked = bag["dags"][f"service__{card.service}"]["decide"]
        assert asked["options"] == ["Publish", "Keep what is published"]
        assert asked["defaults"] == ["Keep what is published"]
        assert asked["params"] == ["reason"]
        assert bag["dags"][f"service__{card.service}"]["rules"]["publish"] == "none_failed_min_one_success"


def test_a_question_stays_open_until_the_deadline_in_the_ledger_however_often_it_is_asked():
    from fairview.orchestration import verbs

    within = timedelta(hours=72)
    assert verbs.left_to_answer((datetime.now(UTC) + within).isoformat()) - within < timedelta(seconds=2)
    assert verbs.left_to_answer((datetime.now(UTC) - within).isoformat()) == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("user", "reason", "said"),
    [
        ({"id": "1", "name": "a.lead"}, "", "The answer of a.lead was not taken: say why, in a few words."),
        ({"id": "1", "name": "a.lead"}, None, "say why"),
        ({"id": "1", "name": "a.lead"}, "QQ 12 34 56 C asked", "shaped like an identifier"),
        ({"id": "1", "name": "a.lead"}, "The new rate came into force", None),
        (None, "", None),  # nobody's: the deadline has passed
    ],
)
def test_an_answer_without_a_fit_reason_is_not_taken(user, reason, said):
    from fairview.orchestration import verbs

    objection = verbs.objection_to({"responded_by_user": user, "params_input": {"reason": reason}})
    assert said in objection if said else objection is None


def test_a_first_start_runs_nothing_that_is_past(bag):
    assert bag["first"], "no DAG runs by the clock"
    for dag_id, moment in bag["first"].items():
        assert datetime.fromisoformat(moment) > bag["read_at"], dag_id
