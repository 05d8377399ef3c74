"""Reference pages rendered from the declarations: feeds, services, expectations. Committed, and refused when stale."""

from __future__ import annotations

import json
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import PURPOSES, SENSITIVITIES

_HEAD = "<!-- Written by `fairview generate` from the declarations; change those, not this page. -->\n\n"


def render(catalogue: Catalogue) -> dict[Path, str]:
    """Path below `docs/reference` → page."""
    return {
        Path("feeds.md"): _feeds(catalogue),
        Path("services.md"): _services(catalogue),
        Path("expectations.md"): _expectations(catalogue),
    }


def write(catalogue: Catalogue) -> list[Path]:
    """Write every page that is new or changed. Returns them."""
    changed = stale(catalogue)
    pages = {catalogue.house / "docs" / "reference" / path: text for path, text in render(catalogue).items()}
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path], encoding="utf-8")
    return changed


def stale(catalogue: Catalogue) -> list[Path]:
    """Pages that are missing or differ from what the declarations say."""
    pages = {catalogue.house / "docs" / "reference" / path: text for path, text in render(catalogue).items()}
    return [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def _cell(text: object) -> str:
    return str(text or "").replace("|", "\\|").replace("\n", " ")


def _feeds(catalogue: Catalogue) -> str:
    lines = [
        _HEAD + "# Feeds",
        "",
        f"{len(catalogue.feeds)} feeds of {len(catalogue.sources)} sources, each from its contract under `dags/feeds/`.",
        "",
    ]
    lines += ["## Classes", ""] + [f"- `{code}`: {words}" for code, words in SENSITIVITIES.items()]
    lines += ["", "## Purposes", ""] + [f"- `{code}`: {words}" for code, words in PURPOSES.items()]
    for source in catalogue.sources:
        contracts = catalogue.of_source(source)
        lines += ["", f"## {source}: {contracts[0].document['dataProduct']}"]
        for contract in contracts:
            key = ", ".join(column.name for column in contract.key) or "none"
            lines += [
                "",
                f"### {contract.feed}",
                "",
                f"{contract.title}. {contract.kind}, {contract.format}, {contract.facts['encoding']}, key {key}.",
            ]
            lines += [
                "",
                _cell(contract.use),
                "",
                "| column | type | class | purposes | meaning |",
                "|---|---|---|---|---|",
            ]
            lines += [
                f"| {column.header} | {column.physical_type} | {column.sensitivity} | {' '.join(sorted(column.purposes))} | {_cell(column.description)} |"
                for column in contract.columns
            ]
    return "\n".join(lines) + "\n"


def _services(catalogue: Catalogue) -> str:
    lines = [_HEAD + "# Services", ""]
    for card in catalogue.services:
        lines += [
            f"## {card.service}",
            "",
            f"**{card.title}**, for {card.department} (`{card.purpose_code}`).",
            "",
            card.purpose.strip(),
            "",
        ]
        lines += [
            f"Lawful basis: {card.lawful_basis.strip()}",
            "",
            f"Reads: {', '.join(f'`{feed}`' for feed in card.feeds)}",
            "",
        ]
        lines += ["| table | role | key | what it holds |", "|---|---|---|---|"]
        lines += [
            f"| {table.name} | {table.role} | {', '.join(table.key)} | {_cell(table.description)} |"
            for table in card.tables
        ]
        lines += [""] + [f"- Never: {never}" for never in card.never] + [""]
    return "\n".join(lines)


def _expectations(catalogue: Catalogue) -> str:
    lines = [
        _HEAD + "# Expectations",
        "",
        "What must be true before a table is replaced. `_house` holds for every published table.",
        "",
    ]
    for folder in sorted(path for path in (catalogue.house / "expectations").glob("*") if path.is_dir()):
        for path in sorted(folder.glob("*.json")):
            suite = json.loads(path.read_text(encoding="utf-8"))
            lines += [
                f"## {folder.name}/{path.stem}",
                "",
                "| id | type | severity | why | owner | since |",
                "|---|---|---|---|---|---|",
            ]
            for item in suite.get("expectations", ()):
                meta = item.get("meta") or {}
                words = (
                    meta.get("id"),
                    item.get("type"),
                    item.get("severity"),
                    meta.get("why"),
                    meta.get("owner"),
                    meta.get("since"),
                )
                lines.append("| " + " | ".join(_cell(word) for word in words) + " |")
            lines.append("")
    return "\n".join(lines)
