"""`people`: links the staged records into people and households, then rebuilds the pseudonymised warehouse."""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param, task

from fairview.contracts.catalogue import Catalogue
from fairview.orchestration import assets, words

# After the morning's deliveries; a run that finds nothing new ends in a second.
_AFTER_THE_DELIVERIES = "30 6 * * *"


def people_dag(catalogue: Catalogue) -> DAG:
    """The one DAG that turns records into people."""
    with DAG(
        dag_id="people",
        description="Which records are one person and one household; then the tables without identifiers.",
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable(_AFTER_THE_DELIVERIES, timezone="Europe/London"),
            assets=assets.any_delivery(catalogue),
        ),
        start_date=datetime(2026, 1, 1),
        catchup=False,
        max_active_runs=1,
        tags=["identity", "warehouse"],
        default_args={"owner": "data engineering"},
        doc_md=words.of_people_dag(catalogue),
        params={
            "even_if_nothing_is_new": Param(
                False,
                type="boolean",
                title="Even if nothing is new",
                description="Link and build again although nothing has been received since the last time.",
            )
        },
    ) as dag:

        @task(
            pool=assets.VAULT_POOL, doc_md="Deterministic rules first, Splink for the rest, registry ids that persist."
        )
        def link_people(params=None) -> dict:
            """Link. Skips when nothing has been received since the last link, or deliveries are still being received."""
            from airflow.sdk.exceptions import AirflowSkipException

            from fairview.orchestration import verbs

            counts = verbs.link_if_new(params["even_if_nothing_is_new"])
            if counts is None:
                raise AirflowSkipException("nothing new has been received since people were last linked")
            return counts

        @task(
            pool=assets.VAULT_POOL,
            outlets=[assets.WAREHOUSE],
            doc_md="dbt: staging and pseudonymised layers, as a new generation that replaces the old in one rename.",
        )
        def build_warehouse() -> dict:
            """Build and switch. Returns rows per table."""
            from fairview.orchestration import verbs

            return verbs.build_warehouse()

        link_people() >> build_warehouse()
    return dag
