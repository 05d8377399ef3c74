"""Which feed columns each published column rests on, through any chain, and whether its service may use them.

Follows the compiled SQL of a service's models back to the pseudonymised tables, whose columns follow one to one from
the contracts. A column rests on what its expression names (value) and on what decides which rows there are: filters,
joins, groupings (rows). Both must be permitted: a filter on a forbidden column tells of it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.rules import SOURCE_REACH
from fairview.contracts.service import ServiceCard
from fairview.errors import DeclarationError

Leaf = tuple[str, str]  # pseudonymised table, column


@dataclass(frozen=True)
class Dependence:
    """One published column resting on one feed column. `by` is value or rows."""

    service: str
    table: str
    column: str
    source: str
    feed: str
    feed_column: str
    sensitivity: str
    purposes: tuple[str, ...]
    by: str


@dataclass(frozen=True)
class _Output:
    """What a model's columns rest on: leaves per column, and leaves that decide its rows."""

    columns: dict[str, frozenset[Leaf]]
    rows: frozenset[Leaf]


def read_manifest(path: Path) -> dict:
    """A dbt manifest with compiled SQL. Raises DeclarationError when models were not compiled."""
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if not any(node.get("compiled_code") for node in manifest["nodes"].values()):
        raise DeclarationError("the manifest holds no compiled SQL")
    return manifest


def dependences(catalogue: Catalogue, manifest: dict) -> list[Dependence]:
    """Every published column with every feed column it rests on, sorted."""
    found: list[Dependence] = []
    for card, own, outputs, boundary in _services(catalogue, manifest):
        for node in own:
            if node["database"] == card.service:
                found += _of_table(catalogue, card, node, outputs[node["name"]], boundary)
    return sorted(set(found), key=lambda d: (d.service, d.table, d.column, d.source, d.feed, d.feed_column, d.by))


def undescribed(catalogue: Catalogue, manifest: dict) -> list[str]:
    """Columns a derived model's SQL gives, steps' too, that no description stands beside; `model.column`, sorted."""
    return sorted(
        f"{node['name']}.{column}"
        for _, own, outputs, _ in _services(catalogue, manifest)
        for node in own
        for column in outputs[node["name"]].columns
        if not node["columns"].get(column, {}).get("description")
    )


def _services(catalogue: Catalogue, manifest: dict) -> Iterator[tuple[ServiceCard, list[dict], dict, dict]]:
    """Each service with its models, their outputs, and the pseudonymised models they begin with."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    boundary = {node["name"]: node for node in nodes if "pseudonymised" in node["fqn"]}
    for card in catalogue.services:
        own = [node for node in nodes if card.service in node["fqn"]]
        yield card, own, _outputs(own, boundary, manifest), boundary


def breaches(catalogue: Catalogue, found: list[Dependence]) -> list[str]:
    """Dependences the purposes forbid, one sentence each; empty when the house keeps its promise."""
    by_service = {card.service: card.purpose_code for card in catalogue.services}
    return [
        f"{d.service}.{d.table}.{d.column} rests ({d.by}) on {d.source}.{d.feed}.{d.feed_column}, "
        f"which is for {' '.join(d.purposes) or 'nothing'}, not {by_service[d.service]}"
        for d in found
        if not permitted(d, by_service[d.service])
    ]


def permitted(dependence: Dependence, purpose: str) -> bool:
    """Feed specification, sections 4 and 5: the source may reach the service, and the column is for its purpose, or for
    control (OPS), or is an area fact (GEO) of the gazetteer or of open data. What is kept to see whom a service reaches (MON)
    decides nothing about anybody, control or not (Equality Act 2010 s13, s19)."""
    if purpose not in SOURCE_REACH.get(dependence.source, {"HSG", "CSF", "REV"}):
        return False
    purposes = set(dependence.purposes)
    area = "GEO" in purposes and dependence.source in {"gazetteer", "open_data"}
    return purpose in purposes or ("OPS" in purposes and "MON" not in purposes) or area


def factors(catalogue: Catalogue, found: list[Dependence], service: str, table: str, column: str) -> list[str]:
    """The feed columns a published column rests on, by value or by what decides its rows, sorted.

    Raises DeclarationError naming the first that is not for the service's purpose, or when the column rests on none.
    """
    own = [d for d in found if (d.service, d.table, d.column) == (service, table, column)]
    wrong = breaches(catalogue, own)
    if wrong:
        raise DeclarationError(wrong[0])
    if not own:
        raise DeclarationError(f"{service}.{table}.{column}: rests on no feed column")
    return sorted({f"{d.source}.{d.feed}.{d.feed_column}" for d in own})


def _of_table(
    catalogue: Catalogue, card: ServiceCard, node: dict, output: _Output, boundary: dict
) -> Iterator[Dependence]:
    for column, leaves in output.columns.items():
        for by, rested in (("value", leaves), ("rows", output.rows)):
            for table, name in rested:
                declared = boundary[table]["columns"].get(name)
                meta = (declared or {}).get("config", {}).get("meta") or (declared or {}).get("meta") or {}
                source, feed = table.removeprefix("psn_").split("__", 1)
                purposes = tuple(meta.get("purposes", ()))
                sensitivity = meta.get("sensitivity", "?")
                yield Dependence(card.service, node["name"], column, source, feed, name, sensitivity, purposes, by)


def _outputs(own: list[dict], boundary: dict, manifest: dict) -> dict[str, _Output]:
    """Outputs of a service's models, upstream ones first."""
    known: dict[str, _Output] = {
        name: _Output({column: frozenset({(name, column)}) for column in node["columns"]}, frozenset())
        for name, node in boundary.items()
    }
    for seed in (node for node in manifest["nodes"].values() if node["resource_type"] == "seed"):
        known[seed["name"]] = _Output({column: frozenset() for column in _seed_columns(seed)}, frozenset())
    waiting = {node["name"]: node for node in own}
    while waiting:
        ready = [n for n in waiting.values() if not ({_name(p) for p in n["depends_on"]["nodes"]} & waiting.keys())]
        if not ready:
            raise DeclarationError("models depend on each other in a circle")
        for node in ready:
            known[node["name"]] = _follow(node, known)
            del waiting[node["name"]]
    return known


