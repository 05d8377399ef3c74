"""Reads declarations from disk into frozen shapes; all faults of a file together, each with its place."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from fairview.contracts.feed import PURPOSES, SENSITIVITIES, Column, FeedContract
from fairview.errors import DeclarationError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """The document in a YAML file. Raises DeclarationError with the line when it cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, in C
    except (OSError, yaml.YAMLError) as error:
        raise DeclarationError(f"{path.name}: cannot be read: {error}") from error


def _custom(holder: dict[str, Any]) -> dict[str, Any]:
    return {item["property"]: item.get("value") for item in holder.get("customProperties") or ()}


def _column(item: dict[str, Any]) -> Column:
    return Column(
        name=item["name"],
        header=item.get("physicalName", item["name"]),
        physical_type=item["physicalType"],
        required=bool(item.get("required")),
        key_position=item.get("primaryKeyPosition"),
        sensitivity=item["classification"],
        description=item.get("description", ""),
        facts=_custom(item),
    )


def read_feed(path: Path) -> FeedContract:
    """One feed contract. Raises DeclarationError naming the file and what does not make sense in it."""
    document = read_yaml(path)
    try:
        schema = document["schema"][0]
        description = document.get("description") or {}
        contract = FeedContract(
            source=document["domain"],
            feed=document["name"],
            title=schema["businessName"],
            path=path,
            use=description.get("purpose", ""),
            notes=description.get("usage", ""),
            relations=description.get("limitations", ""),
            columns=tuple(_column(item) for item in schema["properties"]),
            facts=_custom(document),
            sla={item["property"]: item["value"] for item in document.get("slaProperties") or ()},
            document=document,
        )
    except (KeyError, TypeError, IndexError) as error:
        raise DeclarationError(f"{path.name}: {type(error).__name__} {error}: a fact the house needs is missing") from error
    faults = list(_faults(contract))
    if faults:
        raise DeclarationError(f"{path.name}: " + "; ".join(faults))
    return contract


def _faults(contract: FeedContract):
    if contract.path.parent.name != contract.source:
        yield f"lies under {contract.path.parent.name}/ but its domain is {contract.source}"
    if contract.path.name != f"{contract.feed}.odcs.yaml":
        yield "file name and feed name differ"
    names = [column.name for column in contract.columns]
    yield from (f"column {name} is declared twice" for name in sorted({n for n in names if names.count(n) > 1}))
    for column in contract.columns:
        if column.sensitivity not in SENSITIVITIES:
            yield f"column {column.name} has the unknown class {column.sensitivity}"
        if not column.purposes or not column.purposes <= PURPOSES.keys():
            yield f"column {column.name} has no purposes or unknown ones"
        if column.sensitivity == "DRP" and column.purposes != {"NONE"}:
            yield f"column {column.name} is to be dropped yet names a purpose"
        if column.key_position and not column.is_loaded:
            yield f"key column {column.name} is not loaded"
    for fact in ("kind", "format", "encoding", "fileName", "dateFormat", "trailer", "controlTotal"):
        if fact not in contract.facts:
            yield f"customProperties lacks {fact}"


@lru_cache(maxsize=1)
def odcs_schema() -> dict[str, Any]:
    """The Open Data Contract Standard's own JSON schema, as its Python package ships it."""
    import open_data_contract_standard

    return json.loads((Path(open_data_contract_standard.__file__).parent / "schema.json").read_text(encoding="utf-8"))


def odcs_faults(path: Path) -> list[str]:
    """What the standard's JSON schema finds wrong in a contract: one line each, with its place."""
    import jsonschema

    schema = odcs_schema()
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [f"{path.name}: {fault.json_path}: {fault.message}" for fault in validator.iter_errors(read_yaml(path))]
