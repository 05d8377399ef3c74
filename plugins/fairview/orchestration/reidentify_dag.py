"""`reidentify`: a request by one person, approved by two others, logged before it reveals."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, task

from fairview.contracts.catalogue import Catalogue
from fairview.orchestration import assets, words

# A request nobody answers within two working days lapses: rejected, not granted. Owner: information governance.
_ANSWER_WITHIN = timedelta(days=2)


def _approval(which: str) -> ApprovalOperator:
    return ApprovalOperator(
        task_id=f"{which}_approval",
        subject="May this person of this service be named to the requester?",
        body="Service **{{ params.service }}**, purpose **{{ params.purpose }}**, asked by **{{ dag_run.triggering_user_name }}**. "
        "You must be neither the requester nor the other approver.",
        defaults="Reject",
        response_timeout=_ANSWER_WITHIN,
    )


def reidentify_dag(catalogue: Catalogue) -> DAG:
    """The one way from a pseudonym back to a person."""
    from fairview.governance.reidentification import PURPOSES

    with DAG(
        dag_id="reidentify",
        description="Name one person of one service: two approvals, logged before it reveals.",
        schedule=None,
        catchup=False,
        tags=["governance"],
        default_args={"owner": "information governance"},
        doc_md=words.REIDENTIFY,
        params={
            "service": Param(
                catalogue.services[0].service if catalogue.services else "none",
                enum=[card.service for card in catalogue.services] or ["none"],
                title="Service",
            ),
            "person_id": Param(
                "",
                type="string",
                pattern="^[0-9a-f-]{36}$|^$",
                title="Person id",
                description="As the service's list shows it.",
            ),
            "purpose": Param("offer_of_help", enum=list(PURPOSES), values_display=dict(PURPOSES), title="Purpose"),
        },
    ) as dag:

        @task(doc_md="Is the person in the service's published tables, and the purpose one of those allowed?")
        def check_request(params=None, dag_run=None) -> str:
            """Check. Returns the requester's user name."""
            from fairview.orchestration import verbs

            return verbs.check_reidentification(params, dag_run.triggering_user_name)

        @task(
            pool=assets.VAULT_POOL,
            doc_md="Writes the ledger first, then the sealed identity; returns a ticket, never a name.",
        )
        def reveal(first: dict, second: dict, params=None, dag_run=None) -> str:
            """Reveal. Returns the ticket for `fairview reveal`."""
            from fairview.orchestration import verbs

            return verbs.reveal(params, dag_run.triggering_user_name, first, second)

        first, second = _approval("first"), _approval("second")
        check_request() >> [first, second]
        reveal(first.output, second.output)
    return dag
