"""The public record: written from live state, whatever happened; honest, safe to tell, readable by everyone."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from tests.tiny_house import build, tiny_house

from fairview.contracts.catalogue import Catalogue, catalogue
from fairview.contracts.service import read_service
from fairview.domain import verdicts
from fairview.errors import StoreError
from fairview.gate import suites
from fairview.governance import record
from fairview.governance.answers import QUESTIONS
from fairview.publication.publish import keep_back, publish, withdraw
from fairview.store import generations, ledger
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 24, 7, 30, tzinfo=UTC)
FEW_LISTED = {"then": ["DELETE FROM people_list WHERE list_rank > 7"]}


def _attest(where, keyring, house, candidate) -> None:
    """A signed verdict without Great Expectations: this folder tests the record, not the gate."""
    passed = verdicts.TableVerdict("facts", "pass", 1, (verdicts.Judgement("a", "critical", "pass", "So.", "Tester"),))
    document = verdicts.Verdict(
        service=candidate.zone,
        generation=candidate.name,
        sha256=candidate.manifest["sha256"],
        suites=suites.fingerprint(house, candidate.zone),
        rules=suites.rules_fingerprint(house, candidate.zone),
        warehouse=candidate.manifest["warehouse"],
        as_at=candidate.manifest["as_at"],
        judged_at="",
        status="pass",
        tables=(passed,),
    ).document()
    document["signature"] = verdicts.signature(document, keyring.verdict_key())
    generations.attest(candidate, document)


def _published(where, keyring, house, at=AT, **how) -> None:
    candidate = build(where, keyring, **how)
    _attest(where, keyring, house, candidate)
    publish(where, keyring, house, "tiny", candidate, at)


@pytest.fixture(scope="session")
def _first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("record")
    house, where = tiny_house(folder / "house"), places(folder / "state")
    _published(where, Keyring.load(where), house)
    return folder


@pytest.fixture
def where(_first, tmp_path):
    shutil.copytree(_first, tmp_path / "copy", symlinks=True)
    return places(tmp_path / "copy" / "state")


@pytest.fixture
def house(where):
    """The tiny service as the homelessness service of a house with the real feed contracts."""
    folder = where.root.with_name("house")
    return Catalogue(folder, catalogue().feeds, (read_service(folder / "dags" / "services" / "tiny.yml"),))


def _question(written, number: int) -> str:
    found = next(one for one in written.document["questions"] if one["number"] == number)
    return " ".join([*found["sentences"], *found["items"]])


def _deliver(where, **facts) -> None:
    file = {
        "feed": "tenancies",
        "file": "t.csv",
        "outcome": "accept",
        "received": 1234,
        "staged": 1230,
        "quarantined": 4,
    }
    entry = {
        "source": "housing",
        "extract_date": "2026-10-31",
        "delivery": 1,
        "outcome": "accept",
        "rules": {},
        "files": [file],
    }
    ledger.append(where, "delivery", AT, **(entry | facts))


def test_there_is_no_record_before_the_first_run(tmp_path):
    with pytest.raises(StoreError, match="no public record"):
        record.read(places(tmp_path / "fresh"))


def test_the_three_forms_are_written_and_read_back(where, keyring, house):
    written = record.write(where, keyring, house, LATER)
    assert sorted(path.name for path in where.public.iterdir()) == ["record.html", "record.json", "record.md"]
    assert json.loads(record.read(where, "json")) == json.loads(json.dumps(written.document))
    assert record.read(where, "text").startswith("# Public record\n\nWritten on 24 December 2026, 07:30 UTC.")
    assert record.read(where, "html") == written.page.read_text(encoding="utf-8")


def test_all_eleven_questions_are_quoted_and_answered_in_order(where, keyring, house):
    written = record.write(where, keyring, house, LATER)
    found = written.document["questions"]
    assert [(one["number"], one["question"]) for one in found] == [(n, QUESTIONS[n][2]) for n in range(1, 12)]
    assert all(one["sentences"] for one in found)
    for form in ("text", "html"):
        told = record.read(where, form)
        assert all(f"{n}. {QUESTIONS[n][2]}" in told for n in QUESTIONS)


def test_counts_of_residents_come_from_what_is_published(where, keyring, house):
    answer = _question(record.write(where, keyring, house, LATER), 7)
    assert "left a row about them): 120 people" in answer
    assert "On the list officers work from: 60 people" in answer
    assert "since this system began: none" in answer


def test_a_small_count_is_in_no_form_of_the_record(where, keyring, house):
    _published(where, keyring, house, LATER, **FEW_LISTED)
    written = record.write(where, keyring, house, LATER)
    assert "On the list officers work from: fewer than 10 people" in _question(written, 7)
    rows = {table["table"]: table["rows"] for table in written.document["services"][0]["tables"]}
    assert rows == {"people_list": "fewer than 10", "facts": "120", "totals": "fewer than 10"}
    entry = list(ledger.read(where, "publication"))[-1]
    assert entry["rows"]["people_list"] is None
    assert entry["residents"]["listed"] == {"people": None}


def test_a_service_this_house_lacks_is_answered_with_none(where, keyring, house):
    written = record.write(where, keyring, house, LATER)
    for number in (2, 3, 4, 5, 6, 9, 10):
        assert _question(written, number).startswith("None")


def test_the_police_question_is_answered_from_the_contracts(where, keyring, house):
    card = replace(house.services[0], purpose_code="CSF")
    written = record.write(where, keyring, replace(house, services=(card,)), LATER)
    answer = _question(written, 5)
    assert answer.startswith("None. The service knows victims only")
    assert "alleged perpetrator and witness (R1, asb_parties)" in answer


def test_the_data_used_is_told_feed_by_feed_from_the_contracts(where, keyring, house):
    answer = _question(record.write(where, keyring, house, LATER), 8)
    assert "Council tenancies (housing):" in answer
    assert "cur bal" in answer and "Never used or done: anything else." in answer


def test_where_it_is_stored_how_long_and_when_the_last_was_destroyed(where, keyring, house):
    before = _question(record.write(where, keyring, house, LATER), 11)
    assert "nothing has had to be destroyed yet" in before
    assert "13 months" in before
    _published(where, keyring, house, LATER)
    after = _question(record.write(where, keyring, house, LATER), 11)
    assert "last destroyed on 24 December 2026, 07:30 UTC" in after


def test_what_was_kept_back_is_told_with_its_reasons_beside_what_stays_published(where, keyring, house):
    keep_back(where, "tiny", ["of the delivery of housing for 2026-11-30 these files were refused: tenancies"], LATER)
    service = record.write(where, keyring, house, LATER).document["services"][0]
    assert service["published"] and service["as_at"] == "31 October 2026"
    assert service["kept_back"]["why"] == [
        "of the delivery of housing for 2026-11-30 these files were refused: tenancies"
    ]
    _published(where, keyring, house, LATER)
    assert record.write(where, keyring, house, LATER).document["services"][0]["kept_back"] is None


def test_a_withdrawn_service_has_nothing_published_and_says_why(where, keyring, house):
    withdraw(where, "tiny", "no delivery from housing within the declared time", LATER)
    written = record.write(where, keyring, house, LATER)
    service = written.document["services"][0]
    assert not service["published"] and service["tables"] == []
    assert service["kept_back"]["what"] == "What was published was withdrawn and destroyed"
    assert _question(written, 7).startswith("None at present")
    assert "nothing held now; last destroyed on 24 December 2026" in _question(written, 11)


def test_refused_files_are_told_with_the_rule_and_without_small_counts(where, keyring, house):
    refused = {
        "feed": "deaths",
        "file": "d.csv",
        "outcome": "reject_file",
        "received": 7,
        "quarantined": 0,
        "rules": {"C03": 1},
    }
    _deliver(where)
    _deliver(where, source="corporate", outcome="reject_file", rules={"C03": 1}, files=[refused])
    received = record.write(where, keyring, house, LATER).document["received"]
    by_source = {one["source"]: one for one in received}
    assert by_source["housing"]["rows"] == "1,235" and by_source["housing"]["set_aside"] == "fewer than 10"
    assert by_source["corporate"]["is_refused"] and by_source["corporate"]["refused_files"] == ["deaths (C03)"]
    assert by_source["corporate"]["rows"] == "fewer than 10"


def test_the_newest_delivery_of_a_month_stands_for_it(where, keyring, house):
    _deliver(where, outcome="reject_delivery", rules={"C01": 1}, files=[])
    _deliver(where, delivery=2)
    received = record.write(where, keyring, house, LATER).document["received"]
    assert [one["outcome"] for one in received] == ["accepted"]


def test_look_ups_are_counted_and_nobody_is_named(where, keyring, house):
    names = {"requested_by": "officer.one", "approved_by": ["officer.two", "officer.three"], "subject": "f" * 64}
    for _ in range(3):
        ledger.append(where, "reidentification", AT, service="tiny", purpose="offer_of_help", ticket="t", **names)
    written = record.write(where, keyring, house, LATER)
    assert "since this system began: fewer than 10" in _question(written, 7)
    for form in ("text", "json", "html"):
        assert not re.findall(r"officer\.|f{8}|looked up, approved", record.read(where, form))


def test_a_broken_ledger_is_told_and_does_not_stop_the_record(where, keyring, house):
    path = where.ledger / "ledger.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"status": "pass"', '"status": "warn"', 1), encoding="utf-8"
    )
    ledger.append(where, "kept_back", AT, service="tiny", reasons=["a"])
    keep_back(where, "tiny", ["b"], AT)
    path.write_text(path.read_text(encoding="utf-8").replace('"a"', '"c"'), encoding="utf-8")
    written = record.write(where, keyring, house, LATER)
    assert written.document["ledger"]["intact"] is False
    assert "does not follow" in record.read(where, "html")


class _Page(HTMLParser):
    """What a page holds, for the rules of WCAG a parser can check."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_self_contained_and_meets_what_a_machine_can_check_of_wcag(where, keyring, house):
    _deliver(where)
    keep_back(where, "tiny", ["<script>alert(1)</script>"], LATER)
    text = record.write(where, keyring, house, LATER).page.read_text(encoding="utf-8")
    assert "<script" not in text and "&lt;script&gt;" in text
    assert not re.findall(r"(?i)(?:src|href)\s*=\s*[\"']?(?:https?:)?//|@import|url\(", text)
    page = _Page(text)
    tags = [tag for tag, _ in page.tags]
    assert page.tags[0] == ("html", {"lang": "en-GB"})
    assert tags.count("h1") == 1 and tags.count("main") == 1 and tags.count("title") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    refers = [attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs]
    refers += [attrs["href"][1:] for tag, attrs in page.tags if tag == "a" and attrs.get("href", "").startswith("#")]
    assert set(refers) <= set(ids)


def test_the_colours_of_the_page_have_the_contrast_that_wcag_aa_asks(where, keyring, house):
    text = record.write(where, keyring, house, LATER).page.read_text(encoding="utf-8")
    for root in re.findall(r":root \{(.*?)\}", text, re.S):
        colour = dict(re.findall(r"--(\w+): #([0-9a-f]{6})", root))
        pairs = [("ink", "paper"), ("soft", "paper"), ("link", "paper")]
        pairs += [(name, f"{name}back") for name in ("good", "halt", "none")]
        for ink, paper in pairs:
            assert _contrast(colour[ink], colour[paper]) >= 4.5, (ink, paper)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
