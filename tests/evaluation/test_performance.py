"""Performance cards: exact where truth is exact, blind to the future, silent about small groups."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from bench import score_services
from click.testing import CliRunner

from fairview.console.commands import cli
from fairview.domain import disclosure
from fairview.evaluation import card, desk, exact, monitoring, performance, ranking
from fairview.store import generations, opening
from fairview.store.keys import Keyring
from fairview.store.places import WAREHOUSE, places
from fairview.transformation import dbt

SERVICES = ("asb_victim_support", "homelessness_prevention", "informed_debt")


@pytest.fixture(scope="module")
def as_at(scored) -> date:
    return next(iter(scored.snapshots.values()))[-1].as_at


def test_nothing_of_the_walked_council_is_left_unexplained_and_something_is_compared(scored, as_at):
    compared = scored.exact[as_at.isoformat()]
    assert [one for one in compared if one.unexplained] == []
    assert sum(one.equal for one in compared if "penny" in one.name) > 100
    assert sum(one.equal for one in compared if "debt respite" in one.name) > 0
    assert sum(one.equal for one in compared if one.name.startswith("case review")) > 5


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        ("UPDATE spoiled SET ct_balance_pence = ct_balance_pence + 1 WHERE ct_balance_pence > 0", "council tax owed"),
        ("UPDATE spoiled SET rent_arrears_pence = 0", "rent owed"),
    ],
)
def test_a_penny_more_and_a_debt_too_many_are_found(walked, as_at, tmp_path, spoil, name):
    """The comparison itself is tried: truth is changed, and the difference must be left unexplained."""
    truth = tmp_path / "truth"
    shutil.copytree(walked.truth, truth)
    month = truth / as_at.isoformat()
    with desk.desk(walked.here.places, walked.here.keyring, SERVICES) as con:
        con.execute(f"CREATE TEMP TABLE spoiled AS FROM {opening.quoted(month / 'debts.parquet')}")
        con.execute(spoil)
        con.execute(f"COPY spoiled TO {opening.quoted(month / 'debts.parquet')}")
        desk.meet_truth(con, truth, as_at)
        exact.prepare(con, truth, month)
        found = {one.name: one.unexplained for one in exact.debts(con, month)}
    assert sum(count for words, count in found.items() if words.startswith(name)) > 0


@pytest.mark.parametrize("spoil", ["NOT eligible AS eligible", "qualifying_events + 1 AS qualifying_events"])
def test_a_case_review_promised_to_the_wrong_person_or_on_other_events_is_found(walked, as_at, tmp_path, spoil):
    truth = tmp_path / "truth"
    shutil.copytree(walked.truth, truth)
    month = truth / as_at.isoformat()
    with desk.desk(walked.here.places, walked.here.keyring, SERVICES) as con:
        told = f"read_csv({opening.quoted(walked.truth / as_at.isoformat() / 'case_review.csv')})"
        assert con.execute(f"SELECT count(*) FROM {told} WHERE eligible").fetchone()[0] > 0
        con.execute(f"COPY (SELECT * REPLACE ({spoil}) FROM {told}) TO {opening.quoted(month / 'case_review.csv')}")
        desk.meet_truth(con, truth, as_at)
        exact.prepare(con, truth, month)
        (found,) = exact.case_reviews(con, month)
    assert found.unexplained > 5


def test_a_name_that_must_not_be_there_is_found_in_whatever_text_it_stands(walked):
    with desk.desk(walked.here.places, walked.here.keyring, SERVICES) as con:
        known = con.execute(
            "SELECT any_value(band_label) FROM homelessness_prevention.main.prevention_list"
        ).fetchone()[0]
        assert exact._names_met(con, "homelessness_prevention", [known.split()[0], "Quillfetherbe"]) == {
            known.split()[0].lower()
        }


# What is recorded only after the as-at date: an agent's visit, a moratorium, a death, an objection, a report by a known victim.
_TOMORROW = {
    "informed_debt": """
        INSERT INTO psn_revenues__council_tax_recovery SELECT * REPLACE ('EA1' AS stage,
            {day} AS stage_date) FROM psn_revenues__council_tax_recovery;
        INSERT INTO psn_corporate__debt_respite_notices SELECT * REPLACE (gen_random_uuid() AS respite_notice_key, p.person_key AS person_key,
            {day} AS start_date, NULL AS frozen_until, 'ACTV' AS status) FROM psn_corporate__debt_respite_notices,
            (SELECT person_key FROM psn_revenues__council_tax_parties WHERE person_key IS NOT NULL LIMIT 50) p;
        INSERT INTO psn_corporate__deaths SELECT * REPLACE (gen_random_uuid() AS death_key, p.person_key AS person_key, {day} AS notified_on)
            FROM psn_corporate__deaths, (SELECT person_key FROM psn_revenues__council_tax_parties WHERE person_key IS NOT NULL LIMIT 50) p;
        INSERT INTO psn_corporate__data_objections SELECT * REPLACE (gen_random_uuid() AS objection_key, p.person_key AS person_key,
            {day} AS received, 'ALL' AS service_scope) FROM psn_corporate__data_objections,
            (SELECT person_key FROM psn_revenues__council_tax_parties WHERE person_key IS NOT NULL LIMIT 50) p""",
    "asb_victim_support": """
        INSERT INTO psn_community_safety__asb_parties SELECT * REPLACE ((md5(asb_incident_key::VARCHAR))::UUID AS asb_incident_key)
            FROM psn_community_safety__asb_parties;
        INSERT INTO psn_community_safety__asb_incidents SELECT * REPLACE ((md5(asb_incident_key::VARCHAR))::UUID AS asb_incident_key,
            NULL AS linked_asb_incident_key, {day} + INTERVAL 9 HOUR AS reported_at, {day} + INTERVAL 8 HOUR AS occurred_from,
            NULL AS occurred_to) FROM psn_community_safety__asb_incidents;
        INSERT INTO psn_corporate__deaths SELECT * REPLACE (gen_random_uuid() AS death_key, p.person_key AS person_key, {day} AS notified_on)
            FROM psn_corporate__deaths, (SELECT person_key FROM psn_community_safety__asb_parties WHERE person_key IS NOT NULL LIMIT 50) p""",
}


@pytest.fixture(scope="module")
def foresighted(walked, as_at, tmp_path_factory):
    """A copy of the walked council whose warehouse also holds what was recorded the day after, and marts built from it."""
    folder = tmp_path_factory.mktemp("foresighted")
    shutil.copytree(walked.here.places.root, folder / "state", symlinks=True)
    shutil.copytree(walked.here.places.keys, folder / "state.keys")
    where = places(folder / "state")
    keyring = Keyring.load(where)
    warehouse = generations.current(where, WAREHOUSE)
    warehouse.database.chmod(0o600)
    con = opening.connect(where)
    opening.attach(con, warehouse.database, "warehouse", warehouse.data_key(keyring.zone_key(WAREHOUSE)))
    con.execute("USE warehouse.pseudonymised")
    for statements in _TOMORROW.values():
        for statement in statements.format(day=f"(DATE '{as_at}' + 1)::DATE").split(";"):
            con.execute(statement)
    con.execute("CHECKPOINT warehouse")
    con.close()
    marts = {
        service: dbt.build_candidate(walked.here.catalogue, where, keyring, service, as_at) for service in _TOMORROW
    }
    return where, keyring, marts


@pytest.mark.parametrize("service", list(_TOMORROW))
def test_a_fact_recorded_after_the_as_at_date_moves_nobody(walked, foresighted, as_at, service):
    where, keyring, marts = foresighted
    found = []
    for places_, keys_, other in ((walked.here.places, walked.here.keyring, None), (where, keyring, marts)):
        with desk.desk(places_, keys_, SERVICES, other) as con:
            desk.meet_truth(con, walked.truth, as_at)
            monitoring.gather(con, walked.here.catalogue)
            found.append(ranking.ranked(con, service, walked.truth / as_at.isoformat(), as_at))
    before, after = found
    assert before.is_listed.any() or before.score.any()
    for name in ("order", "score", "is_listed", "band", "rival_order"):
        assert np.array_equal(getattr(before, name), getattr(after, name)), name


def test_the_list_at_the_cut_is_the_published_list(walked, scored):
    """Households counted as listed are those of the mart's own rows, no more than its capacity."""
    for service in SERVICES:
        one = scored.snapshots[service][-1]
        table, where = ranking.LISTS[service]
        with desk.desk(walked.here.places, walked.here.keyring, [service]) as con:
            rows = con.execute(f"SELECT count(*) FROM {service}.main.{table} WHERE {where}").fetchone()[0]
        assert one.is_listed.sum() + one.unplaced <= rows
        assert (one.order[one.is_listed] < one.is_listed.sum()).all()


