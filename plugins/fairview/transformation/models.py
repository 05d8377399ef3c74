"""Writes the staging and pseudonymised models that follow from the feed contracts.

One view a feed in `staging/<source>` (what the vault holds, plus the coarser facts a contract derives), one table a
feed in `pseudonymised` (without identifiers: reference numbers become keys, people become the spine's person key).
The written files are committed, so that dbt and its readers see plain SQL; `make check` refuses stale ones.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import Column, FeedContract

_HEADER = "-- Written by `fairview generate` from {path}; change the contract, not this file.\n"
# Control and link columns of the staged tables that stay inside staging.
_PROVENANCE_WORDS = {
    "record_key": "The feed's key columns joined by |, as the source wrote them. Vault only.",
    "delivery_id": "Delivery that brought the row.",
    "extract_date": "State of the source at this date.",
    "row_number": "Row in the supplier's file; the header is row 1.",
}
_LEAVES_STAGING = {"ATT", "MEA", "OPS"}


def render(catalogue: Catalogue) -> dict[Path, str]:
    """Path below `dbt_project/models` → content, for every file that follows from the contracts."""
    written: dict[Path, str] = {}
    shared = _shared_namespaces(catalogue)
    for source in catalogue.sources:
        contracts = catalogue.of_source(source)
        folder = Path("staging") / source
        written[folder / f"_{source}__sources.yml"] = _yaml(_sources(source, contracts), contracts[0])
        written[folder / f"_{source}__models.yml"] = _yaml(_staging_models(contracts), contracts[0])
        pseudonymised = Path("pseudonymised") / source
        written[pseudonymised / f"_psn_{source}__models.yml"] = _yaml(_pseudonymised_models(contracts), contracts[0])
        for contract in contracts:
            written[folder / f"{staging_name(contract)}.sql"] = _staging_sql(contract)
            sql = _pseudonymised_sql(contract, shared)
            written[pseudonymised / f"{pseudonymised_name(contract)}.sql"] = sql
    for namespace in shared:
        written[Path(f"staging/spine/{keys_name(namespace)}.sql")] = _keys_sql(catalogue, namespace)
    written[Path("staging/spine/_spine__models.yml")] = _keys_yaml(shared)
    return written


def write(catalogue: Catalogue) -> list[Path]:
    """Write every generated model that is new or changed, remove those no contract asks for. Returns what changed."""
    root = catalogue.house / "dbt_project" / "models"
    wanted = {root / path: text for path, text in render(catalogue).items()}
    changed = []
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    for path in stale(catalogue):
        if path not in wanted:
            path.unlink()
            changed.append(path)
    return changed


def stale(catalogue: Catalogue) -> list[Path]:
    """Generated files that are missing, differ, or follow from no contract any more."""
    root = catalogue.house / "dbt_project" / "models"
    wanted = {root / path: text for path, text in render(catalogue).items()}
    found = {
        path
        for layer in ("staging", "pseudonymised")
        for path in (root / layer).rglob("*")
        if path.is_file() and "Written by `fairview generate`" in path.read_text(encoding="utf-8")[:200]
    }
    differing = {path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text}
    return sorted(differing | (found - wanted.keys()))


def staging_name(contract: FeedContract) -> str:
    """Name of the staging model of a feed."""
    return f"stg_{contract.source}__{contract.feed}"


def pseudonymised_name(contract: FeedContract) -> str:
    """Name of the pseudonymised model of a feed."""
    return f"psn_{contract.source}__{contract.feed}"


def _yaml(document: dict, contract: FeedContract) -> str:
    head = _HEADER.replace("-- ", "# ").format(path=f"dags/feeds/{contract.source}/")
    return head + yaml.safe_dump(document, sort_keys=False, width=118, allow_unicode=True)


def _head(contract: FeedContract) -> str:
    return _HEADER.format(path=f"dags/feeds/{contract.source}/{contract.path.name}")


def _words(column: Column) -> str:
    """A column's meaning, with its unit and codes where it has them."""
    text = column.description or column.name
    if column.kind == "M":
        text += " (whole pence)"
    labelled = [f"{code} {label}" if label else code for code, label in (column.codes or {}).items()]
    return f"{text}. Codes: {', '.join(labelled)}." if labelled else text


def _described(name: str, words: str, sensitivity: str, purposes, tests: list | None = None) -> dict:
    item = {"name": name, "description": words}
    item["config"] = {"meta": {"sensitivity": sensitivity, "purposes": sorted(purposes)}}
    if tests:
        item["data_tests"] = tests
    return item


