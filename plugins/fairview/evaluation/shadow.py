"""Shadow mode: a proposed rule pack at work beside the live one, and who would enter or leave the list, in totals.

Knows: how to build a service's mart from a proposed pack out of the current warehouse, in a scratch zone of its own that is
shredded afterwards. Refuses to know: publication. Nothing is published, kept or told of but counts under disclosure control.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.domain import disclosure
from fairview.errors import StoreError
from fairview.evaluation import desk as desks
from fairview.evaluation import monitoring, packs, ranking
from fairview.store import generations
from fairview.store.generations import Generation
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, Places


@dataclass(frozen=True)
class Moved:
    """One group: on both lists, entering, leaving, each as it may be told. The first is everybody, attribute blank."""

    attribute: str
    group: str
    stays: disclosure.Told
    enters: disclosure.Told
    leaves: disclosure.Told


@dataclass(frozen=True)
class Shadow:
    """What a proposed pack would do to a service's list as at a date. `files`: the seeds that differ."""

    service: str
    as_at: date
    files: tuple[str, ...]
    moved: tuple[Moved, ...]


def cast(places: Places, keyring: Keyring, catalogue: Catalogue, service: str, folder: Path) -> Shadow:
    """Build the mart twice from the current warehouse, by the live pack and by the one in `folder`, and compare the lists.

    Raises PackUnfit, StoreError before the first walk, TransformationFailed where the proposed pack does not build.
    """
    warehouse = generations.current(places, WAREHOUSE)
    if warehouse is None:
        raise StoreError("there is no warehouse yet: walk a delivery first")
    as_at = date.fromisoformat(warehouse.manifest["as_at"])
    files = tuple(packs.proposed(catalogue, service, folder))
    with _scratch(places) as scratch:
        house = packs.overlay(catalogue, service, folder, as_at, scratch)
        proposed = _built(scratch / "proposed", places, keyring, house, service, as_at)
        live = generations.current(places, service)
        if live is None or live.manifest.get("warehouse") != warehouse.manifest["sha256"]:
            live = _built(scratch / "live", places, keyring, catalogue, service, as_at)
        now = _listed(places, keyring, service, live)
        then = _listed(places, keyring, service, proposed)
        with desks.desk(places, keyring, [service], {service: proposed}) as con:
            monitoring.gather(con, catalogue)
            return Shadow(service, as_at, files, tuple(_moved(con, service, now, then)))


@contextmanager
def _scratch(places: Places) -> Iterator[Path]:
    """A folder in the state's scratch; candidates in it lose their keys before it goes."""
    folder = places.work / f"shadow-{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        for path in folder.glob("*/services/*/gen-*"):
            generations.shred(path)
        shutil.rmtree(folder)


def _built(root: Path, places: Places, keyring: Keyring, house: Catalogue, service: str, as_at: date) -> Generation:
    """A candidate in a zone of its own, beside no published one; the real warehouse is only read."""
    from fairview.transformation import dbt

    zone = Places(root, places.keys)
    zone.work.mkdir(parents=True, mode=0o700)
    zone.zone(WAREHOUSE).symlink_to(places.zone(WAREHOUSE))
    return dbt.build_candidate(house, zone, keyring, service, as_at)


def _listed(places: Places, keyring: Keyring, service: str, mart: Generation) -> set:
    table, where = ranking.LISTS[service]
    with desks.desk(places, keyring, [service], {service: mart}) as con:
        return {
            row[0]
            for row in con.execute(
                f'SELECT DISTINCT person_id FROM "{service}".main."{table}" WHERE {where}'
            ).fetchall()
        }


def _moved(con, service: str, now: set, then: set) -> Iterator[Moved]:
    con.execute("CREATE TEMP TABLE lists (person_id UUID, what VARCHAR)")
    rows = [
        [person, "stays" if person in now and person in then else "enters" if person in then else "leaves"]
        for person in now | then
    ]
    if rows:
        con.executemany("INSERT INTO lists VALUES (?, ?)", rows)
    counts = {what: sum(row[1] == what for row in rows) for what in ("stays", "enters", "leaves")}
    yield Moved("", "everybody", *(disclosure.told(counts[what]) for what in ("stays", "enters", "leaves")))
    grouped = con.execute(
        f"""SELECT attribute, value, what, count(*) FROM lists l JOIN pseudonyms p ON p."{service}" = l.person_id
        JOIN monitored USING (person_key) GROUP BY ALL"""
    ).fetchall()
    for attribute in monitoring.ATTRIBUTES:
        values = sorted({value for name, value, _, _ in grouped if name == attribute})
        told = {}
        for what in ("stays", "enters", "leaves"):
            cells = dict.fromkeys(values, 0)
            cells |= {value: count for name, value, kind, count in grouped if name == attribute and kind == what}
            told[what], _ = disclosure.breakdown(cells)
        for value in values:
            yield Moved(attribute, value, *(told[what][value] for what in ("stays", "enters", "leaves")))
