"""What the tasks read from around them: the state folder, the inbox, the clock. Read when a task runs, never at parsing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.store import locks
from fairview.store.places import Places, places


def state() -> Places:
    """The state folder the environment names."""
    return places(os.environ.get("FAIRVIEW_STATE", "state"), os.environ.get("FAIRVIEW_KEYS"))


def inbox() -> Path:
    """Where suppliers' deliveries arrive; read, never changed. Default `inbox` in the state folder."""
    return Path(os.environ.get("FAIRVIEW_INBOX") or state().root / "inbox")


def house() -> walk.House:
    """The declarations, the state and its keys."""
    locks.introduce(" ".join(os.environ.get(f"AIRFLOW_CTX_{name}", "") for name in ("DAG_ID", "DAG_RUN_ID")).strip())
    return walk.house(catalogue(), state())


def now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)