def many(scored, copies: int = 40) -> ranking.Ranked:
    """A snapshot large enough to have groups to tell of: copies of the walked council's."""
    one = scored.snapshots["homelessness_prevention"][-1]
    size, count = len(one), len(one) * copies
    rng = np.random.default_rng(8)
    listed = np.tile(one.is_listed, copies)
    tiled = {name: np.tile(getattr(one, name), copies) for name in ("score", "is_direct", "band", "days_until")}
    order = np.empty(count, dtype=np.int64)
    order[np.lexsort((np.arange(count), ~listed))] = np.arange(count)
    groups = {name: np.tile(values, copies) for name, values in one.groups.items()}
    groups["sex"] = np.where(np.arange(count) < 4, "rare", groups["sex"].astype(object)).astype(str)
    assert size
    return replace(
        one, household=np.arange(count), outcome=rng.random(count) < 0.1, order=order, is_listed=listed, groups=groups,
        rival_order=rng.permutation(count), **tiled,
    )  # fmt: skip


def test_a_group_of_few_is_hidden_with_everything_about_it(scored):
    found = performance.measure([many(scored)])
    rare = next(one for one in found.groups if one.value == "rare")
    assert rare.households.is_suppressed
    assert (rare.rate, rare.selected, rare.precision, rare.recall) == (None, None, None, None)
    for one in found.groups:
        for told in (one.households, one.outcomes, one.listed):
            assert told.value is None or (told.value >= disclosure.THRESHOLD and told.value % disclosure.ROUNDING == 0)


