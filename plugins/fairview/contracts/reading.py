"""Reads declarations from disk into frozen shapes; all faults of a file together, each with its place."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from fairview.contracts.feed import OUTCOMES, PURPOSES, SENSITIVITIES, Column, FeedContract
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
        min_length=(item.get("logicalTypeOptions") or {}).get("minLength"),
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
        raise DeclarationError(
            f"{path.name}: {type(error).__name__} {error}: a fact the house needs is missing"
        ) from error
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
    for fact in ("kind", "format", "encoding", "fileName", "dateFormat", "trailer", "controlTotal", "limits"):
        if fact not in contract.facts:
            yield f"customProperties lacks {fact}"
    for word in ("staleAfter", "retention", "quarantineRetention"):
        if word not in contract.sla:
            yield f"slaProperties lacks {word}"
    if declared := contract.objections:
        columns = {str(declared.get(part)) for part in ("scope", "decision", "end")}
        if not columns <= set(names) or not contract.blocking:
            yield "objections needs the columns of scope, decision and end, and a feed that blocks while missing"
        if not isinstance(declared.get("deadlineDays"), int) or not declared.get("reason") or not declared.get("since"):
            yield "objections needs whole deadlineDays, a reason and since"
    yield from _rule_faults(contract, set(names))


def _rule_faults(contract: FeedContract, names: set[str]):
    for rule in contract.record_rules:
        unknown = sorted(set(rule.columns) - names)
        if unknown:
            yield f"rule {rule.rule} names unknown columns {', '.join(unknown)}"
        if rule.outcome not in OUTCOMES:
            yield f"rule {rule.rule} has the unknown outcome {rule.outcome}"
        if sum(part is not None for part in (rule.rows, rule.tie)) != 1:
            yield f"rule {rule.rule} must have either rows or a tie"
        if not rule.reason or not rule.since:
            yield f"rule {rule.rule} says no reason or since"
    for relation in contract.relationships:
        if not set(relation.columns) <= names:
            yield f"a relationship to {relation.parent} starts from unknown columns"
        if relation.orphans not in OUTCOMES:
            yield f"a relationship to {relation.parent} has the unknown outcome {relation.orphans}"
    for rule in contract.row_rules:
        if rule["column"] not in names or not contract.column(rule["column"]).codes:
            yield f"row rule {rule['id']} needs a coded column"
        elif not set(map(str, rule["drop"])) <= set(contract.column(rule["column"]).codes):
            yield f"row rule {rule['id']} drops codes outside the list"


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
