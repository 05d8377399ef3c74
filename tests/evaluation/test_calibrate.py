"""Points from evidence: what a fit may move, what it leaves and why, and that a proposal changes nothing."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from fairview.console.commands import cli
from fairview.contracts.catalogue import HOUSE
from fairview.evaluation import calibrate, outcomes, packs, proposal
from fairview.evaluation.outcomes import Learnt

RULES = [
    {"rule_id": rule, "tier_code": tier, "tier_order": str(order), "points": str(points), "is_direct_referral": "false"}
    for rule, tier, order, points in (
        ("H3", "TWO_WEEKS", 1, 10), ("H3", "FOUR_WEEKS", 2, 20), ("H4", "RISING", 1, 10), ("H5", "FINAL_NOTICE", 1, 10),
        ("H6", "TWO", 1, 10), ("H8", "STOPPED", 1, 10),
    )
]  # fmt: skip
STATUTE = {"rule_id": "H1", "tier_code": "NOTICE", "tier_order": "1", "points": "0", "is_direct_referral": "true"}


def council(seed: int, as_at: date, households: int = 14_000) -> Learnt:
    """Households of which H4 truly weighs four times its points, H5 truly protects, and hardly anybody meets H8."""
    rng = np.random.default_rng(seed)
    met = lambda share: (rng.random(households) < share).astype(int)  # noqa: E731
    tiers = {"H3": met(0.1) + met(0.4) * 0, "H4": met(0.1), "H5": met(0.1), "H6": met(0.1), "H8": met(0.0015)}
    tiers["H3"] = np.where(tiers["H3"] > 0, rng.integers(1, 3, households), 0)
    logit = -4.5 + 0.5 * tiers["H3"] + 2.0 * tiers["H4"] - 0.7 * tiers["H5"] + 0.5 * tiers["H6"]
    outcome = rng.random(households) < 1 / (1 + np.exp(-logit))
    none = np.zeros(households, dtype=bool)
    return Learnt(as_at, np.arange(households).astype(str), outcome, tiers, none, none, 1400)


@pytest.fixture(scope="module")
def fitted() -> calibrate.Proposal:
    return calibrate.propose([council(1, date(2026, 9, 30)), council(2, date(2026, 10, 31))], [*RULES, STATUTE])


def by_name(found: calibrate.Proposal) -> dict[tuple[str, str], calibrate.Tier]:
    return {(tier.rule_id, tier.tier_code): tier for tier in found.tiers}


def test_what_weighs_more_than_its_points_gains_and_what_weighs_as_shipped_hardly_moves(fitted):
    tiers = by_name(fitted)
    assert tiers["H4", "RISING"].proposed >= 20
    assert abs(tiers["H6", "TWO"].proposed - 10) <= 5


def test_a_wrong_sign_and_too_few_cases_stay_at_the_shipped_points_with_the_reason(fitted):
    tiers = by_name(fitted)
    assert tiers["H5", "FINAL_NOTICE"].proposed == 10
    assert tiers["H5", "FINAL_NOTICE"].why_kept.startswith("wrong sign")
    assert tiers["H8", "STOPPED"].proposed == 10
    assert tiers["H8", "STOPPED"].why_kept.startswith("too few cases")


def test_points_are_few_whole_rise_with_the_tier_and_never_fall_under_nought(fitted):
    for tier in fitted.tiers:
        assert tier.proposed % 5 == 0 or tier.proposed == tier.shipped
        assert 0 <= tier.proposed <= 55
    tiers = by_name(fitted)
    assert tiers["H3", "TWO_WEEKS"].proposed <= tiers["H3", "FOUR_WEEKS"].proposed


def test_a_statutory_rule_is_no_factor(fitted):
    assert "H1" not in {tier.rule_id for tier in fitted.tiers}


def test_better_points_are_better_on_households_and_a_date_the_fit_never_saw(fitted):
    assert fitted.held.is_split_in_time
    assert fitted.held.proposed_concordance > fitted.held.shipped_concordance
    assert fitted.held.gained.low > 0


def test_points_that_are_right_already_are_not_said_to_be_bettered():
    """Nothing but the shipped weights at work: whatever the fit moves, no gain may be claimed."""
    rng = np.random.default_rng(9)
    snapshots = []
    for number in range(2):
        one = council(10 + number, date(2026, 9 + number, 30))
        rungs = calibrate.ladder(RULES)
        score = rungs.rungs(one) @ rungs.steps
        snapshots.append(Learnt(one.as_at, one.unit, rng.random(len(one)) < 1 / (1 + np.exp(4.5 - 0.05 * score)), one.tiers,
            one.is_open, one.is_direct, 200))  # fmt: skip
    held = calibrate.propose(snapshots, RULES).held
    assert held.gained.low <= 0 <= held.gained.high


def test_the_same_evidence_gives_the_same_points(fitted):
    again = calibrate.propose([council(1, date(2026, 9, 30)), council(2, date(2026, 10, 31))], [*RULES, STATUTE])
    assert again == fitted


def test_too_few_outcomes_propose_nothing():
    one = council(3, date(2026, 10, 31), households=400)
    none = Learnt(one.as_at, one.unit, np.zeros(len(one), dtype=bool), one.tiers, one.is_open, one.is_direct, 20)
    with pytest.raises(calibrate.NotCalibrated, match="too few"):
        calibrate.propose([none], RULES)


def test_points_that_go_against_the_outcome_are_a_matter_for_a_person():
    one = council(4, date(2026, 10, 31))
    rungs = calibrate.ladder(RULES)
    rng = np.random.default_rng(44)
    against = rng.random(len(one)) < 1 / (1 + np.exp(2.5 + 0.1 * (rungs.rungs(one) @ rungs.steps)))
    with pytest.raises(calibrate.NotCalibrated, match="person"):
        calibrate.propose([Learnt(one.as_at, one.unit, against, one.tiers, one.is_open, one.is_direct, 200)], RULES)


# --- the act itself


def fingerprint(*folders: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path).encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def evidence(walked, tmp_path_factory) -> Path:
    """Later outcomes in the service's own form: everybody who meets a rule, which is far more than really come."""
    from fairview.evaluation import desk

    path = tmp_path_factory.mktemp("evidence") / "outcomes.csv"
    with desk.desk(walked.here.places, walked.here.keyring, [outcomes.SERVICE]) as con:
        as_at = desk.as_at_of(con, outcomes.SERVICE, "household_indicators")
        households = con.execute(
            f"SELECT household_id FROM {outcomes.SERVICE}.main.household_indicators WHERE NOT is_open_case "
            "GROUP BY household_id ORDER BY 1"
        ).fetchall()
    path.write_text("as_at_on,household_id,outcome\n" + "".join(f"{as_at},{one},true\n" for (one,) in households))
    return path


