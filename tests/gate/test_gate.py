"""The gate: every way to be blocked blocks, leaves the published bytes alone, and says why; nothing else does."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime

import duckdb
import pytest
import sqlalchemy
from tests.tiny_house import SUITES, TABLES, build, expectation, tiny_house, write_suites

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.service import read_service
from fairview.domain import verdicts
from fairview.domain.verdicts import Status
from fairview.errors import Blocked
from fairview.gate import dialect
from fairview.gate.judge import judge
from fairview.publication.publish import publish
from fairview.store import generations, ledger
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
OWN = SUITES["facts"]


def _suite(*expectations: dict) -> dict:
    return {"suites": {"facts": list(expectations)}}


CRASH = expectation(
    "unexpected_rows_expectation",
    severity="warning",
    meta_id="list.crash",
    unexpected_rows_query="SELECT 1 FROM {batch} WHERE reasons::INTEGER > 0",
)
# What is done to candidate or suites → status, and words the reason must hold.
SHUT = {
    "a table of the card is missing": ({"tables": {"facts": None}}, Status.NOT_RUN, "facts: it is missing"),
    "a table is not on the card": ({"then": ["CREATE TABLE extra AS SELECT 1 AS a"]}, Status.BLOCK, "main.extra: it is not on the"),
    "a view is not on the card": ({"then": ["CREATE VIEW side AS SELECT * FROM facts"]}, Status.BLOCK, "main.side: it is not on the"),
    "a table hides in another schema": (
        {"then": ["CREATE SCHEMA hidden", "CREATE TABLE hidden.facts AS SELECT 1 AS a"]}, Status.BLOCK, "hidden.facts"),
    "a suite is missing": ({"without": "facts"}, Status.NOT_RUN, "it has no suite"),
    "a suite is empty": (_suite(), Status.NOT_RUN, "its suite is empty"),
    "a suite makes no sense": (_suite({"type": "expect_something"}), Status.NOT_RUN, "makes no sense"),
    "an expectation has an unknown severity": (_suite({**OWN[0], "severity": "shrug"}), Status.NOT_RUN, "makes no sense"),
    # Great Expectations passes over a kind it does not know without a word; that the answers are counted catches it.
    "an expectation is of no known kind": (
        _suite(OWN[0], expectation("expect_what_nobody_wrote", severity="warning")), Status.NOT_RUN, "not as many answers"),
    "two expectations share an id": (_suite(OWN[0], OWN[0]), Status.NOT_RUN, "share the id"),
    "a rule names a column that is not there": (
        _suite(expectation("expect_column_values_to_not_be_null", severity="warning", column="absent")),
        Status.NOT_RUN, "could not be checked"),
    "a rule crashes on a value": ({"suites": {"people_list": [CRASH]}}, Status.NOT_RUN, "could not be checked"),
    "no rows where rows must be": ({"then": ["DELETE FROM facts"]}, Status.NOT_RUN, "it has no rows"),
    "a critical expectation is false": (
        {"then": ["UPDATE facts SET amount_pence = -1 WHERE rule_id = 'T1'"]}, Status.BLOCK, "facts.amount"),
    "two rows share a key": ({"then": ["INSERT INTO facts SELECT * FROM facts LIMIT 1"]}, Status.BLOCK, "key_is_unique"),
    "far fewer rows than published": ({"then": ["DELETE FROM facts WHERE amount_pence > 50"]}, Status.BLOCK, "rows_against"),
    "far more rows than published": (
        {"then": ["INSERT INTO facts SELECT pseudonym_of('p' || (i % 120 + 1))::UUID, 'T1', i, DATE '2026-10-31' FROM range(200) AS t(i)"]},
        Status.BLOCK, "rows_against"),
    "somewhat fewer rows than published": ({"then": ["DELETE FROM facts WHERE amount_pence > 69"]}, Status.WARN, "rows_drift"),
    "something out of the ordinary": (
        {"then": ["UPDATE facts SET amount_pence = 151 WHERE amount_pence = 3"]}, Status.WARN, "No amount is out of the ordinary"),
    "somebody the service may not know": (
        {"then": ["UPDATE facts SET person_id = md5('stranger')::UUID WHERE amount_pence = 3"]}, Status.BLOCK, "person_is_known"),
    "a canary": ({"then": ["UPDATE people_list SET reasons = 'Told by Mr Zzcanary' WHERE list_rank = 3"]}, Status.BLOCK, "no_canary"),
    "another share of codes": (
        {"then": ["UPDATE facts SET rule_id = 'T0' WHERE amount_pence > 30"]}, Status.BLOCK, "shares_against_published"),
    "a remark alone": ({"then": ["UPDATE facts SET rule_id = 'old' WHERE amount_pence = 3"]}, Status.REMARK, "Only rules in force"),
    "nothing": ({}, Status.PASS, ""),
}  # fmt: skip
# Expectation of the house → what trips it. A candidate takes one of each at a time: all of these must fail, none else.
BAD_ROWS = {
    "people_list: house.no_national_insurance_number": ("was AB 12 34 56 C there", "ab123456c"),
    "people_list: house.no_postcode": ("at RM17 6SL", "at E16AN"),
    "people_list: house.no_telephone_number": ("rang 07700 900123", "rang +44 1632 960123"),
    "people_list: house.no_email_address": ("wrote to a.b@example.org", "x_y@mail.council.gov.uk"),
    "people_list: house.no_property_number": ("UPRN 100090123456", "account 1234567890"),
}
BAD_TABLES = {
    "people_list: house.no_property_number_as_number": (
        "UPDATE people_list SET list_rank = 100090123456 WHERE list_rank = 20",
        "UPDATE people_list SET list_rank = 10009012345 WHERE list_rank = 20",
    ),
    "people_list: house.no_column_named_like_an_identifier": (
        "ALTER TABLE people_list ADD COLUMN surname INTEGER",
        "ALTER TABLE people_list ADD COLUMN birth_date DATE",
    ),
    "people_list: house.as_at_date": (
        "UPDATE people_list SET as_at_on = '2026-09-30' WHERE list_rank = 21",
        "UPDATE people_list SET as_at_on = NULL WHERE list_rank = 21",
    ),
    "facts: house.no_column_named_like_an_identifier": (
        "ALTER TABLE facts ADD COLUMN tenancy_key UUID",
        "ALTER TABLE facts ADD COLUMN main_phone BIGINT",
    ),
    "facts: house.no_postcode": (
        "ALTER TABLE facts ADD COLUMN notes VARCHAR[] DEFAULT ['x', 'RM17 6SL']",
        "ALTER TABLE facts ADD COLUMN notes STRUCT(a VARCHAR) DEFAULT {'a': 'RM17 6SL'}",
    ),
    "facts: house.key_is_present": (
        "UPDATE facts SET rule_id = NULL WHERE amount_pence = 3",
        "UPDATE facts SET rule_id = NULL WHERE amount_pence IN (4, 5)",
    ),
    "totals: house.totals_are_controlled": (
        "UPDATE totals SET shown_count = 7 WHERE group_code = 'G1'",
        "UPDATE totals SET shown_count = 23 WHERE group_code = 'G1'",
    ),
}


@pytest.fixture(scope="session")
def first_publication(tmp_path_factory):
    """A folder with a house whose tiny service has published a first generation: state, keys, declarations."""
    folder = tmp_path_factory.mktemp("first")
    house, where = tiny_house(folder / "house"), places(folder / "state")
    keyring = Keyring.load(where)
    first = build(where, keyring)
    judge(where, keyring, house, {"tiny": first}, AT)
    publish(where, keyring, house, "tiny", first, AT)
    return folder


@pytest.fixture
def where(first_publication, tmp_path):
    shutil.copytree(first_publication, tmp_path / "copy", symlinks=True)
    return places(tmp_path / "copy" / "state")


@pytest.fixture
def published(where):
    """The declarations of that house, free to be changed."""
    house = where.root.with_name("house")
    return Catalogue(house, (), (read_service(house / "dags" / "services" / "tiny.yml"),))


def _bytes(where) -> dict[str, bytes]:
    """Everything officers can see: the link and each file behind it."""
    current = generations.current(where, "tiny")
    return {path.name: path.read_bytes() for path in sorted(current.path.iterdir())} | {
        "current": current.name.encode()
    }


@pytest.mark.parametrize("case", SHUT)
def test_what_the_gate_must_stop_is_stopped_and_changes_no_published_byte(case, published, where, keyring):
    change, status, words = SHUT[case]
    before = _bytes(where)
    write_suites(published.house, "tiny", change.get("suites", {}))
    if "without" in change:
        (published.house / "expectations" / "tiny" / f"{change['without']}.json").unlink()
    candidate = build(where, keyring, tables=change.get("tables"), then=change.get("then", ()))
    verdict = judge(where, keyring, published, {"tiny": candidate}, AT)["tiny"]
    assert verdict.status == status, verdict.reasons()
    assert words in " ".join(verdict.reasons())
    if status in verdicts.PUBLISHABLE:
        assert publish(where, keyring, published, "tiny", candidate, AT).status == status
        assert generations.current(where, "tiny").name == candidate.name
        return
    with pytest.raises(Blocked) as stopped:
        publish(where, keyring, published, "tiny", candidate, AT)
    assert words in str(stopped.value)
    assert _bytes(where) == before
    last = list(ledger.read(where))[-1]
    assert (last["kind"], last["service"]) == ("held" if status == Status.WARN else "kept_back", "tiny")
    assert words in " ".join(last["reasons"])


@pytest.mark.parametrize("turn", [0, 1])
def test_each_bad_row_trips_its_own_expectation_and_no_other(turn, published, where, keyring):
    then = [
        f"UPDATE people_list SET reasons = '{said[turn]}' WHERE list_rank = {n}"
        for n, said in enumerate(BAD_ROWS.values(), 1)
    ]
    then += [statements[turn] for statements in BAD_TABLES.values()]
    verdict = judge(where, keyring, published, {"tiny": build(where, keyring, then=then)}, AT)["tiny"]
    failed = {f"{t.table}: {j.expectation}" for t in verdict.tables for j in t.judgements if j.status == Status.BLOCK}
    assert failed == BAD_ROWS.keys() | BAD_TABLES.keys()
    assert verdict.counts()["not_run"] == 0
    rows = {j.expectation: j.failures for t in verdict.tables for j in t.judgements if t.table == "people_list"}
    assert rows["house.no_postcode"] == 1


def test_a_person_missing_from_a_row_about_people_blocks(published, where, keyring):
    then = ["UPDATE facts SET person_id = NULL WHERE amount_pence = 3"]
    verdict = judge(where, keyring, published, {"tiny": build(where, keyring, then=then)}, AT)["tiny"]
    assert {j.expectation for j in verdict.tables[1].judgements if j.status == Status.BLOCK} == {
        "house.key_is_present",
    }  # fmt: skip


def test_harmless_words_are_not_taken_for_identifiers(published, where, keyring):
    harmless = (
        "Council tax of £1,070.05 for 2026/27 is 61 days overdue since 2026-08-31",
        "Area E01016012, ward E05004568, band C, rule HSG-H12 v3",
        "2 bedrooms, 12 weeks, 1 April 2026 to 31 March 2027 (13:45)",
        "Notice under section 21 served on 2026-03-02; 14 days; 56 days; 1,234,567.89",
        "0d0c9f4e-3c55-4f6a-9d2b-012345678901 asked on 2026-10-01",
    )
    then = [f"UPDATE people_list SET reasons = '{text}' WHERE list_rank = {n}" for n, text in enumerate(harmless, 1)]
    candidate = build(where, keyring, then=then)
    assert judge(where, keyring, published, {"tiny": candidate}, AT)["tiny"].reasons() == []


def test_a_suite_of_the_house_missing_blocks(published, where, keyring):
    for path in (published.house / "expectations" / "_house").glob("*.json"):
        path.unlink()
    candidate = build(where, keyring)
    verdict = judge(where, keyring, published, {"tiny": candidate}, AT)["tiny"]
    assert verdict.status == Status.NOT_RUN


def test_a_candidate_changed_since_it_was_built_is_not_judged(published, where, keyring):
    candidate = build(where, keyring)
    candidate.database.chmod(0o600)
    with candidate.database.open("r+b") as file:
        file.seek(-10, 2)
        file.write(b"0123456789")
    verdict = judge(where, keyring, published, {"tiny": candidate}, AT)["tiny"]
    assert verdict.status == Status.NOT_RUN
    assert "not the one that was built" in verdict.reasons()[0]


def test_a_candidate_of_which_nothing_is_left_is_not_judged(published, where, keyring):
    candidate = build(where, keyring)
    (candidate.path / "dek.wrapped").unlink()
    verdict = judge(where, keyring, published, {"tiny": candidate}, AT)["tiny"]
    assert verdict.status == Status.NOT_RUN


def test_a_candidate_swept_by_a_newer_run_is_not_judged_and_nothing_falls_over(published, where, keyring):
    swept = build(where, keyring)
    newer = build(where, keyring)
    verdict = judge(where, keyring, published, {"tiny": swept}, AT)["tiny"]
    assert verdict.status == Status.NOT_RUN
    assert newer.path.is_dir() and not swept.path.exists()


def test_one_services_trouble_does_not_touch_anothers_verdict(keyring, tmp_path):
    where = places(tmp_path / "fresh")
    house = tiny_house(tmp_path / "house", ("one", "two"))
    found = judge(
        where,
        keyring,
        house,
        {"one": build(where, keyring, "one", tables={"facts": None}), "two": build(where, keyring, "two")},
        AT,
    )
    assert (found["one"].status, found["two"].status) == (Status.NOT_RUN, Status.PASS)
    assert {path.parent.name for path in where.gate.glob("*/index.html")} == {"one", "two"}


def test_no_value_of_a_row_is_in_verdict_ledger_pages_or_logs(published, where, keyring, caplog, capfd):
    secret = "ZYXWVUT"
    write_suites(
        published.house,
        "tiny",
        {
            "people_list": [
                CRASH,
                expectation(
                    "expect_column_distinct_values_to_be_in_set", meta_id="a", column="reasons", value_set=["x"]
                ),
                expectation("expect_column_values_to_be_in_set", meta_id="b", column="reasons", value_set=["x"]),
                expectation("expect_column_max_to_be_between", meta_id="c", column="list_rank", max_value=1),
            ]
        },
    )
    candidate = build(where, keyring, then=[f"UPDATE people_list SET reasons = '{secret}'"])
    verdict = judge(where, keyring, published, {"tiny": candidate}, AT)["tiny"]
    assert verdict.status == Status.NOT_RUN
    left = [path for path in where.root.rglob("*") if path.is_file() and path.suffix in {".json", ".html", ".jsonl"}]
    assert len(left) > 6
    assert not [path.name for path in left if secret.encode() in path.read_bytes()]
    spoken = capfd.readouterr()
    assert secret not in caplog.text + spoken.out + spoken.err


def test_the_mart_is_judged_in_a_room_with_one_door(where, keyring, tmp_path):
    candidate = build(where, keyring)
    key = candidate.data_key(keyring.zone_key("tiny"))
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n", encoding="utf-8")
    with dialect.lend(where, candidate.database, key) as url:
        assert key not in url and str(where.root) not in url
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as con:
            assert con.execute(sqlalchemy.text("SELECT count(*) FROM facts")).scalar() == 120
            for forbidden in (
                f"SELECT * FROM read_csv('{outside}')",
                f"COPY facts TO '{tmp_path / 'stolen.csv'}'",
                "SET enable_external_access = true",
                "DELETE FROM facts",
                "CREATE TABLE more AS SELECT 1",
            ):
                with pytest.raises((sqlalchemy.exc.DBAPIError, duckdb.Error)):
                    con.execute(sqlalchemy.text(forbidden))
        engine.dispose()
    with pytest.raises(KeyError):
        sqlalchemy.create_engine(url).connect()


def test_data_docs_fetch_nothing_and_show_every_table(published, where, keyring):
    names = ["person_id", "rule_id", "amount_pence", "as_at_on"]
    ordered = expectation("expect_table_columns_to_match_ordered_list", column_list=names)
    write_suites(published.house, "tiny", {"facts": [ordered, *OWN]})
    candidate = build(where, keyring, then=["UPDATE facts SET rule_id = 'old' WHERE amount_pence = 3"])
    judge(where, keyring, published, {"tiny": candidate}, AT)
    pages = sorted(where.gate.rglob("*.html"))
    assert [page.relative_to(where.gate).as_posix() for page in pages] == [
        "index.html", *(f"tiny/{name}.html" for name in sorted(["index", *TABLES])),
    ]  # fmt: skip
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"(?i)(?:src|href)\s*=\s*[\"']?(?:https?:)?//|@import|url\(|<script", text), page.name
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), page.name
        for target in re.findall(r'href="([^"#]+)"', text):
            assert (page.parent / target).is_file(), target
    for name in TABLES:
        assert "Unexpected rows query" in (where.gate / "tiny" / f"{name}.html").read_text(encoding="utf-8")
    assert json.loads((where.gate / "tiny" / "verdict.json").read_text(encoding="utf-8"))["status"] == "remark"
    assert candidate.data_key(keyring.zone_key("tiny")) not in "".join(p.read_text("utf-8") for p in pages)


def test_the_first_generation_has_no_volume_to_keep_to(keyring, tmp_path):
    where = places(tmp_path / "fresh")
    house = tiny_house(tmp_path / "house")
    verdict = judge(where, keyring, house, {"tiny": build(where, keyring)}, AT)["tiny"]
    assert verdict.status == Status.PASS
    asked = {one.expectation for table in verdict.tables for one in table.judgements}
    assert "house.rows_against_published" not in asked
    assert "house.key_is_unique" in asked


# People published, people now → what the gate makes of it; each has ten rows, as in a chronology.
MOVED = {
    "a list of four becomes a list of one": (4, 1, Status.REMARK),
    "four become nine": (4, 9, Status.REMARK),
    "four become ten": (4, 10, Status.WARN),
    "four become thirteen": (4, 13, Status.BLOCK),
    "a hundred become eighty": (100, 80, Status.REMARK),
    "a hundred become seventy": (100, 70, Status.WARN),
    "a hundred become forty": (100, 40, Status.BLOCK),
}


@pytest.mark.parametrize("case", MOVED)
def test_a_table_of_few_people_may_move_as_much_as_chance_moves_it_and_one_of_many_as_much_as_declared(case, tmp_path):
    before, now, status = MOVED[case]
    where, house = places(tmp_path / "fresh"), tiny_house(tmp_path / "house")
    keyring = Keyring.load(where)
    for people, expected in ((before, Status.REMARK), (now, status)):
        facts = f"""SELECT pseudonym_of('p' || i)::UUID AS person_id, 'R' || n AS rule_id, n::BIGINT AS amount_pence,
            DATE '2026-10-31' AS as_at_on FROM range(1, {people + 1}) AS t(i), range(10) AS u(n)"""
        candidate = build(where, keyring, tables={"facts": facts})
        verdict = judge(where, keyring, house, {"tiny": candidate}, AT)["tiny"]
        assert verdict.status == expected, verdict.reasons()
        if people == before:
            publish(where, keyring, house, "tiny", candidate, AT)
