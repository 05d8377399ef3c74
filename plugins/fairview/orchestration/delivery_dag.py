"""`delivery__<source>`: one DAG per source that sends; checks and stages what waits in the inbox."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from fairview.contracts.catalogue import Catalogue
from fairview.orchestration import assets, running, words

# Council systems send within three working days of the month end (feed specification, section 1); looking every
# morning costs seconds and finds a late or corrected delivery the day it comes.
_EVERY_MORNING = "0 6 * * *"


def delivery_dag(catalogue: Catalogue, source: str) -> DAG:
    """The DAG of one source, from its contracts."""
    contracts = catalogue.of_source(source)
    with DAG(
        dag_id=f"delivery__{source}",
        description=f"Check and stage what {contracts[0].document['dataProduct']} sent.",
        schedule=running.at(_EVERY_MORNING),
        catchup=False,
        max_active_runs=1,
        tags=[f"source:{source}", "intake"],
        default_args=running.owned_by(contracts[0].document["dataProduct"]),
        doc_md=words.of_delivery_dag(source, contracts),
        params={
            "up_to": Param(
                None,
                type=["null", "string"],
                format="date",
                title="Up to extract date",
                description="Leave later deliveries waiting; blank takes everything that waits.",
            )
        },
    ) as dag:

        @task(
            pool=assets.VAULT_POOL,
            outlets=[assets.delivery(source)],
            doc_md="Copies each waiting delivery to the landing area, checks it against its contracts and stages it in the vault.",
        )
        def receive(source: str, params=None, ti=None) -> list[dict]:
            """Receive what waits, in date order. Returns counts per file."""
            from airflow.sdk.exceptions import AirflowSkipException

            from fairview.orchestration import verbs

            receipts = verbs.receive_waiting(source, params["up_to"])
            # Tried again: what the killed process received waits to be linked, and nobody has been told.
            if not receipts and ti.try_number == 1:
                raise AirflowSkipException(f"nothing new from {source} waits in the inbox")
            return receipts

        @task(doc_md="Ends red when a delivery or file was refused, and says what the supplier can do.")
        def say_what_was_refused(receipts: list[dict]) -> int:
            """Raise when the door refused something. Returns how many files were accepted."""
            from airflow.sdk.exceptions import AirflowFailException

            from fairview.orchestration import verbs

            refused = verbs.refusals(receipts)
            if refused:
                raise AirflowFailException("; ".join(refused))
            return len(receipts)

        say_what_was_refused(receive(source))
    return dag