def test_calibrating_writes_a_pack_and_a_card_and_changes_nothing_else(walked, evidence, tmp_path):
    state, to = walked.here.places.root, tmp_path / "proposed"
    watched = (HOUSE / "dbt_project" / "seeds", state / "services", state / "warehouse", state / "ledger")
    before = fingerprint(*watched)
    done = CliRunner().invoke(
        cli, ["calibrate", outcomes.SERVICE, "--outcomes", str(evidence), "--to", str(to), "--state", str(state)]
    )
    assert done.exit_code == 0, done.output
    assert fingerprint(*watched) == before
    page = (to / "card.md").read_text(encoding="utf-8")
    assert "| rule | tier | shipped | proposed |" in page
    assert "too few cases" in page
    assert "- `housing.tenancies.cur_bal_pence`" in page
    assert not re.search(r"`\w+\.\w+\.(gender|ethnic\w*|surname|dob)`", page)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", page)
    columns, _ = packs.read(to / proposal.RULES)
    assert columns == packs.read(HOUSE / "dbt_project" / "seeds" / outcomes.SERVICE / proposal.RULES)[0]


def test_a_service_whose_order_is_law_is_not_calibrated(walked, evidence, tmp_path):
    done = CliRunner().invoke(
        cli,
        [
            "calibrate",
            "informed_debt",
            "--outcomes",
            str(evidence),
            "--to",
            str(tmp_path / "x"),
            "--state",
            str(walked.here.places.root),
        ],
    )
    assert done.exit_code != 0
    assert "law and policy" in done.output
    assert not (tmp_path / "x").exists()


def test_outcomes_of_a_date_nothing_is_published_for_are_refused(walked, tmp_path):
    path = tmp_path / "outcomes.csv"
    path.write_text("as_at_on,household_id,outcome\n2020-01-31,00000000-0000-0000-0000-000000000000,true\n")
    done = CliRunner().invoke(
        cli,
        [
            "calibrate",
            outcomes.SERVICE,
            "--outcomes",
            str(path),
            "--to",
            str(tmp_path / "x"),
            "--state",
            str(walked.here.places.root),
        ],
    )
    assert done.exit_code != 0
    assert "--deliveries" in done.output


def test_a_file_that_is_no_file_of_outcomes_is_named_without_a_value(tmp_path):
    path = tmp_path / "strange.csv"
    path.write_text("as_at_on,household_id,outcome\nSecretname,x,y\n")
    with pytest.raises(outcomes.OutcomesUnfit) as raised:
        outcomes.dates([path])
    assert "strange.csv" in str(raised.value)
    assert "Secretname" not in str(raised.value)


def test_a_proposal_dates_its_rows_ahead_and_never_lies_among_the_packs_in_force(fitted, declared, tmp_path):
    _, pack = packs.read(packs.home(declared, outcomes.SERVICE) / proposal.RULES)
    shipped = {(row["rule_id"], row["tier_code"]): row for row in pack}
    tier = calibrate.Tier("H3", "FOUR_WEEKS", 2, 10, 15, fitted.tiers[0].met)
    one = calibrate.Proposal((tier,), fitted.held, fitted.snapshots, 10, 10, 0.05)
    proposal.write(one, declared, tmp_path / "pack", date(2027, 1, 1), ["housing.tenancies.cur_bal_pence"])
    _, rows = packs.read(tmp_path / "pack" / proposal.RULES)
    mine = [row for row in rows if (row["rule_id"], row["tier_code"]) == ("H3", "FOUR_WEEKS")]
    assert [(row["points"], row["valid_from"], row["valid_to"]) for row in mine] == [
        ("10", shipped["H3", "FOUR_WEEKS"]["valid_from"], "2026-12-31"), ("15", "2027-01-01", "2099-12-31"),
    ]  # fmt: skip
    assert mine[1]["rule_version"] != mine[0]["rule_version"]
    assert len(rows) == len(pack) + 1
    assert [row["points"] for row in packs.in_force(mine, date(2026, 12, 31))] == ["10"]
    with pytest.raises(proposal.FolderInUse):
        proposal.write(one, declared, packs.home(declared, outcomes.SERVICE), date(2027, 1, 1), [])
    with pytest.raises(proposal.FolderInUse):
        proposal.write(one, declared, tmp_path / "pack", date(2027, 1, 1), ["housing.tenancies.cur_bal_pence"])
