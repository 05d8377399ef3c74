"""The gate: is today's candidate fit to replace what is published? One verdict per service, signed, laid beside it.

Knows: that what was not run has not passed. A table missing or not on the card, a suite missing or empty, no rows where
rows must be, an exception anywhere, fewer results than expectations: each is NOT_RUN or BLOCK.
Refuses to know: how a candidate was built, and how one is published; it changes nothing but the verdict it writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import ServiceCard, Table
from fairview.domain import verdicts
from fairview.domain.disclosure import told
from fairview.domain.verdicts import Judgement, Status, TableVerdict, Verdict
from fairview.errors import FairviewError
from fairview.gate import data_docs, dialect, merges, suites, validation
from fairview.gate.beside import Beside, beside
from fairview.gate.drift import PUBLISHED
from fairview.store import generations, ledger, opening
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import Places
from fairview.store.troubles import sentence, trouble

# More lines than this before a person are not read. Owner: data engineering, since 2026-11-26.
_MOST_FIGURES = 12


def judge(
    places: Places, keyring: Keyring, catalogue: Catalogue, candidates: Mapping[str, Generation], at: datetime
) -> dict[str, Verdict]:
    """Judge candidates, all services in one process since GX takes 7 CPU-seconds to import. Service → verdict.

    Each verdict is signed, laid beside its candidate, noted in the ledger and shown in the Data Docs. Never raises for
    what a candidate or suite is like: that is a verdict.
    """
    found = {}
    for service, candidate in candidates.items():
        verdict, pages = _judge_one(places, keyring, catalogue, catalogue.service(service), candidate, at)
        document = verdict.document()
        verdict = replace(verdict, signature=verdicts.signature(document, keyring.verdict_key()))
        if candidate.path.is_dir():  # a newer run may have swept it
            generations.attest(candidate, verdict.document())
        ledger.append(
            places,
            "verdict",
            at,
            service=service,
            generation=verdict.generation,
            sha256=verdict.sha256,
            suites=verdict.suites,
            rules=verdict.rules,
            status=verdict.status,
            expectations=verdict.counts(),
            failed=sorted(
                f"{t.table}: {j.expectation}" for t in verdict.tables for j in t.judgements if j.status != "pass"
            ),
        )
        data_docs.write(places, catalogue.service(service), verdict, pages)
        found[service] = verdict
    return found


def _judge_one(
    places: Places, keyring: Keyring, catalogue: Catalogue, card: ServiceCard, candidate: Generation, at: datetime
) -> tuple[Verdict, dict[str, str]]:
    """The unsigned verdict of one candidate, and a page of Data Docs per table that could be judged."""
    about = {"sha256": "", "warehouse": "", "as_at": ""}
    tables: list[TableVerdict] = []
    pages: dict[str, str] = {}
    try:
        manifest = candidate.manifest
        about = {"sha256": generations.file_hash(candidate.database), "warehouse": str(manifest.get("warehouse", ""))}
        about["as_at"] = str(manifest["as_at"])
        if about["sha256"] != manifest["sha256"] or manifest["generation"] != candidate.name:
            raise FairviewError("the candidate is not the one that was built")
        data_key = candidate.data_key(keyring.zone_key(card.service))
        with _Candidate(places, candidate, data_key, beside(places, keyring, card, candidate)) as mart:
            tables = [
                TableVerdict(name, Status.BLOCK, None, (), "it is not on the service card")
                for name in sorted(mart.objects - {f"main.{table.name}" for table in card.tables})
            ]
            for table in card.tables:
                verdict, result = _judge_table(catalogue, card, table, mart, about["as_at"])
                tables.append(verdict)
                if result is not None:
                    pages[table.name] = data_docs.sections_of(result)
            tables += merges.judge(places, catalogue, card.service)
    except Exception as error:  # whatever it was, the rest was not judged, and that is what the verdict must say
        machine = None if isinstance(error, FairviewError) else trouble(error)
        own = str(error) if isinstance(error, FairviewError) else type(error).__name__
        reason = sentence("judging", machine) if machine else own
        tables.append(TableVerdict(card.service, Status.NOT_RUN, None, (), f"it could not be judged: {reason}"))
    verdict = Verdict(
        service=card.service,
        generation=candidate.name,
        suites=suites.fingerprint(catalogue, card.service),
        rules=suites.rules_fingerprint(catalogue, card.service),
        judged_at=at.isoformat(timespec="seconds"),
        status=verdicts.worst(Status(table.status) for table in tables),
        tables=tuple(tables),
        **about,
    )
    return verdict, pages


def _judge_table(
    catalogue: Catalogue, card: ServiceCard, table: Table, mart: _Candidate, as_at: str
) -> tuple[TableVerdict, object | None]:
    """One table's verdict with GX's result, or with the reason why it could not be judged and None."""
    if f"main.{table.name}" not in mart.objects:
        return TableVerdict(table.name, Status.NOT_RUN, None, (), "it is missing"), None
    rows = mart.count(f'SELECT 1 FROM main."{table.name}"')
    if not rows and not table.may_be_empty:
        return TableVerdict(
            table.name, Status.NOT_RUN, rows, (), "it has no rows, and the card says it must have some"
        ), None
    try:
        shape = suites.Shape(table, mart.columns(table.name), as_at, *mart.before(table.name))
        asked = suites.expectations(catalogue, card.service, shape)
    except FairviewError as error:
        return TableVerdict(table.name, Status.NOT_RUN, rows, (), str(error)), None
    try:
        evaluation = mart.judge.evaluate(table.name, asked)
    except Exception as error:  # GX's messages may quote values: only the kind of error is told
        trouble = f"its suite could not be run: {type(error).__name__}"
        return TableVerdict(table.name, Status.NOT_RUN, rows, (), trouble), None
    judgements = tuple(
        _judgement(item, answer, mart, table.name) for item, answer in zip(asked, evaluation.answers, strict=True)
    )
    complete = len(evaluation.result.results) == len(asked)
    trouble = "" if complete else "there were not as many answers as expectations"
    status = verdicts.status_of(judgements, trouble)
    return TableVerdict(table.name, status, rows, judgements, trouble), evaluation.result


def _judgement(item: dict, answer: validation.Answer, mart: _Candidate, table: str) -> Judgement:
    status = verdicts.outcome(answer.succeeded, answer.ran, item["severity"])
    meta = item["meta"]
    is_false = answer.ran and not answer.succeeded
    failures = mart.failures(item, table) if is_false else None
    figures = mart.figures(item, table) if is_false and status == Status.WARN else ()
    return Judgement(meta["id"], item["severity"], status, meta["why"], meta["owner"], failures, figures)


class _Candidate:
    """A candidate opened read-only twice: by us, to see what is there and to count; by GX, to judge."""

    def __init__(self, places: Places, candidate: Generation, data_key: str, compared: Beside) -> None:
        self._places, self._candidate, self._key, self._beside = places, candidate, data_key, compared

    def __enter__(self) -> _Candidate:
        with ExitStack() as stack:
            self._con = stack.enter_context(closing(opening.connect(self._places)))
            opening.attach(self._con, self._candidate.database, "mart", self._key, read_only=True)
            self._beside.prepare(self._con)
            self._con.execute("USE mart")
            self.objects = {
                f"{schema}.{name}"
                for schema, name in self._con.execute(
                    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'mart' "
                    "UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'mart' AND NOT internal"
                ).fetchall()
            }
            url = stack.enter_context(dialect.lend(self._places, self._candidate.database, self._key, self._beside))
            self.judge = stack.enter_context(validation.judge_of(url))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error) -> None:
        self._stack.close()

    def columns(self, table: str) -> dict[str, str]:
        """Column → SQL type, in order."""
        return self._columns("mart", table)

    def before(self, table: str) -> tuple[int | None, dict[str, str] | None, str, int | None]:
        """Rows, columns, as-at date, and people or households the table had when last published; nothing of one that was
        not."""
        columns = self._columns(PUBLISHED, table) if self._beside.before else {}
        if not columns:
            return None, None, "", None
        whom = suites.subject(columns)
        counted = f'count(*), count(DISTINCT "{whom}")' if whom else "count(*), NULL"
        rows, subjects = self._con.execute(f'SELECT {counted} FROM {PUBLISHED}.main."{table}"').fetchone()
        return rows, columns, str(self._beside.before.manifest["as_at"]), subjects

    def _columns(self, database: str, table: str) -> dict[str, str]:
        return dict(
            self._con.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND schema_name = 'main' "
                "AND table_name = ? ORDER BY column_index",
                [database, table],
            ).fetchall()
        )

    def count(self, query: str) -> int:
        """Rows of a query."""
        return self._con.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]

    def failures(self, item: dict, table: str) -> int | None:
        """How many rows break an expectation, where its own query tells; GX itself is asked for true or false alone."""
        query = item["kwargs"].get("unexpected_rows_query")
        return self.count(query.format(batch=f'mart.main."{table}"')) if query else None

    def figures(self, item: dict, table: str) -> tuple[tuple[str, str], ...]:
        """What a person decides by, as (what, figure): of `meta.figures` where the expectation has it; of rows, now and
        as published, always. Counts and shares, small ones not told."""
        rows, before = self.count(f'SELECT 1 FROM mart.main."{table}"'), self.before(table)[0]
        found = [("rows now", str(told(rows)))]
        if before is not None:
            found.append(("rows as published", str(told(before))))
        if {"min_value", "max_value"} <= item["kwargs"].keys() and "limits" in item["meta"]:
            found.append(("rows usual", f"{item['kwargs']['min_value']:,} to {item['kwargs']['max_value']:,}"))
        if query := item["meta"].get("figures"):
            answers = self._con.execute(query.format(batch=f'mart.main."{table}"')).fetchmany(_MOST_FIGURES)
            found += [(str(what), str(figure)) for what, figure in answers]
        return tuple(found)
