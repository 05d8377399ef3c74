"""How verdicts add up, and that nothing in a signed one can be changed unseen."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as some

from fairview.domain import verdicts
from fairview.domain.verdicts import Judgement, Status, TableVerdict, Verdict

STATUSES = some.sampled_from(list(Status))
KEY = b"k" * 32


def _verdict() -> Verdict:
    judged = (
        Judgement("a", "critical", "pass", "It is so.", "Tester"),
        Judgement("b", "warning", "warn", "So.", "Tester", 3),
    )
    tables = (TableVerdict("facts", "warn", 12, judged), TableVerdict("list", "pass", 1, judged[:1]))
    return Verdict("tiny", "gen-1", "ab", "cd", "ef", "01", "2026-10-31", "2026-11-23", "warn", tables)


@given(some.lists(STATUSES, min_size=1))
def test_one_that_did_not_run_outweighs_all_that_passed(found):
    worst = verdicts.worst(found)
    assert worst in found
    if Status.NOT_RUN in found:
        assert worst == Status.NOT_RUN
    elif Status.BLOCK in found:
        assert worst == Status.BLOCK


def test_nothing_judged_is_not_passed():
    assert verdicts.worst([]) == Status.NOT_RUN
    assert verdicts.status_of([]) == Status.NOT_RUN


@given(some.booleans(), some.sampled_from(["critical", "warning", "", "unheard of"]))
def test_what_raised_has_not_run_whatever_its_severity(succeeded, severity):
    assert verdicts.outcome(succeeded, False, severity) == Status.NOT_RUN


def test_a_false_expectation_blocks_waits_for_a_person_or_is_remarked_by_its_severity():
    assert verdicts.outcome(False, True, "warning") == Status.WARN
    assert verdicts.outcome(False, True, "info") == Status.REMARK
    assert {verdicts.outcome(False, True, other) for other in ("critical", "", "shrug")} == {Status.BLOCK}
    assert {Status.PASS, Status.REMARK} == verdicts.PUBLISHABLE


def test_trouble_makes_a_table_not_run_though_everything_in_it_passed():
    passed = Judgement("a", "critical", "pass", "It is so.", "Tester")
    assert verdicts.status_of([passed], "not as many answers as expectations") == Status.NOT_RUN


def _leaves(part, path=()):
    if isinstance(part, dict):
        for name, value in part.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _leaves(value, (*path, index))
    else:
        yield path


def test_every_single_change_to_a_signed_verdict_breaks_its_signature():
    signed = _verdict().document()
    signed["signature"] = verdicts.signature(signed, KEY)
    assert verdicts.is_signed(signed, KEY)
    assert not verdicts.is_signed(signed, b"x" * 32)
    paths = list(_leaves(signed))
    assert len(paths) > 25
    for path in paths:
        changed = copy.deepcopy(signed)
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = "pass" if holder[path[-1]] != "pass" else "block"
        assert not verdicts.is_signed(changed, KEY), path
    shorter = copy.deepcopy(signed)
    shorter["tables"].pop()
    assert not verdicts.is_signed(shorter, KEY)


def test_an_unsigned_verdict_is_not_signed():
    assert not verdicts.is_signed(_verdict().document(), KEY)


def test_reasons_count_no_rows_and_name_what_is_not_so():
    (reason,) = _verdict().reasons()
    assert reason == "facts: “So” is not so (for a person to decide) (b)"