def test_the_card_says_base_rate_cut_rival_and_what_was_left_unexplained(scored, declared, as_at):
    found = performance.measure([many(scored)])
    page = card.write(found, declared.service(found.service), scored.exact[as_at.isoformat()], "a test", "../images")
    last = found.snapshots[-1]
    assert f"{last.base.hits} of {last.base.of:,}" in page
    assert f"precision {last.precision.value * 100:.1f} %" in page
    for heading in ("capacity cut", "fewer or more officers", "each band", "For whom", "truth is exact", "Beware"):
        assert re.search(f"^## .*{heading}", page, re.M), heading
    assert "| rare |" not in page
    assert "fewer than 10" in page


def test_an_order_by_the_outcome_itself_is_perfect_and_one_against_it_finds_nobody(scored):
    one = many(scored)
    best = np.empty(len(one), dtype=np.int64)
    best[np.lexsort((np.arange(len(one)), ~one.outcome))] = np.arange(len(one))
    size = int(one.outcome.sum())
    perfect = performance.measure([replace(one, order=best, is_listed=best < size, rival_order=len(one) - 1 - best)])
    assert (
        perfect.snapshots[0].precision.value
        == perfect.snapshots[0].recall.value
        == perfect.snapshots[0].concordance
        == 1.0
    )
    assert perfect.snapshots[0].rival.value == 0.0
    assert perfect.gain.value == 1.0


def test_the_monitoring_store_keeps_totals_alone_and_none_of_them_small(where, keyring, scored, as_at):
    with opening.vault(where, keyring):
        pass
    for (service, day), found in scored.totals.items():
        monitoring.keep(where, keyring, service, day, found)
        monitoring.keep(where, keyring, service, day, found)
    with opening.vault(where, keyring, read_only=True) as con:
        columns = con.execute("SELECT column_name FROM duckdb_columns() WHERE schema_name = 'monitoring'").fetchall()
        rows = con.execute(
            "SELECT service, attribute, group_label, people_count, listed_count FROM monitoring.totals"
        ).fetchall()
    assert {name for (name,) in columns} == {
        "service",
        "as_at_on",
        "attribute",
        "group_label",
        "people_count",
        "listed_count",
    }
    assert len(rows) == len({row[:3] for row in rows})
    assert {row[1] for row in rows} == set(monitoring.ATTRIBUTES)
    assert all(count is None or count >= disclosure.THRESHOLD for row in rows for count in row[3:])
    assert any(row[3] for row in rows)


def test_the_command_tells_whom_a_service_reaches_and_keeps_what_it_told(walked, tmp_path):
    state = tmp_path / "state"
    shutil.copytree(walked.here.places.root, state, symlinks=True)
    shutil.copytree(walked.here.places.keys, tmp_path / "state.keys", symlinks=True)
    done = CliRunner().invoke(cli, ["monitoring", "informed_debt", "--state", str(state)])
    assert done.exit_code == 0, done.output
    groups = {line.split("  ")[0].strip() for line in done.output.splitlines() if ": " in line}
    assert {"sex: female", "sex: male", "tenure: council tenant"} <= groups
    with desk.desk(walked.here.places, walked.here.keyring, ["informed_debt"]) as con:
        people = con.execute("SELECT count(*) FROM warehouse.pseudonymised.psn_spine__people").fetchone()[0]
    with opening.vault(places(state), Keyring.load(places(state)), read_only=True) as con:
        kept = con.execute(
            "SELECT attribute, sum(people_count), min(people_count), min(listed_count) FROM monitoring.totals WHERE service = 'informed_debt' GROUP BY 1"
        ).fetchall()
    assert {attribute for attribute, *_ in kept} == set(monitoring.ATTRIBUTES)
    for _, told, least, listed in kept:
        # Each group is rounded to five, and hidden under ten.
        assert people / 2 < told < people + 5 * len(groups)
        assert least >= disclosure.THRESHOLD
        assert listed is None or listed >= disclosure.THRESHOLD


def test_pictures_repeat_byte_for_byte_and_hold_no_person(scored, tmp_path):
    from fairview.evaluation import plots

    found = performance.measure([many(scored)])
    first, again = plots.draw(found, tmp_path / "a"), plots.draw(found, tmp_path / "b")
    assert [path.name for path in first] == [path.name for path in again]
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", one.read_text(encoding="utf-8").lower())


def test_what_is_left_unexplained_is_counted_over_all_months():
    assert (
        score_services.tell_exact(
            score_services.Scored(exact={"2026-10-31": [exact.Compared("x", "y", 1, unexplained=2)]}), str
        )
        == 2
    )
