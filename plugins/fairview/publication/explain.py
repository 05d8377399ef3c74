"""Why a row of a service's mart is as it is: facts, figures, thresholds, rule versions and arithmetic, for whoever holds its key.

Knows: which tables the service's card explains a row from, and the rule packs in force at the mart's as-at date.
Refuses to know: anything but the published mart and the rule packs; who asks, since the key is the permission. Pseudonyms
of anything but the person asked for are told as numbers ("debt 2"), which mean nothing beyond the one explanation.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from fairview.contracts import rule_packs
from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import ServiceCard
from fairview.errors import DeclarationError, FairviewError, StoreError
from fairview.gate import suites
from fairview.publication import decisions
from fairview.store import generations, opening
from fairview.store.generations import Generation
from fairview.store.places import Places

_HOLDERS = ("household_id", "person_id")
_RULE_WORDS = ("working", "threshold_unit", "parent", "evidence_grade", "owner", "valid_from", "valid_to")


@dataclass(frozen=True)
class Explanation:
    """One explanation. Tables are rows as published, without pseudonyms; `decision` are sentences of arithmetic.

    `circumstances` are figures that stand under no rule met: what an offer of help rests on besides the rules.
    """

    service: str
    title: str
    person_id: str
    as_at_on: date
    is_listed: bool
    is_same_rule_pack: bool
    row: dict[str, Any]
    rules: list[dict[str, Any]]
    decision: list[str]
    circumstances: list[dict[str, Any]]
    facts: dict[str, list[dict[str, Any]]]
    chronology: list[dict[str, Any]]
    packs: dict[str, list[dict[str, str]]] = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Everything, for a machine."""
        return asdict(self)


def explain(places: Places, catalogue: Catalogue, service: str, person_id: str, key: bytes) -> Explanation:
    """Explain what a service publishes about a person (or the household their record counts towards).

    Raises FairviewError when no row is about that pseudonym, KeyMissing for another's key, StoreError when nothing is
    published, DeclarationError when the card does not say how its rows are explained.
    """
    card = catalogue.service(service)
    if card.explanation is None:
        raise DeclarationError(f"the card of {service} does not say how its rows are explained")
    try:
        person = str(uuid.UUID(person_id))
    except ValueError:
        raise FairviewError("a person id is 32 hexadecimal digits, as in the list's column person_id") from None
    generation = generations.current(places, service)
    if generation is None:
        raise StoreError(f"{service} has published nothing")
    found = _rows_about(places, card, generation, person, key)
    if not any(found.values()):
        raise FairviewError(f"no row of {service} is about that person id")
    as_at = date.fromisoformat(str(generation.manifest["as_at"]))
    packs = {
        path.stem: rule_packs.in_force(catalogue, service, path.stem, as_at)
        for path in sorted((catalogue.house / "dbt_project" / "seeds" / service).glob("*.csv"))
    }
    rules = _rules(card, found, packs)
    listed = [row for table in _of_role(card, "list") for row in found[table]]
    return Explanation(
        service=service,
        title=card.title,
        person_id=person,
        as_at_on=as_at,
        is_listed=bool(listed),
        is_same_rule_pack=_judged_under(generation) == suites.rules_fingerprint(catalogue, service),
        row=listed[0] if listed else {},
        rules=rules,
        decision=decisions.told(card, found, rules, packs),
        circumstances=[
            _figure(row)
            for row in found[card.explanation.workings]
            if row["rule_id"] not in {rule["rule_id"] for rule in rules}
        ],
        facts={
            table: [{column: row[column] for column in columns} for row in found[table]]
            for table, columns in card.explanation.facts.items()
        },
        chronology=[row for table in _of_role(card, "chronology") for row in found[table]],
        packs=packs,
    )


def _judged_under(generation: Generation) -> str | None:
    """The rules its verdict was given under; None for a mart put in place without one."""
    try:
        return generation.verdict["rules"]
    except StoreError:
        return None


def _of_role(card: ServiceCard, role: str) -> list[str]:
    return [table.name for table in card.tables if table.role == role]