def _sources(source: str, contracts: tuple[FeedContract, ...]) -> dict:
    tables = [
        {
            "name": contract.feed,
            "description": f"{contract.title}. {contract.use}",
            "config": {"meta": {"contract": f"dags/feeds/{source}/{contract.path.name}", "kind": contract.kind}},
            "columns": [
                _described(column.staged_name, _words(column), column.sensitivity, column.purposes)
                for column in contract.loaded
            ]
            + [_described(name, words, "OPS", ["OPS"]) for name, words in _PROVENANCE_WORDS.items()],
        }
        for contract in contracts
    ]
    return {
        "version": 2,
        "sources": [
            {
                "name": source,
                "description": f"Rows of {contracts[0].document['dataProduct']} as staged in the vault.",
                "database": "vault",
                "schema": "staged",
                "tables": tables,
            }
        ],
    }


def _staging_models(contracts: tuple[FeedContract, ...]) -> dict:
    models = []
    for contract in contracts:
        columns = [
            _described(column.staged_name, _words(column), column.sensitivity, column.purposes)
            for column in contract.loaded
        ]
        columns += [
            _described(item.name, item.description, item.sensitivity, item.purposes) for item in contract.derived
        ]
        columns += [_described(name, words, "OPS", ["OPS"]) for name, words in _PROVENANCE_WORDS.items()]
        models.append(
            {
                "name": staging_name(contract),
                "description": f"{contract.title}: the state in force, in the vault. {contract.notes}",
                "config": {"meta": {"grain": _grain(contract), "owner": contract.document["dataProduct"]}},
                "columns": columns,
            }
        )
    return {"version": 2, "models": models}


def _grain(contract: FeedContract) -> str:
    names = ", ".join(column.name for column in contract.key)
    return f"one row per {names}" if names else "one row per row of the file"


def _quoted(name: str) -> str:
    return f'"{name}"' if name in {"right", "class", "source", "decision", "received"} else name


def _staging_sql(contract: FeedContract) -> str:
    columns = [_quoted(column.staged_name) for column in contract.loaded]
    columns += [f"{item.sql} as {item.name}" for item in contract.derived]
    columns += list(_PROVENANCE_WORDS)
    lines = [_head(contract) + f"-- Grain: {_grain(contract)}.", "select", "    " + ",\n    ".join(columns)]
    lines.append(f"from {{{{ source('{contract.source}', '{contract.feed}') }}}}")
    if contract.facts.get("stagingFilter"):
        lines.append(f"where {contract.facts['stagingFilter']}")
    return "\n".join(lines) + "\n"


def _keyed(contract: FeedContract) -> list[tuple[Column, dict]]:
    return [(column, column.facts["pseudonymAs"]) for column in contract.loaded if column.facts.get("pseudonymAs")]


def leaving(contract: FeedContract) -> list[Column]:
    """Columns that leave staging as they are: attributes, measures and controls that some purpose may use."""
    return [column for column in contract.loaded if column.sensitivity in _LEAVES_STAGING]


def _pseudonymised_columns(contract: FeedContract) -> list[dict]:
    columns = []
    if contract.is_person_bearing:
        words = "The person the record is about, as the spine knows them; never leaves this zone. Blank where it is not a person."
        columns.append(_described("person_key", words, "REF", ["HSG", "CSF", "REV", "OPS"]))
    for column, fact in _keyed(contract):
        tests = ["unique", "not_null"] if [c.name for c in contract.key] == [column.name] else None
        words = f"{column.description}: keyed pseudonym of the {fact['namespace'].replace('_', ' ')}."
        columns.append(_described(fact["column"], words, "REF", _service_purposes(contract), tests))
    columns += [_described(c.staged_name, _words(c), c.sensitivity, c.purposes) for c in leaving(contract)]
    columns += [_described(item.name, item.description, item.sensitivity, item.purposes) for item in contract.derived]
    columns.append(_described("extract_date", _PROVENANCE_WORDS["extract_date"], "OPS", ["OPS"]))
    return columns


def _service_purposes(contract: FeedContract) -> set[str]:
    """Services that may use anything of the feed: a key carries no more than the rows it joins."""
    found = set().union(
        *(column.purposes for column in leaving(contract)), *(item.purposes for item in contract.derived)
    )
    return found - {"LNK", "GEO", "MON", "NONE"} or {"OPS"}


