"""A process killed after its work was done, and before anybody was told: what follows is not forgotten."""

from __future__ import annotations

from tests.journeys.test_two_months import copy_of

from fairview import walk
from fairview.console.options import now
from fairview.orchestration import verbs
from fairview.store import generations
from fairview.store.places import WAREHOUSE


def test_a_warehouse_behind_the_links_is_built_though_nothing_new_has_come(walked, tmp_path, monkeypatch):
    here = copy_of(walked, tmp_path)
    monkeypatch.setenv("FAIRVIEW_STATE", str(here.places.root))
    monkeypatch.setenv("FAIRVIEW_KEYS", str(here.places.keys))
    assert verbs.link_if_new(False) is None, "nothing is new, and the warehouse rests on the last linking"
    walk.link(here, now())  # and here the task was killed
    for _ in range(2):
        assert verbs.link_if_new(False) is not None
    before = generations.current(here.places, WAREHOUSE).name
    verbs.build_warehouse()
    assert generations.current(here.places, WAREHOUSE).name != before
    assert verbs.link_if_new(False) is None
