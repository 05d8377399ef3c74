"""A wrong merge is corrected by a person, and the marts follow at the next run; so does a merge that was missed."""

from __future__ import annotations

import pytest
from tests.journeys.test_two_months import copy_of, fairview, mart

from fairview import walk
from fairview.console.options import now
from fairview.identity import links_export, review, why
from fairview.store import generations, ledger, opening

SERVICE = "informed_debt"
FEED = "council_tax_accounts"


class Story:
    """The walked council with two debtors made to look like one, and two others left alone."""

    def __init__(self, here: walk.House, folder) -> None:
        self.here, self.folder = here, folder
        self.one, self.other, self.third, self.fourth = self._debtors()

    def _debtors(self) -> list[str]:
        """Four accounts of one person each who owes something and whom no other source knows."""
        self.owing = self.debts()
        with opening.vault(self.here.places, self.here.keyring, read_only=True) as con:
            alone = con.execute(
                """SELECT min(record_key) FILTER (feed = 'council_tax_accounts') AS account FROM identity.record_person
                GROUP BY person_key HAVING count(*) = 2 AND count(DISTINCT feed) = 2
                AND bool_and(feed IN ('council_tax_accounts', 'council_tax_parties'))
                AND account IN (SELECT account_ref FROM staged.council_tax_parties GROUP BY account_ref HAVING count(*) = 1)
                ORDER BY account"""
            ).fetchall()
        known = self.pseudonyms()
        found = [account for (account,) in alone if known[account] in self.owing]
        assert len(found) >= 4
        return found[:4]

    def pseudonyms(self) -> dict[str, str]:
        """The service's person id of every council tax account."""
        path = self.folder / "links.parquet"
        links_export.export(self.here.places, self.here.keyring, self.here.catalogue, path)
        con = opening.connect(self.here.places)
        rows = con.execute(f"SELECT record_key, person_id_{SERVICE} FROM '{path}' WHERE feed = '{FEED}'").fetchall()
        con.close()
        return dict(rows)

    def debts(self) -> dict[str, frozenset]:
        """Each person's published debts."""
        con = mart(self, SERVICE)
        rows = con.execute("SELECT person_id::VARCHAR, list(debt_id) FROM debts GROUP BY person_id").fetchall()
        con.close()
        return {person: frozenset(debts) for person, debts in rows}

    def plant(self) -> None:
        """The second account gets the first's name and home, and both one e-mail: a source's mistake no rule can see through."""
        with opening.vault(self.here.places, self.here.keyring) as con:
            con.execute(
                """UPDATE staged.council_tax_parties SET party_name = (SELECT party_name FROM staged.council_tax_parties
                WHERE account_ref = $1), party_title = NULL WHERE account_ref = $2""", [self.one, self.other])  # fmt: skip
            con.execute(
                """UPDATE staged.council_tax_accounts SET email = 'somebody@example.org', lead_liab_title = NULL,
                lead_liab_name = (SELECT party_name FROM staged.council_tax_parties WHERE account_ref = $1)
                WHERE account_ref IN ($1, $2)""", [self.one, self.other])  # fmt: skip
            for feed in ("council_tax_accounts", "council_tax_occupations"):
                con.execute(
                    f"""UPDATE staged.{feed} SET property_ref = (SELECT property_ref FROM staged.council_tax_accounts
                    WHERE account_ref = $1) WHERE account_ref = $2""", [self.one, self.other])  # fmt: skip

    def run(self) -> None:
        walk.link(self.here, now())
        walk.build_warehouse(self.here)
        (served,) = walk.serve(self.here, now(), services=[SERVICE])
        assert served.published, served.reasons

    def shown(self, account: str) -> frozenset:
        return self.debts()[self.pseudonyms()[account]]


def others(debts: dict[str, frozenset], people: set[str]) -> dict[str, frozenset]:
    return {person: owed for person, owed in debts.items() if person not in people}


@pytest.fixture(scope="module")
def story(walked, tmp_path_factory) -> Story:
    folder = tmp_path_factory.mktemp("wrong-merge")
    return Story(copy_of(walked, folder), folder)


def test_a_wrong_merge_shows_one_residents_debt_to_another_until_a_person_decides(story):
    here, (one, other, third, fourth) = story.here, (story.one, story.other, story.third, story.fourth)
    known, everybody = story.pseudonyms(), story.debts()
    before = {account: everybody[known[account]] for account in (one, other, third, fourth)}
    assert len(set(before.values())) == 4
    story.plant()
    story.run()
    wrong = story.pseudonyms()
    assert wrong[one] == wrong[other]
    assert len(story.shown(one)) == len(before[one] | before[other]) == len(before[one]) + len(before[other])
    generation = generations.current(here.places, SERVICE)

    found = why.why(here.places, here.keyring, FEED, one, FEED, other)
    assert found.same_person
    assert "same name and e-mail" in {step.rule for step in found.steps}
    state = ["--state", str(here.places.root)]
    by = ["--by", "linking officer", "--reason", "case_files"]
    assert fairview("decide", f"{FEED}:{one}", f"{FEED}:{other}", "--must-not-link", *by, *state).returncode == 0
    assert fairview("decide", f"{FEED}:{third}", f"{FEED}:{fourth}", "--must-link", *by, *state).returncode == 0
    assert story.shown(one) == story.shown(other), "a decision takes effect at the next run, not before"

    story.run()
    right = story.pseudonyms()
    assert (right[one], right[other]) == (known[one], known[other]), "each has the identifier of before the merge"
    assert (story.shown(one), story.shown(other)) == (before[one], before[other])
    assert right[third] == right[fourth]
    assert story.shown(third) == before[third] | before[fourth]
    touched = {known[account] for account in before}
    assert others(story.debts(), touched) == others(everybody, touched), "nobody else's debts have moved"
    assert not generation.path.exists()
    assert [path.name for path in here.places.zone(SERVICE).glob("gen-*")] == [
        generations.current(here.places, SERVICE).name
    ]


def test_the_log_says_which_rule_merged_them_and_which_decision_parted_them(story):
    told = fairview("link-events", "--state", str(story.here.places.root)).stdout
    numbers = [row["decision"] for row in review.decided(story.here.places, story.here.keyring)]
    assert "rule: same name and e-mail" in told
    assert f"decision {numbers[0]}: must not link" in told
    assert f"decision {numbers[1]}: must link" in told
    assert story.one not in told
    assert "@" not in told
    entries = list(ledger.read(story.here.places, "link_decision"))
    assert [entry["decision"] for entry in entries] == numbers
    assert not any(account in str(entries) for account in (story.one, story.other, story.third, story.fourth))
    ledger.verify(story.here.places)
