"""The steps of the walk as the enumeration sees them: where each starts from, what it runs, what it must have brought about."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.house import ATS, LATE, RESIDENTS, SEED, SERVICE, months, opened, waiting

from fairview import walk
from fairview.contracts.catalogue import Catalogue
from fairview.errors import StoreError
from fairview.store import generations

Run = Callable[[walk.House, Path], object]


@dataclass(frozen=True)
class Step:
    """One step: `run` takes it from the snapshot `before` to the snapshot after it; `told` is the ledger's kind of entry."""

    name: str
    what: str
    run: Run
    told: str | None


def _stage(here: walk.House, deliveries: Path):
    delivery = next(one for one in months(deliveries)[1] if one.source == "corporate")
    receipt = walk.receive(here, delivery, ATS[1])
    assert receipt.outcome == "accept", receipt.outcome
    return receipt


def _publish(here: walk.House, deliveries: Path):
    # A retried task names the same candidate again, before the switch and after it: the newest there is.
    newest = max(here.places.zone(SERVICE).glob("gen-*"))
    candidate = generations.Generation(SERVICE, newest)
    served = walk.publish(here, SERVICE, candidate, ATS[1])
    assert served.published, served.reasons
    return served


def _judge(here: walk.House, deliveries: Path):
    verdict = walk.judge(here, {SERVICE: waiting(here)}, ATS[1])[SERVICE]
    # The gate never raises: what it could not judge is a verdict with a reason.
    if verdict.status not in ("pass", "remark"):
        raise StoreError("; ".join(verdict.reasons()))
    return verdict


def _withdraw(here: walk.House, deliveries: Path):
    if here.places.vault.exists():
        return walk.withdraw_stale(here, LATE)
    from fairview.publication import publish as publication
    from fairview.store.troubles import plainly

    with plainly(f"withdrawing {SERVICE}"):
        return publication.withdraw(here.places, SERVICE, "no delivery within the declared time", LATE)


STEPS = (
    Step("stage", "one delivery of five files through the door into the vault", _stage, "delivery"),
    Step("link", "people and households linked anew in the vault", lambda here, _: walk.link(here, ATS[1]), "links"),
    Step("warehouse", "dbt: staging and pseudonymised layers, sealed and switched", lambda here, _: walk.build_warehouse(here), None),
    Step("build", "dbt: a service's marts as a candidate, sealed", lambda here, _: walk.build_candidate(here, SERVICE), None),
    Step("judge", "Great Expectations: the verdict, its pages, its ledger entry", _judge, "verdict"),
    Step("publish", "the verdict checked, one rename, the old key destroyed, the old folder removed", _publish, "publication"),
    Step("record", "the public record in three forms", lambda here, _: walk.write_record(here, ATS[1]), None),
    Step("withdraw", "a silent source: what is published shredded, its key first", _withdraw, "withdrawal"),
)  # fmt: skip


def prepare(declared: Catalogue, base: Path) -> None:
    """Walk a small council and lay down, for each step, the state it starts from: `base/<step>/state` and its keys."""
    from fairview.demo.council import write_deliveries

    deliveries = base / "deliveries"
    write_deliveries(RESIDENTS, SEED, 2, deliveries)
    point = base / "walking"
    here = opened(declared, point)
    first, second = months(deliveries)
    for delivery in first:
        walk.receive(here, delivery, ATS[0])
    walk.link(here, ATS[0])
    walk.build_warehouse(here)
    (served,) = walk.serve(here, ATS[0])
    assert served.published, served.reasons
    walk.write_record(here, ATS[0])
    copy(point, base / "first")
    for delivery in second:
        if delivery.source != "corporate":
            walk.receive(here, delivery, ATS[1])
    for step in STEPS:
        copy(point, base / step.name)
        step.run(here, deliveries)
        if step.name in ("warehouse", "build"):
            # What dbt has parsed already on the same day; else each point would pay for parsing twice.
            parsed = "state/work/partial_parse.msgpack"
            shutil.copy2(point / parsed, base / step.name / parsed)
    copy(point, base / "end")


LIGHT = ("publish", "withdraw")  # steps that need neither dbt nor linking, for the share that runs with `make test`


def prepare_light(declared: Catalogue, base: Path) -> None:
    """The starting states of the LIGHT steps alone, their marts made straight through the store: no vault, no dbt."""
    from tests.tiny_house import build

    from fairview.publication.publish import publish

    point = base / "walking"
    here = opened(declared, point)
    first = build(here.places, here.keyring, SERVICE)
    walk.judge(here, {SERVICE: first}, ATS[0])
    publish(here.places, here.keyring, declared, SERVICE, first, ATS[0])
    second = build(here.places, here.keyring, SERVICE, then=["UPDATE facts SET amount_pence = amount_pence + 1"])
    walk.judge(here, {SERVICE: second}, ATS[1])
    for name in LIGHT:
        copy(point, base / name)
        next(step for step in STEPS if step.name == name).run(here, base)
    copy(point, base / "end")


def copy(point: Path, to: Path) -> None:
    """A copy of a point's state and keys, links kept, without the folder's own files."""
    for name in ("state", "state.keys"):
        shutil.copytree(point / name, to / name, symlinks=True)
