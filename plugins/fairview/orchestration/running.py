"""When DAGs run by the clock, and which task is tried again by itself.

By the clock: at their own hour, never at once because an hour had passed before Airflow first started. Without a start
date, and with no patience for the past, a first start waits for the next hour; after an outage the last hour missed is
made up. Fourteen runs at every first start would find nothing to do.

Again: a task whose process was killed, since every verb can be run again from any point. Never one that said what is
wrong: the second time it says the same, and a shut gate is no fault.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable
from airflow.sdk.definitions.retry_policy import ExceptionRetryPolicy, RetryAction, RetryRule

_SAID_WHAT_IS_WRONG = ExceptionRetryPolicy([RetryRule(exception=Exception, action=RetryAction.FAIL)])


def at(cron: str) -> CronTriggerTimetable:
    """A timetable in the council's own time."""
    return CronTriggerTimetable(cron, timezone="Europe/London", run_immediately=timedelta())


def owned_by(owner: str) -> dict[str, Any]:
    """What the tasks of a DAG have in common: whose they are, and that a killed one is tried again once."""
    return {
        "owner": owner,
        "retries": 1,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": _SAID_WHAT_IS_WRONG,
    }
