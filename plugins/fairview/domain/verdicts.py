"""What a verdict is, how its parts add up, and what exactly is signed.

Knows: the five statuses, the three severities, and that not having run is never having passed.
Refuses to know: how an expectation is evaluated, where a verdict lies, who may publish; and any value of a row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a table, a service or one expectation came out, mildest first. WARN waits for a person, BLOCK for nobody."""

    PASS = "pass"  # noqa: S105 - not a password
    REMARK = "remark"
    WARN = "warn"
    BLOCK = "block"
    NOT_RUN = "not_run"


class Severity(StrEnum):
    """What a false expectation means: critical shuts the gate, warning holds for a person, info publishes and says so."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


_HARSHER = tuple(Status)  # by position; NOT_RUN is worst, since nothing is known
PUBLISHABLE = frozenset({Status.PASS, Status.REMARK})  # WARN only with a person's decision (`publication.holding`)


def worst(statuses: Iterable[Status]) -> Status:
    """The harshest of the statuses. Of none at all: NOT_RUN, since nothing judged is nothing passed."""
    return max(statuses, key=_HARSHER.index, default=Status.NOT_RUN)


_TOLD = {
    Status.NOT_RUN: "could not be checked",
    Status.BLOCK: "is not so",
    Status.WARN: "is not so (for a person to decide)",
    Status.REMARK: "is not so (a remark)",
}


@dataclass(frozen=True)
class Judgement:
    """One expectation's outcome. `failures` counts the rows at fault where that was cheap to count, else None.

    `figures` is what a person decides by where it holds: label and figure, counts and shares only.
    """

    expectation: str
    severity: str
    status: str
    why: str
    owner: str
    failures: int | None = None
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TableVerdict:
    """One table's outcome: `trouble` says why it could not be judged, empty where it could."""

    table: str
    status: str
    rows: int | None
    judgements: tuple[Judgement, ...]
    trouble: str = ""

    def reasons(self) -> list[str]:
        """What did not pass, one plain sentence each, harshest first; no count of rows, since the public record tells it."""
        told = [f"{self.table}: {self.trouble}"] if self.trouble else []
        failed = [one for one in self.judgements if one.status != Status.PASS]
        for one in sorted(failed, key=lambda one: -_HARSHER.index(Status(one.status))):
            what = _TOLD[Status(one.status)]
            told.append(f"{self.table}: “{one.why.rstrip('.')}” {what} ({one.expectation})")
        return told


@dataclass(frozen=True)
class Verdict:
    """The gate's answer for one candidate of one service, bound to the exact bytes and rules it was given."""

    service: str
    generation: str
    sha256: str
    suites: str
    rules: str
    warehouse: str
    as_at: str
    judged_at: str
    status: str
    tables: tuple[TableVerdict, ...]
    signature: str = ""

    def reasons(self) -> list[str]:
        """Everything that did not pass, in plain English."""
        return [reason for table in self.tables for reason in table.reasons()]

    def held(self) -> list[tuple[str, Judgement]]:
        """Table and judgement of everything a person has to decide."""
        return [(table.table, one) for table in self.tables for one in table.judgements if one.status == Status.WARN]

    def counts(self) -> dict[str, int]:
        """Expectations by outcome."""
        found = dict.fromkeys((str(status) for status in Status), 0)
        for table in self.tables:
            for one in table.judgements:
                found[str(one.status)] += 1
        return found

    def summary(self) -> str:
        """One line for a log or a page."""
        counts = self.counts()
        told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counts.items() if count)
        line = (
            f"{self.service} {self.generation}: {self.status} ({len(self.tables)} tables, {told or 'nothing judged'})"
        )
        return "; ".join([line, *self.reasons()[:5]])

    def document(self) -> dict[str, Any]:
        """The verdict as JSON-ready words and numbers."""
        return json.loads(json.dumps(asdict(self)))


def rebuilt(document: dict[str, Any]) -> Verdict:
    """A verdict from its document."""
    tables = tuple(
        TableVerdict(**{**table, "judgements": tuple(_judgement(one) for one in table["judgements"])})
        for table in document["tables"]
    )
    return Verdict(**{**document, "tables": tables})


def _judgement(document: dict[str, Any]) -> Judgement:
    return Judgement(**{**document, "figures": tuple((what, figure) for what, figure in document.get("figures", ()))})


def status_of(judgements: Iterable[Judgement], trouble: str = "") -> Status:
    """How a table's expectations add up. No expectation, or any trouble, is NOT_RUN."""
    found = [Status(one.status) for one in judgements]
    return Status.NOT_RUN if trouble else worst(found)


def outcome(succeeded: bool, ran: bool, severity: str) -> Status:
    """One expectation's status. What did not run is NOT_RUN whatever its severity; an unknown severity is critical."""
    if not ran:
        return Status.NOT_RUN
    if succeeded:
        return Status.PASS
    return {Severity.WARNING: Status.WARN, Severity.INFO: Status.REMARK}.get(severity, Status.BLOCK)


def signature(document: dict[str, Any], key: bytes) -> str:
    """HMAC-SHA256 over everything a verdict says but its signature, in one canonical form; hex."""
    said = {name: value for name, value in document.items() if name != "signature"}
    body = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def is_signed(document: dict[str, Any], key: bytes) -> bool:
    """Whether the document's signature is the one the key makes, compared in constant time."""
    return hmac.compare_digest(str(document.get("signature", "")), signature(document, key))
