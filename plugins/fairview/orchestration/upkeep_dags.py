"""`public_record` and `upkeep__*`: what keeps promises that no delivery triggers."""

from __future__ import annotations

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, task

from fairview.contracts.catalogue import Catalogue
from fairview.orchestration import assets, running, words


def public_record_dag(catalogue: Catalogue) -> DAG:
    """Withdraws what rests on silent sources, then writes the public record."""
    with DAG(
        dag_id="public_record",
        description="What was received, refused, published or kept back, and the eleven questions answered.",
        schedule=AssetOrTimeSchedule(
            timetable=running.at("0 8 * * *"),
            assets=AssetAny(*(assets.publication(card.service) for card in catalogue.services)),
        ),
        catchup=False,
        max_active_runs=1,
        tags=["governance"],
        default_args=running.owned_by("information governance"),
        doc_md=words.PUBLIC_RECORD,
    ) as dag:

        @task(
            pool=assets.VAULT_POOL,
            doc_md="A source silent for its declared time: what rests on it is withdrawn, not kept.",
        )
        def withdraw_stale() -> list[str]:
            """Withdraw. Returns the services withdrawn."""
            from fairview.orchestration import verbs

            return verbs.withdraw_stale()

        @task(trigger_rule="all_done", doc_md="Counts under 10 suppressed, the rest rounded to 5.")
        def write_record() -> str:
            """Write. Returns where."""
            from fairview.orchestration import verbs

            return verbs.write_record()

        withdraw_stale() >> write_record()
    return dag


def retention_dag() -> DAG:
    """Forgets landing copies past their retention, sweeps candidates nobody will publish."""
    with DAG(
        dag_id="upkeep__retention",
        description="Forget what the contracts say to forget.",
        schedule=running.at("0 3 * * 0"),
        catchup=False,
        max_active_runs=1,
        tags=["upkeep"],
        default_args=running.owned_by("data engineering"),
        doc_md=words.RETENTION,
    ) as dag:

        @task(pool=assets.VAULT_POOL, doc_md="Landing copies, quarantine and leftover candidates past their time.")
        def forget() -> dict:
            """Forget. Returns counts."""
            from fairview.orchestration import verbs

            return verbs.forget()

        forget()
    return dag


def ledger_dag() -> DAG:
    """Walks the ledger's chain; red on the first entry that does not follow from the one before."""
    with DAG(
        dag_id="upkeep__ledger",
        description="Is the ledger's chain unbroken?",
        schedule=running.at("0 4 * * *"),
        catchup=False,
        max_active_runs=1,
        tags=["upkeep", "governance"],
        default_args=running.owned_by("information governance"),
        doc_md=words.LEDGER,
    ) as dag:

        @task(doc_md="Prints the head; keep a copy elsewhere, since what was cut off the end only a copy can show.")
        def verify_chain() -> str:
            """Verify. Returns the head."""
            from fairview.orchestration import verbs

            return verbs.verify_ledger()

        verify_chain()
    return dag