def _pseudonymised_models(contracts: tuple[FeedContract, ...]) -> dict:
    return {
        "version": 2,
        "models": [
            {
                "name": pseudonymised_name(contract),
                "description": f"{contract.title}, without identifiers. {contract.use}",
                "config": {"meta": {"grain": _grain(contract), "owner": contract.document["dataProduct"]}},
                "columns": _pseudonymised_columns(contract),
            }
            for contract in contracts
        ],
    }


def _pseudonymised_sql(contract: FeedContract, shared: tuple[str, ...]) -> str:
    columns, joins = [], []
    if contract.is_person_bearing:
        columns.append("links.person_key")
        joins.append(
            "left join {{ source('identity', 'record_person') }} as links\n"
            f"    on links.feed = '{contract.feed}' and links.record_key = feed.record_key"
        )
    for number, (column, fact) in enumerate(_keyed(contract), start=1):
        expression = _reference(column, fact, prefix="feed.")
        namespace = fact["namespace"]
        if namespace in shared:
            alias = f"keys_{number}"
            columns.append(f"{alias}.reference_key as {fact['column']}")
            joins.append(
                f"left join {{{{ ref('{keys_name(namespace)}') }}}} as {alias}\n    on {alias}.reference = {expression}"
            )
        else:
            columns.append(f'{{{{ reference_key("\'{namespace}\'", "{expression}") }}}} as {fact["column"]}')
    columns += [f"feed.{_quoted(column.staged_name)}" for column in leaving(contract)]
    columns += [f"feed.{item.name}" for item in contract.derived] + ["feed.extract_date"]
    lines = [_head(contract) + f"-- Grain: {_grain(contract)}.", "select", "    " + ",\n    ".join(columns)]
    lines += [f"from {{{{ ref('{staging_name(contract)}') }}}} as feed", *joins]
    return "\n".join(lines) + "\n"


def _reference(column: Column, fact: dict, prefix: str = "") -> str:
    if "sql" in fact:
        return fact["sql"].replace(column.name, f"{prefix}{column.name}")
    return f"{prefix}{column.name}"


def keys_name(namespace: str) -> str:
    """Name of the model that holds the keys of a namespace."""
    return f"stg_spine__{namespace}_keys"


def _shared_namespaces(catalogue: Catalogue) -> tuple[str, ...]:
    """Namespaces of numbers that several feeds write: hashed once in a model of their own, so that no feed's lineage leads
    through another's that it has nothing to do with."""
    users: dict[str, set[str]] = {}
    for contract in catalogue.feeds:
        for _, fact in _keyed(contract):
            users.setdefault(fact["namespace"], set()).add(contract.feed)
    return tuple(sorted(namespace for namespace, feeds in users.items() if len(feeds) > 1))


def _keys_sql(catalogue: Catalogue, namespace: str) -> str:
    selects = [
        f"    select {_reference(column, fact)} as reference from {{{{ ref('{staging_name(contract)}') }}}}"
        for contract in catalogue.feeds
        for column, fact in _keyed(contract)
        if fact["namespace"] == namespace
    ]
    return (
        _HEADER.format(path="dags/feeds/")
        + "-- Grain: one row per reference number. A table, so that each number is hashed once.\n"
        + "with numbers as (\n"
        + "\n    union\n".join(selects)
        + f"\n)\n\nselect\n    reference,\n    {{{{ reference_key(\"'{namespace}'\", 'reference') }}}} as reference_key\n"
        + "from numbers\nwhere reference is not null\n"
    )


def _keys_yaml(shared: tuple[str, ...]) -> str:
    models = [
        {
            "name": keys_name(namespace),
            "description": f"Every {namespace.replace('_', ' ')} number of the feeds with the key that stands for it in the warehouse. Vault only.",
            "config": {"meta": {"grain": "one row per reference number", "owner": "data engineering"}},
            "columns": [
                _described("reference", "The number as the source writes it.", "REF", ["LNK"]),
                _described("reference_key", "Keyed pseudonym of the number.", "REF", ["LNK"], ["unique", "not_null"]),
            ],
        }
        for namespace in shared
    ]
    head = _HEADER.replace("-- ", "# ").format(path="dags/feeds/")
    return head + yaml.safe_dump({"version": 2, "models": models}, sort_keys=False, width=118, allow_unicode=True)
