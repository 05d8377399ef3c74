"""Great Expectations, pushed down into DuckDB: evaluates one table's expectations and says which held.

Knows: how GX is started without files, telemetry or row values (`BOOLEAN_ONLY`), and that an exception inside a result
is not an answer. Refuses to know: what follows from an answer (`judge`), and any value of a row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One expectation's answer: `ran` is False when it raised, in which case `succeeded` means nothing."""

    succeeded: bool
    ran: bool


@dataclass(frozen=True)
class Evaluation:
    """Answers in the order of the expectations, and GX's own result for its Data Docs."""

    answers: tuple[Answer, ...]
    result: Any


class Judge:
    """GX on one lent mart."""

    def __init__(self, datasource) -> None:
        self._datasource = datasource

    def evaluate(self, table: str, expectations: list[dict[str, Any]]) -> Evaluation:
        """Evaluate expectations over a table of the mart. Whatever GX raises comes up as it is: nothing was judged then."""
        from great_expectations import ExpectationSuite

        asset = self._datasource.add_table_asset(name=table, table_name=table)
        suite = ExpectationSuite(name=table, expectations=expectations)
        batch = asset.add_batch_definition_whole_table("whole").get_batch()
        result = batch.validate(suite, result_format="BOOLEAN_ONLY")
        by_id = {_identity(item): item for item in result.results}
        answers = tuple(_answer(by_id.get(written["meta"]["id"])) for written in expectations)
        for item in result.results:
            _withhold(item)
        return Evaluation(answers, result)


@contextmanager
def judge_of(url: str) -> Iterator[Judge]:
    """A GX judge of the mart behind a lent URL; GX keeps nothing on disk and its connection is closed afterwards."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    configuration = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)  # its warnings quote messages, too
    context = gx.get_context(mode="ephemeral", project_config=configuration)
    datasource = context.data_sources.add_sql(name="mart", connection_string=url, create_temp_table=False)
    try:
        yield Judge(datasource)
    finally:
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()


def _identity(item) -> str | None:
    return (item.expectation_config.meta or {}).get("id") if item.expectation_config else None


def _answer(item) -> Answer:
    """Not run when GX gave no result, raised anywhere within it, or gave neither true nor false."""
    if item is None or _raised(item.exception_info) or not isinstance(item.success, bool):
        return Answer(False, False)
    return Answer(item.success, True)


def _withhold(item) -> None:
    """Take an exception's text out of a result: a database's message may quote the value it stumbled over."""
    if _raised(item.exception_info):
        withheld = "the message is withheld: it may quote a value"
        item.exception_info = {"raised_exception": True, "exception_message": withheld, "exception_traceback": withheld}


def _raised(info: Any) -> bool:
    """GX reports exceptions as one dictionary, or as one per metric."""
    if not isinstance(info, dict):
        return False
    return bool(info.get("raised_exception")) or any(_raised(part) for part in info.values() if isinstance(part, dict))