def _name(unique_id: str) -> str:
    return unique_id.split(".")[-1]


def _seed_columns(seed: dict) -> list[str]:
    path = Path(seed["root_path"] or ".") / seed["original_file_path"]
    if not path.exists():
        return list(seed["columns"])
    return [word.strip().strip('"').lower() for word in path.read_text(encoding="utf-8").splitlines()[0].split(",")]


def _follow(node: dict, known: dict[str, _Output]) -> _Output:
    """A model's output from its compiled SQL and what is known of its parents."""
    import sqlglot
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    parents = {_name(parent) for parent in node["depends_on"]["nodes"]}
    schema = {parent: dict.fromkeys(known[parent].columns, "VARCHAR") for parent in parents if parent in known}
    tree = sqlglot.parse_one(node["compiled_code"], dialect="duckdb")
    for table in tree.find_all(sqlglot.exp.Table):
        if table.name in known:  # one name in the house is one table: database and schema only get in the way
            table.set("db", None)
            table.set("catalog", None)
    try:
        tree = qualify(tree, schema=schema, dialect="duckdb", quote_identifiers=False, validate_qualify_columns=False)
    except sqlglot.errors.SqlglotError as error:
        raise DeclarationError(f"{node['name']}: its SQL could not be followed: {error}") from error
    return _scope(build_scope(tree), known)


def _scope(scope, known: dict[str, _Output]) -> _Output:
    """What a query's columns and rows rest on."""
    from sqlglot import exp

    if scope.set_operation_scopes:
        parts = [_scope(part, known) for part in scope.set_operation_scopes]
        names = list(parts[0].columns)
        merged = {
            name: frozenset().union(*(list(part.columns.values())[n] for part in parts if n < len(part.columns)))
            for n, name in enumerate(names)
        }
        return _Output(merged, frozenset().union(*(part.rows for part in parts)))
    sources = {alias: _source(source, known) for alias, (_, source) in scope.selected_sources.items()}
    inner = [_scope(sub, known) for sub in scope.subquery_scopes]
    select = scope.expression
    rows = frozenset().union(
        *(output.rows for output in sources.values()),
        *(output.rows | frozenset().union(*output.columns.values()) for output in inner),
    )
    columns: dict[str, frozenset[Leaf]] = {}
    for projection in select.selects if isinstance(select, exp.Query) else ():
        columns[projection.alias_or_name.lower()] = _leaves(projection, sources)
    for part in ("where", "group", "having", "qualify", "joins", "distinct"):
        for piece in _pieces(select.args.get(part)):
            on = piece.args.get("on") if isinstance(piece, exp.Join) else piece
            if on is not None:
                rows |= _leaves(on, sources)
    return _Output(columns, rows)


def _pieces(found) -> list:
    return found if isinstance(found, list) else [found] if found is not None else []


def _source(source, known: dict[str, _Output]) -> _Output:
    from sqlglot import exp

    if isinstance(source, exp.Table):
        return known.get(source.name, _Output({}, frozenset()))
    return _scope(source, known)


def _leaves(expression, sources: dict[str, _Output]) -> frozenset[Leaf]:
    """Leaves of every column an expression names; a column whose table is not told may be any source's."""
    from sqlglot import exp

    found: set[Leaf] = set()
    for column in expression.find_all(exp.Column):
        named = [sources[column.table]] if column.table in sources else list(sources.values())
        for output in named:
            found |= output.columns.get(column.name.lower(), frozenset())
    return frozenset(found)


def page(catalogue: Catalogue, found: list[Dependence]) -> str:
    """The reference page: what each published column's value is made from."""
    lines = [
        "<!-- Written by `fairview generate` from the compiled models; change those, not this page. -->",
        "",
        "# Lineage",
        "",
    ]
    lines += [
        "What each published column is made from. What only decides which rows there are (filters, joins) is followed too and held to the same",
        "purposes, but not listed. A column made from nothing but rules, labels or the as-at date has no feed column.",
        "",
    ]
    for card in catalogue.services:
        lines += [f"## {card.service} ({card.purpose_code})", ""]
        for table in card.tables:
            of_table = [d for d in found if d.service == card.service and d.table == table.name]
            lines += [f"### {table.name}", "", "| column | made from |", "|---|---|"]
            for column in dict.fromkeys(d.column for d in of_table):
                made = sorted(
                    {f"{d.source}.{d.feed}.{d.feed_column}" for d in of_table if d.column == column and d.by == "value"}
                )
                lines.append(f"| {column} | {', '.join(f'`{name}`' for name in made) or '–'} |")
            lines.append("")
    return "\n".join(lines) + "\n"
