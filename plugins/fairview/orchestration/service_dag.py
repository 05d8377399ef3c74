"""`service__<service>`: builds a service's marts beside what is published, has them judged, and publishes or keeps back."""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, task

from fairview.contracts.service import ServiceCard
from fairview.orchestration import assets, words


def service_dag(card: ServiceCard) -> DAG:
    """The DAG of one service, from its card."""
    with DAG(
        dag_id=f"service__{card.service}",
        description=card.title,
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable(card.schedule, timezone="Europe/London"), assets=assets.WAREHOUSE
        ),
        start_date=datetime(2026, 1, 1),
        catchup=False,
        max_active_runs=1,
        tags=[f"service:{card.service}", f"purpose:{card.purpose_code}"],
        default_args={"owner": card.department},
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

        @task(doc_md="Great Expectations: every suite of every table. A rule that could not run has not passed.")
        def judge(service: str, candidate: str) -> dict:
            """Judge. Returns the verdict's counts; a shut gate is a verdict, not a failure of this task."""
            from fairview.orchestration import verbs

            return verbs.judge(service, candidate)

        @task(
            outlets=[assets.publication(card.service)],
            doc_md="Checks the verdict for this very candidate itself, then switches in one rename and destroys the old key.",
        )
        def publish(service: str, candidate: str, verdict: dict) -> dict:
            """Publish, or fail saying why what is published stays."""
            from fairview.orchestration import verbs

            return verbs.publish(service, candidate)

        @task(trigger_rule="all_done", doc_md="Writes the public record, gate open or shut.")
        def tell_the_public() -> str:
            """Write the public record. Returns where."""
            from fairview.orchestration import verbs

            return verbs.write_record()

        candidate = build_candidate(card.service)
        verdict = judge(card.service, candidate)
        # A teardown runs whatever happened before it and does not paint a failed run green.
        publish(card.service, candidate, verdict) >> tell_the_public().as_teardown()
    return dag