def _rows_about(
    places: Places, card: ServiceCard, generation: Generation, person: str, key: bytes
) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table about the person, in the order of the card's key; those of a household's tables by household."""
    con = opening.connect(places)
    numbers = _Numbers(person)
    try:
        opening.attach(con, generation.database, "mart", generation.data_key(key), read_only=True)
        columns: dict[str, set[str]] = {}
        for table, column in con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'mart' AND schema_name = 'main'"
        ).fetchall():
            columns.setdefault(table, set()).add(column)
        by_household = [name for name, held in columns.items() if set(_HOLDERS) <= held]
        households = {
            row[0]
            for table in by_household
            for row in con.execute(
                f'SELECT DISTINCT household_id FROM mart.main."{table}" WHERE person_id = ?', [person]
            ).fetchall()
        }
        found: dict[str, list[dict[str, Any]]] = {}
        for table in card.tables:
            holder = next((name for name in _HOLDERS if name in columns[table.name]), None)
            subjects = sorted(households) if holder == "household_id" else [person]
            chosen = [*card.explanation.facts.get(table.name, ()), *table.key]
            order = ", ".join(f'"{name}"' for name in dict.fromkeys(chosen))
            cursor = con.execute(
                f'SELECT * FROM mart.main."{table.name}" WHERE list_contains(?::UUID[], "{holder}") ORDER BY {order}',
                [[str(subject) for subject in subjects]],
            ) if holder else None  # fmt: skip
            names = [column[0] for column in cursor.description] if cursor else []
            found[table.name] = [
                numbers.put(dict(zip(names, row, strict=True))) for row in (cursor.fetchall() if cursor else ())
            ]
        return found
    except opening.duckdb.Error as error:
        raise StoreError(f"{card.service}: what is published cannot be read: {type(error).__name__}") from None
    finally:
        con.close()


class _Numbers:
    """Pseudonyms told as numbers, per kind, in the order they come up; the person asked for keeps their own."""

    def __init__(self, person: str):
        self._person = person
        self._given: dict[str, dict[uuid.UUID, str]] = {}

    def put(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: self._told(name, value) for name, value in row.items()}

    def _told(self, column: str, value: Any) -> Any:
        if not isinstance(value, uuid.UUID):
            return value
        if str(value) == self._person:
            return self._person
        kind = column.removesuffix("_id").split("_")[-1]
        given = self._given.setdefault(kind, {})
        return given.setdefault(value, f"{kind} {len(given) + (2 if kind == 'person' else 1)}")


def _figure(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in (*_HOLDERS, "rule_id", "as_at_on")}


def _rules(card: ServiceCard, found: dict[str, list[dict]], packs: dict[str, list[dict]]) -> list[dict[str, Any]]:
    """Each rule met: what the mart says of it, its row of the rule pack, its sentence, and its figures."""
    pack = packs[card.explanation.pack]
    reasons = {row["rule_id"]: row for table in _of_role(card, "reasons") for row in found[table]}
    figures: dict[str, list[dict]] = {}
    for row in found[card.explanation.workings]:
        figures.setdefault(row["rule_id"], []).append(_figure(row))
    met = []
    for row in found[card.explanation.rules]:
        rule = next(
            (
                r
                for r in pack
                if all(r[word] == row.get(word, r[word]) for word in ("rule_id", "tier_code") if word in r)
            ),
            {},
        )
        kept = {name: value for name, value in row.items() if name not in (*_HOLDERS, "as_at_on")}
        met.append(
            kept
            | {"name": rule.get("name"), "sentence": reasons.get(row["rule_id"], {}).get("sentence")}
            | {"comparison": row.get("comparison_code") or rule.get("comparison") or None}
            | {word: rule.get(word) or None for word in _RULE_WORDS}
            | {"figures": figures.get(row["rule_id"], [])}
        )
    rank = {row["rule_id"]: row["reason_rank"] for row in reasons.values()}
    return sorted(met, key=lambda rule: (rank.get(rule["rule_id"], 999), -(rule.get("points") or 0), rule["rule_id"]))
