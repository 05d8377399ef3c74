"""The terms on which a candidate is held for a person (`dags/gate/holding.yml`): who may answer, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.reading import read_yaml
from fairview.errors import DeclarationError

# A reason is a sentence or two. Owner: information governance, since 2026-11-26.
LEAST_REASON, LONGEST_REASON = 5, 400


@dataclass(frozen=True)
class Terms:
    """Who may decide (Airflow user names; empty: whoever may answer there) and within how long."""

    answer_within: timedelta
    approvers: tuple[str, ...]


def terms(catalogue: Catalogue) -> Terms:
    """The declared terms. Raises DeclarationError."""
    try:
        declared = read_yaml(catalogue.house / "dags" / "gate" / "holding.yml")["holding"]
        return Terms(timedelta(hours=declared["answer_within_hours"]), tuple(declared["approvers"] or ()))
    except (OSError, KeyError, TypeError) as error:
        raise DeclarationError("dags/gate/holding.yml must say answer_within_hours and approvers") from error
