"""Were more people joined into one than usual since this service last published? Then a person looks before it does.

Knows: what linking noted in the ledger, and the share declared under `hold` in `dags/identity/guards.yml`; the guard beside
it stops a run outright, this one holds what follows from it. All runs since the last publication count together, so that
linking once more does not make a wave of merges look like none. Refuses to know: who was joined.
"""

from __future__ import annotations

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.reading import read_yaml
from fairview.domain.disclosure import told
from fairview.domain.verdicts import Judgement, Severity, Status, TableVerdict
from fairview.store import ledger
from fairview.store.places import Places

TABLE = "linked_people"


def judge(places: Places, catalogue: Catalogue, service: str) -> list[TableVerdict]:
    """One verdict about the people behind the tables; none where nobody has been linked since, or none were known before."""
    path = catalogue.house / "dags" / "identity" / "guards.yml"
    since, people, merged = 0, 0, 0
    for entry in ledger.read(places, "publication", "links"):
        if entry["kind"] == "publication":
            since, merged = (entry["number"], 0) if entry["service"] == service else (since, merged)
        elif since:
            people, merged = int(entry["people"]), merged + int(entry["merged"])
    if not people or not path.is_file():
        return []
    guard = read_yaml(path)["guards"]["merged"]
    hold = guard["hold"]
    usual = max(hold["least"], hold["share"] * people)
    is_more = merged > usual
    judgement = Judgement(
        "house.merge_rate",
        Severity.WARNING,
        Status.WARN if is_more else Status.PASS,
        f"Not many more people were joined into one than usual: {hold['why']}",
        hold["owner"],
        None,
        (
            ("people joined into another", str(told(merged))),
            ("people", str(told(people))),
            ("at most usual", f"{usual:,.0f}"),
        )
        if is_more
        else (),
    )
    return [TableVerdict(TABLE, judgement.status, people, (judgement,))]
