"""`service__<service>`: builds a service's marts beside what is published, has them judged, and publishes or keeps back.

What is out of the ordinary waits for a person: `decide` shows the question under Required actions and parks without a
process. It is skipped when nothing is to be decided, so that the usual run pays nothing for it."""

from __future__ import annotations

from airflow.sdk import DAG, AssetOrTimeSchedule, Param, task

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import ServiceCard
from fairview.contracts.terms import LONGEST_REASON, terms
from fairview.orchestration import assets, running, words
from fairview.orchestration.asking import AskUntilAnswered


def service_dag(catalogue: Catalogue, card: ServiceCard) -> DAG:
    """The DAG of one service, from its card and the house's terms for what is held."""
    held = terms(catalogue)
    with DAG(
        dag_id=f"service__{card.service}",
        description=card.title,
        schedule=AssetOrTimeSchedule(timetable=running.at(card.schedule), assets=assets.WAREHOUSE),
        catchup=False,
        max_active_runs=1,
        tags=[f"service:{card.service}", f"purpose:{card.purpose_code}"],
        default_args=running.owned_by(card.department),
        doc_md=words.of_service_dag(card),
    ) as dag:

        @task(doc_md="dbt: this service's marts under its own pseudonyms, as a candidate nobody can read yet.")
        def build_candidate(service: str) -> str:
            """Build. Returns the candidate's name. Fails, keeping what is published, when intake forbids a publication."""
            from airflow.sdk.exceptions import AirflowSkipException

            from fairview.orchestration import verbs

            candidate = verbs.build_candidate(service)
            if candidate is None:
                raise AirflowSkipException("there is no warehouse yet: nothing has been delivered and linked")
            return candidate

        @task.branch(doc_md="Great Expectations: every suite of every table. A rule that could not run has not passed.")
        def judge(service: str, candidate: str, ti=None) -> str:
            """Judge, and go on to `publish`, or to `decide` where a person must. A shut gate is a verdict, no failure here."""
            from fairview.orchestration import verbs

            verdict = verbs.judge(service, candidate)
            ti.xcom_push("verdict", verdict)
            return "decide" if verdict["question"] else "publish"

        decide = AskUntilAnswered(
            task_id="decide",
            subject=f"{card.title}: publish what is out of the ordinary?",
            body="{{ ti.xcom_pull(task_ids='judge', key='verdict')['question'] }}",
            options=[words.PUBLISH, words.KEEP],
            defaults=[words.KEEP],  # nobody answered in time: not published
            assigned_users=[{"id": name, "name": name} for name in held.approvers] or None,
            params={
                # No least length here: Airflow checks the blank too, before anybody has answered. `asking` sees to it.
                "reason": Param(
                    "",
                    type="string",
                    maxLength=LONGEST_REASON,
                    title="Why",
                    description="A sentence for the ledger, which everyone may read. No word about a person.",
                )
            },
            doc_md="Waits for a person, with the figures to decide by. No answer in time means not published.",
        )

        @task(
            outlets=[assets.publication(card.service)],
            trigger_rule="none_failed_min_one_success",
            doc_md="Checks the verdict for this very candidate itself, then switches in one rename and destroys the old key.",
        )
        def publish(service: str, candidate: str, ti=None) -> dict:
            """Publish, or fail saying why what is published stays."""
            from fairview.orchestration import verbs

            return verbs.publish(service, candidate, ti.xcom_pull(task_ids="decide"))

        @task(trigger_rule="all_done", doc_md="Writes the public record, gate open or shut.")
        def tell_the_public() -> str:
            """Write the public record. Returns where."""
            from fairview.orchestration import verbs

            return verbs.write_record()

        candidate = build_candidate(card.service)
        judged, published = judge(card.service, candidate), publish(card.service, candidate)
        judged >> decide >> published
        # A teardown runs whatever happened before it and does not paint a failed run green.
        judged >> published >> tell_the_public().as_teardown()
    return dag
