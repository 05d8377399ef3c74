"""Data Docs: each service's newest verdict as pages anyone on the council's network can read offline.

Knows: how Great Expectations renders a result, whose sections are shown as they come; its page frame, which fetches
styles and scripts from five content networks, is replaced by ours, which fetches nothing.
Refuses to know: any value of a row (`BOOLEAN_ONLY`), and whether anything was published.
"""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

from fairview.contracts.service import ServiceCard
from fairview.domain.verdicts import Status, Verdict
from fairview.store import scratch
from fairview.store.places import Places

log = logging.getLogger(__name__)

_WORDS = {
    "pass": "Passed",
    "remark": "Passed with remarks",
    "warn": "Waits for a person",
    "block": "Blocked",
    "not_run": "Not run",
}
_HELD = {
    "pass": "So",
    "remark": "Not so, a remark",
    "warn": "Not so, to be decided",
    "block": "Not so",
    "not_run": "Not run",
}
_MEANING = {
    "pass": "Everything expected is so; it may be published.",
    "remark": "It may be published, and the public record says what was not as expected.",
    "warn": "Something is out of the ordinary: it is published only if a person decides so. What is published stays meanwhile.",
    "block": "It may not be published; what is published stays as it is.",
    "not_run": "Not everything could be checked, so it may not be published; what is published stays as it is.",
}


def sections_of(result: Any) -> str:
    """Great Expectations' own sections of one table's result, as HTML without its page frame.

    Empty when GX cannot render its own result: the verdict does not hang on how it is shown.
    """
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaSectionView

    view = DefaultJinjaSectionView()
    for item in result.results:
        if item.expectation_config.type == "expect_table_columns_to_match_ordered_list":
            # GX orders its sections by this value, which BOOLEAN_ONLY leaves out: the declared names stand for it.
            item.result = {"observed_value": item.expectation_config.kwargs["column_list"]}
    try:
        document = ValidationResultsPageRenderer().render(result).to_json_dict()
        own = document["sections"][1:]  # the first is GX's overview, with its batch: our page has its own
        pages = [view.render({"section": section, "section_loop": {"index": 1}}) for section in own]
    except Exception as error:
        log.warning("Great Expectations could not render its result: %s", type(error).__name__)
        return ""
    # Each section numbers its elements from one; on one page their ids must differ.
    return "\n".join(
        page.replace('id="section-', f'id="s{number}-section-').replace('id="content-block-', f'id="s{number}-block-')
        for number, page in enumerate(pages, start=1)
    )


def write(places: Places, card: ServiceCard, verdict: Verdict, sections: dict[str, str]) -> Path:
    """Write a service's pages into `gate/<service>/` and the index over all services. Returns the service's first page."""
    folder = places.gate / card.service
    told = {**verdict.document(), "title": card.title, "counts": verdict.counts(), "reasons": verdict.reasons()}
    told["judged_on"] = (
        f"{verdict.judged_at[:16].replace('T', ' ')} {verdict.judged_at[19:].replace('+00:00', 'UTC')}".strip()
    )
    with scratch.folder(places, "gate") as place:
        draft = place / card.service
        draft.mkdir(mode=0o700)
        (draft / "verdict.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
        (draft / "index.html").write_text(
            _rendered("service.html.j2", verdict=told, decide=verdict.held()), encoding="utf-8"
        )
        for table in told["tables"]:
            own = {"table": table, "ordered": _harshest_first(table), "sections": sections.get(table["table"], "")}
            page = _rendered("table.html.j2", verdict=told, **own)
            (draft / f"{table['table']}.html").write_text(page, encoding="utf-8")
        scratch.swap(draft, folder)
    _write_index(places)
    return folder / "index.html"


def _harshest_first(table: dict[str, Any]) -> list[dict[str, Any]]:
    order = [str(status) for status in reversed(Status)]
    return sorted(table["judgements"], key=lambda one: order.index(one["status"]))


def _write_index(places: Places) -> None:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(places.gate.glob("*/verdict.json"))]
    scratch.lay(places, places.gate / "index.html", _rendered("index.html.j2", verdicts=found))


@lru_cache(maxsize=1)
def _environment():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _rendered(template: str, sections: str = "", **words: Any) -> str:
    from markupsafe import Markup

    safe = Markup(sections)  # noqa: S704 - rendered and escaped by Great Expectations' own templates
    return (
        _environment().get_template(template).render(words=_WORDS, held=_HELD, meaning=_MEANING, sections=safe, **words)
    )
