"""Asks a person whether a held candidate is published, until the answer is one or the time declared for it has passed.

Airflow takes whatever is answered, over its REST API too, and fails the task when that does not fit. A question is not
used up by that: an answer without a reason, or with one the open ledger may not hold, is not taken, and the question stays.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import TaskAwaitingInput


class AskUntilAnswered(HITLOperator):
    """The question of one held candidate; text and deadline are what `judge` noted. No answer in time gives the default."""

    def execute(self, context) -> Any:
        """Ask, for as long as is left."""
        self.response_timeout = self._left(context)
        return super().execute(context)

    def execute_complete(self, context, event: dict[str, Any]) -> Any:
        """Take the answer, or say why not and ask again. Returns the answer."""
        from fairview.orchestration import verbs

        objection = verbs.objection_to(event)
        if objection is None:
            return super().execute_complete(context, event)
        self.log.error("%s The question stays open.", objection)
        self._ask_again(context)
        raise TaskAwaitingInput(method_name="execute_complete", timeout=self._left(context))

    def _ask_again(self, context) -> None:
        """Take back what was answered; Airflow keeps one answer to a question."""
        from airflow.sdk.execution_time.hitl import upsert_hitl_detail

        upsert_hitl_detail(
            ti_id=context["task_instance"].id,
            options=self.options,
            subject=self.subject,
            body=self.body,
            defaults=self.defaults,
            multiple=self.multiple,
            params=self.serialized_params,
            assigned_users=self.assigned_users,
        )

    @staticmethod
    def _left(context):
        from fairview.orchestration import verbs

        return verbs.left_to_answer(context["ti"].xcom_pull(task_ids="judge", key="verdict")["until"])
