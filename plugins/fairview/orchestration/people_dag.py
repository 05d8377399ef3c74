"""`people`: links the staged records into people and households, then rebuilds the pseudonymised warehouse.

`decide_link`: a person's decision on one item of the review queue.
"""

from __future__ import annotations

from airflow.sdk import DAG, AssetOrTimeSchedule, Param, task

from fairview.contracts.catalogue import Catalogue
from fairview.identity.acts import Acts, acts
from fairview.orchestration import assets, running, words

# After the morning's deliveries; a run that finds nothing new ends in a second.
_AFTER_THE_DELIVERIES = "30 6 * * *"
# In the form: the stop stands.
_NOBODY = "nobody"


def _reasons(declared: Acts) -> Param:
    return Param(
        next(iter(declared.reasons)), enum=list(declared.reasons), values_display=dict(declared.reasons), title="Reason"
    )


def people_dag(catalogue: Catalogue) -> DAG:
    """The one DAG that turns records into people."""
    declared = acts(catalogue.house)
    with DAG(
        dag_id="people",
        description="Which records are one person and one household; then the tables without identifiers.",
        schedule=AssetOrTimeSchedule(
            timetable=running.at(_AFTER_THE_DELIVERIES),
            assets=assets.any_delivery(catalogue),
        ),
        catchup=False,
        max_active_runs=1,
        tags=["identity", "warehouse"],
        default_args=running.owned_by("data engineering"),
        doc_md=words.of_people_dag(catalogue),
        params={
            "even_if_nothing_is_new": Param(
                False,
                type="boolean",
                title="Even if nothing is new",
                description="Link and build again although nothing has been received or decided since the last time.",
            ),
            "let_through_by": Param(
                _NOBODY,
                enum=[_NOBODY, *declared.permitted("let_through")],
                title="Let a stopped linking through, as",
                description="Only after a run stopped because too many people changed, and somebody has looked. "
                "It lets those changes through, no more, and goes into the ledger and the public record.",
            ),
            "let_through_reason": _reasons(declared),
        },
    ) as dag:

        @task(
            pool=assets.VAULT_POOL, doc_md="Deterministic rules first, Splink for the rest, registry ids that persist."
        )
        def link_people(params=None) -> dict:
            """Link. Skips when nothing has been received since the last link, or deliveries are still being received."""
            from airflow.sdk.exceptions import AirflowSkipException

            from fairview.orchestration import verbs

            if params["let_through_by"] != _NOBODY:
                verbs.let_links_through(params["let_through_by"], params["let_through_reason"])
            counts = verbs.link_if_new(params["even_if_nothing_is_new"])
            if counts is None:
                raise AirflowSkipException("nothing was received or decided since people were last linked")
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


def decide_link_dag(catalogue: Catalogue) -> DAG:
    """The form in which a role decides one item of the review queue, or takes a decision back."""
    declared = acts(catalogue.house)
    with DAG(
        dag_id="decide_link",
        description="Two records must, or must not, be one person: one decision, by its number in the queue.",
        schedule=None,
        catchup=False,
        tags=["identity"],
        default_args={"owner": "data engineering"},
        doc_md=words.DECIDE_LINK,
        params={
            "item": Param(
                "",
                type="string",
                pattern="^[0-9a-f]{12,16}$|^$",
                title="Item, or decision to revoke",
                description="The number the queue shows; to revoke, the decision's number. Never a reference or a name.",
            ),
            "verdict": Param(
                "must_not_link",
                enum=["must_not_link", "must_link", "revoke"],
                values_display={
                    "must_not_link": "Two people: must not link",
                    "must_link": "One person: must link",
                    "revoke": "Revoke a decision",
                },
                title="Verdict",
            ),
            "by": Param(declared.permitted("decide")[0], enum=list(declared.permitted("decide")), title="Decided as"),
            "reason": _reasons(declared),
        },
    ) as dag:

        @task(pool=assets.VAULT_POOL, doc_md="Puts the decision into the vault and its number into the ledger.")
        def decide(params=None) -> str:
            """Decide. Returns the decision's number; it holds from the next run of `people` on."""
            from fairview.orchestration import verbs

            return verbs.decide_link(params)

        decide()
    return dag
