"""Explanations as the console prints them for a machine, and a check that a reckoning of them can fail at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection
from datetime import date, timedelta

from fairview.contracts.catalogue import Catalogue
from fairview.publication.explain import explain
from fairview.store.places import Places


def explained_document(where: Places, declared: Catalogue, service: str, person_id: str, key: bytes) -> dict:
    """What `fairview explain --json` prints, read back."""
    return json.loads(json.dumps(explain(where, declared, service, person_id, key).document(), default=str))


def _changed(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    try:
        return str(date.fromisoformat(str(value)) - timedelta(days=1))
    except ValueError:
        pass
    try:
        text = str(value)
        return str(int(text) + 1 if text.isdecimal() else float(text) + 1)
    except ValueError:
        return f"{value} and more"


def assert_the_reckoning_would_notice(
    explained: list[dict],
    differences: Callable[[dict], list[str]],
    *columns: str,
    but: Collection[str] = (),
    reworded: Callable[[dict], None] = lambda document: None,
) -> None:
    """Change one published column of one rule at a time, once per rule: the reckoning must object each time.

    `reworded` makes the altered document's sentences fit what was altered, so that they cannot be what gives it away.
    """
    tried: set[str] = set()
    for document in explained:
        for number, rule in enumerate(document["rules"]):
            if rule["rule_id"] in tried or rule["rule_id"] in but or not document["is_listed"]:
                continue
            tried.add(rule["rule_id"])
            for column in columns:
                if rule.get(column) is None:
                    continue
                altered = copy.deepcopy(document)
                altered["rules"][number][column] = _changed(rule[column])
                reworded(altered)
                assert differences(altered), f"{rule['rule_id']} {column} could be anything"
    assert tried
