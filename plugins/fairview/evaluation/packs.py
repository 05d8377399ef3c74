"""Rule packs as files: the committed one, a proposed one, and what a proposal may and may not be.

Knows: that a pack is the seeds of one service, each with the same columns as the committed one. Refuses to know: what rules mean.
Nothing here writes into the repository.
"""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError

OPEN = "2099-12-31"


class PackUnfit(FairviewError):
    """A proposed pack is not one; names file, row and column."""


def home(catalogue: Catalogue, service: str) -> Path:
    """Where a service's committed pack lies."""
    return catalogue.house / "dbt_project" / "seeds" / service


def read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of one seed."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def write(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    """One seed, in the form of the committed ones."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def in_force(rows: list[dict[str, str]], on: date) -> list[dict[str, str]]:
    """Rows whose dates cover a day; a blank end is open."""
    return [row for row in rows if row["valid_from"] <= on.isoformat() <= (row["valid_to"] or OPEN)]


def proposed(catalogue: Catalogue, service: str, folder: Path) -> dict[str, Path]:
    """The seeds of a proposed pack that differ from the committed ones, by name.

    Raises PackUnfit for a file the committed pack does not have, other columns, a row without parent or owner, or a pack that
    proposes nothing.
    """
    committed = {path.name: path for path in home(catalogue, service).glob("*.csv")}
    found = sorted(folder.glob("*.csv"))
    strangers = [path.name for path in found if path.name not in committed]
    if strangers:
        raise PackUnfit(f"{', '.join(strangers)}: no such file in the committed pack of {service}")
    differing = {}
    for path in found:
        columns, rows = read(path)
        agreed, _ = read(committed[path.name])
        if columns != agreed:
            raise PackUnfit(f"{path.name}: columns are not those of the committed pack")
        for number, row in enumerate(rows, start=2):
            for column in ("parent", "owner", "valid_from"):
                if column in row and not row[column]:
                    raise PackUnfit(
                        f"{path.name}, row {number}: {column} is blank; every rule has a parent, an owner and a first day"
                    )
        if path.read_bytes() != committed[path.name].read_bytes():
            differing[path.name] = path
    if not differing:
        raise PackUnfit(f"{folder.name}: proposes nothing that is not in force already")
    return differing


def overlay(catalogue: Catalogue, service: str, folder: Path, as_at: date, to: Path) -> Catalogue:
    """A copy of the house's dbt project under `to` with a proposed pack in place, in force on `as_at`. Returns its catalogue.

    A row that would come into force later takes the place of the row before it, so that it can be seen at work today.
    """
    project = to / "dbt_project"
    shutil.copytree(catalogue.house / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    for name, path in proposed(catalogue, service, folder).items():
        columns, rows = read(path)
        write(project / "seeds" / service / name, columns, _brought_forward(columns, rows, as_at))
    return Catalogue(to, catalogue.feeds, catalogue.services)


def _brought_forward(columns: list[str], rows: list[dict[str, str]], as_at: date) -> list[dict[str, str]]:
    if "valid_from" not in columns or "valid_to" not in columns:
        return rows
    late = [row for row in rows if row["valid_from"] > as_at.isoformat()]
    keys = columns[: 2 if len(columns) > 1 and columns[1].endswith("_code") else 1]
    same = lambda one, other: all(one[key] == other[key] for key in keys)  # noqa: E731
    kept = []
    for row in rows:
        if row in late:
            continue
        follower = next((one for one in late if same(one, row)), None)
        in_force_now = row["valid_from"] <= as_at.isoformat() <= (row["valid_to"] or OPEN)
        kept.append(row if not (follower and in_force_now) else {**follower, "valid_from": row["valid_from"]})
    alone = [one for one in late if not any(same(one, row) for row in rows if row not in late)]
    return kept + [{**one, "valid_from": as_at.isoformat()} for one in alone]
