"""Damage and malice no specification lists: the reader's answer to each, on the bytes alone."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from tests.intake.conftest import Door, line_of
from tests.intake.deliveries import HOUSE, MONTHS, Draft, zipped

from fairview.intake import forms, reading

DAY = MONTHS[3]
SOURCE = {contract.feed: contract.source for contract in HOUSE.feeds}


def good(feed: str) -> bytes:
    """The bytes of a good file."""
    draft = Draft(SOURCE[feed], 3)
    return draft._rendered(feed, draft[feed])


def read(feed: str, data: bytes) -> tuple:
    """Table and facts of a file, or the rule that refuses it."""
    contract = HOUSE.feed(feed)
    name = Draft(contract.source, 3).name(feed)
    facts = forms.Facts()
    layout = forms.Layout.from_plain(reading.layout(contract, name, DAY))
    return forms.read(data, layout, facts), facts


def refusal(feed: str, data: bytes) -> str:
    with pytest.raises(forms.FileFault) as fault:
        read(feed, data)
    return fault.value.rule


def spoilt(feed: str, old: bytes, new: bytes, count: int = 1) -> bytes:
    data = good(feed)
    assert old in data
    return data.replace(old, new, count)


@pytest.mark.parametrize(
    ("feed", "spoil", "rule"),
    [
        ("properties", lambda data: gzip.compress(data), "wrong-kind"),
        ("properties", lambda data: zipped({"a.csv": data}), "wrong-kind"),
        ("properties", lambda data: b"\n <!DOCTYPE html><title>503</title>", "wrong-kind"),
        ("properties", lambda data: b"<html>503 Service Unavailable</html>", "wrong-kind"),
        ("properties", lambda data: b"%PDF-1.7", "wrong-kind"),
        ("vulnerability_register", lambda data: b"\xd0\xcf\x11\xe0" + data, "wrong-kind"),
        ("vulnerability_register", lambda data: b"reg_id,surname\n1,a\n", "wrong-kind"),
        ("vulnerability_register", lambda data: data[:400], "D41"),
        ("properties", lambda data: b"# made by hand\n" + data, "D18"),
        ("properties", lambda data: b"\n" + data, "D18"),
        ("properties", lambda data: data.replace(b",", b";"), "D19"),
        ("properties", lambda data: data.replace(b",", b"\t"), "D19"),
        ("properties", lambda data: data.replace(b"uprn,parent_uprn", b"uprn,uprn"), "header-twice"),
        ("properties", lambda data: data.replace(b"street,", b"Street,", 1), "D17"),
        ("properties", lambda data: b",".join(b"c%d" % i for i in range(10_000)) + b"\n", "D18"),
        ("homelessness_cases", lambda data: data.replace(b'line two"', b"line two", 1), "unclosed-quote"),
        ("homelessness_cases", lambda data: data + b'HL26000099,"never closed\n' * 3, "unclosed-quote"),
        ("sundry_debts", lambda data: data.replace(b"ANN", "ZOË".encode()), "other-encoding"),
        ("sundry_debts", lambda data: data.replace(b"ANN", b"ZO\x81"), "D21"),
        ("sundry_debts", lambda data: data + b"one more line\r\n", "D07"),
        ("arrears_actions", lambda data: data.replace(b"20261031", b"20260930", 1), "header-day"),
        ("arrears_actions", lambda data: data.replace(b"HARREARS", b"XARREARS", 1), "D18"),
        ("benefit_overpayments", lambda data: zipped({"xl/vbaProject.bin": b"x"}), "macros"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_or_shape_is_refused(feed, spoil, rule) -> None:
    assert refusal(feed, spoil(good(feed))) == rule


def archive(**members: bytes) -> bytes:
    return zipped(members)


def locked(data: bytes) -> bytes:
    """The archive with its members marked as locked by a password."""
    return re.sub(rb"(PK\x01\x02.{4})(.)", lambda m: m.group(1) + bytes([m.group(2)[0] | 1]), data, flags=re.S)


def linked() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        member = zipfile.ZipInfo("RENT_TRANSACTIONS_20261031.csv")
        member.external_attr = 0o120777 << 16
        made.writestr(member, "/etc/passwd")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (zipped({"../../etc/cron.d/x": b"x"}), "archive-path"),
        (zipped({"/etc/passwd": b"x"}), "archive-path"),
        (zipped({"C:\\x.csv": b"x"}), "archive-path"),
        (zipped({"other.csv": b"x"}), "archive-member"),
        (linked(), "archive-member"),
        (zipped({"RENT_TRANSACTIONS_20261031.csv": bytes(30_000_000)}), "archive-bomb"),
        (locked(zipped({"RENT_TRANSACTIONS_20261031.csv": b"x"})), "archive-locked"),
        (zipped({}), "D42"),
        (b"PK\x03\x04 and no more", "D41"),
        (b"", "D05"),
        (zipped({"RENT_TRANSACTIONS_20261031.csv": b""}), "D05"),
    ],
    ids=["slip", "absolute", "drive", "member", "link", "bomb", "locked", "none", "cut", "nothing", "empty"],
)
def test_an_archive_that_is_not_exactly_the_agreed_one_is_refused(data, rule) -> None:
    assert refusal("rent_transactions", data) == rule


def test_a_checksum_inside_the_archive_that_does_not_fit_is_refused() -> None:
    data = bytearray(good("rent_transactions"))
    at = data.index(b"PK\x03\x04") + 14
    data[at] ^= 0xFF
    central = data.index(b"PK\x01\x02") + 16
    data[central] ^= 0xFF
    assert refusal("rent_transactions", bytes(data)) == "D41"


@pytest.mark.parametrize(
    ("new", "rule"),
    [(b"0 Qz\x00x Road", "D59"), (b"0 Qzx\tRoad", "D59"), ("0 Qzx\u202eRoad".encode(), "turning-marks"),
     ("0 Qzx\u200fRoad".encode(), "turning-marks"), (b"0 Qzx\x1b[31mRoad", "D59"), ("Qzx\u0085Road".encode(), "turning-marks")],
)  # fmt: skip
def test_a_row_with_control_or_turning_marks_is_set_aside(new: bytes, rule: str) -> None:
    table, facts = read("homelessness_cases", spoilt("homelessness_cases", b"Flat 0", new))
    assert [(row, found) for row, found, _ in facts.marked] == [(2, rule)]
    assert facts.rows == table.num_rows


def test_marks_without_width_are_taken_out_and_told() -> None:
    table, facts = read("properties", spoilt("properties", b"GRAYS", "GR\u200bAYS".encode()))
    assert table.column("town")[0].as_py() == "GRAYS"
    assert facts.warnings == {"widthless-marks": 1}


def test_twice_encoded_letters_are_told() -> None:
    _, facts = read("homelessness_cases", spoilt("homelessness_cases", b"Ann", "ZoÃ«".encode()))
    assert facts.warnings == {"spoilt-letters": 1}


def test_letters_of_many_languages_are_no_fault() -> None:
    for name in (
        "João",
        "JOÃO",
        "Ångström",
        "Łucja",
        "Eidvilė",
        "O’Brien",
        "D'Arcy",
        "李",
        "Ñuñez",
        "Æon",
        "محمد",
        "🙂",
    ):
        table, facts = read("homelessness_cases", spoilt("homelessness_cases", b"Ann", name.encode()))
        assert table.column("forename")[0].as_py() == name
        assert not facts.marked
        assert not facts.warnings


@pytest.mark.parametrize(
    "text",
    ["Robert'); DROP TABLE students;--", "{{ var('x') }}", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "Null", "NaN", "True", "$(id)"],
)  # fmt: skip
def test_what_looks_like_code_is_kept_as_the_text_it_is(text: str) -> None:
    table, _ = read("homelessness_cases", spoilt("homelessness_cases", b"Ann", text.encode()))
    assert table.column("forename")[0].as_py() == text


def test_blank_lines_are_ignored_and_told() -> None:
    data = good("properties")
    lines = data.split(b"\n")
    _, facts = read("properties", b"\n".join([*lines[:3], b"", b"", *lines[3:]]))
    assert facts.rows == 40
    assert facts.warnings == {"blank-lines": 2}


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_line_ends_of_any_kind_are_read(end: bytes) -> None:
    table, _ = read("council_tax_discounts", good("council_tax_discounts").replace(b"\r\n", end))
    assert table.num_rows == 13


def test_a_missing_last_line_end_is_no_fault() -> None:
    table, facts = read("properties", good("properties").rstrip(b"\n"))
    assert table.num_rows == 40
    assert not facts.warnings


@pytest.mark.parametrize(("old", "new", "rule"), [(b"GRAYS", b"GR,AYS", "D26"), (b",GRAYS,", b",", "short-row")])
def test_a_row_with_a_field_too_many_or_too_few_is_set_aside_without_its_values(old, new, rule) -> None:
    table, facts = read("properties", spoilt("properties", old, new))
    assert facts.broken == [(2, rule)]
    assert table.num_rows == 39
    assert table.column("row_number").to_pylist()[0] == 3


def test_rows_are_numbered_from_the_header_on_in_every_form() -> None:
    for feed in ("properties", "benefit_claims", "tenancies", "arrears_actions", "rent_transactions"):
        table, facts = read(feed, good(feed))
        assert table.column("row_number").to_pylist() == list(range(2, facts.rows + 2)), feed
    table, _ = read("benefit_overpayments", good("benefit_overpayments"))
    assert table.column("row_number").to_pylist()[0] == 5


def test_columns_never_loaded_and_rows_discarded_are_gone_from_what_is_read() -> None:
    for contract in HOUSE.feeds:
        table, facts = read(contract.feed, good(contract.feed))
        assert set(table.column_names) == {column.name for column in contract.loaded} | {"row_number"}
        assert table.num_rows + sum(facts.dropped.values()) == facts.rows
        for rule in contract.row_rules:
            assert not set(table.column(rule["column"]).to_pylist()) & set(rule["drop"])


def test_a_copy_of_a_discarded_row_is_told_without_being_kept() -> None:
    draft = Draft("community_safety", 3)
    rows = draft["asb_parties"].rows
    rows.append(dict(next(row for row in rows if row["party_role"] == "WITNESS")))
    table, facts = read("asb_parties", draft._rendered("asb_parties", draft["asb_parties"]))
    assert facts.withheld == [(len(rows) + 1, "D30", "")]
    assert len(rows) + 1 not in table.column("row_number").to_pylist()


def test_a_spreadsheets_first_day_and_typed_dates_come_as_the_agreed_text() -> None:
    draft = Draft("corporate", 3)
    rows = draft["vulnerability_register"].rows
    rows[0]["dob"], rows[1]["dob"] = date(1900, 1, 1), "14/04/1951"
    table, _ = read(
        "vulnerability_register", draft._rendered("vulnerability_register", draft["vulnerability_register"])
    )
    assert table.column("dob").to_pylist()[:2] == ["01/01/1900", "14/04/1951"]


# --- what lies in the folder -------------------------------------------------------------------------------------


def test_links_pipes_and_second_names_are_refused(door: Door, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    for make in ("symlink", "fifo", "hard link"):
        root = door.folder / make.replace(" ", "-")
        folder = Draft("revenues", 3).write(root)
        path = folder / "COUNCIL_TAX_DISCOUNTS_20261031.txt"
        elsewhere.unlink(missing_ok=True)
        path.rename(elsewhere)
        if make == "symlink":
            path.symlink_to(elsewhere)
        elif make == "fifo":
            os.mkfifo(path)
        else:
            os.link(elsewhere, path)
        receipt = door.take(root)
        assert line_of(receipt, "council_tax_discounts").rules == {"not-a-file": 1}, make
        assert line_of(receipt, "council_tax_accounts").outcome == "accept" or make != "symlink"


@pytest.mark.parametrize("name", ["a;rm -rf ~.csv", "-leading.csv", "new\nline.csv", "$(id).csv", "x" * 200, ".hidden"])
def test_a_stranger_with_a_hostile_name_is_left_unread_and_unnamed(door: Door, name: str) -> None:
    draft = Draft("gazetteer", 3)
    draft.strangers[name] = b"x"
    receipt = door.deliver(draft)
    stranger = line_of(receipt, None)
    assert (stranger.file, stranger.outcome, stranger.rules) == (None, "accept_with_warning", {"unusable-name": 1})
    assert name not in " ".join(receipt.messages)


@pytest.mark.parametrize(
    "edit",
    [
        lambda m: m.update(source="housing"),
        lambda m: m.update(delivery="3"),
        lambda m: m.update(delivery=0),
        lambda m: m.update(extract_date="31/10/2026"),
        lambda m: m.pop("files"),
        lambda m: m["files"].append(m["files"][0]),
        lambda m: m["files"][0].update(rows=-1),
        lambda m: m["files"][0].update(rows=10**40),
        lambda m: m["files"][0].update(sha256="abc"),
        lambda m: m["files"][0].pop("control"),
    ],
)
def test_a_manifest_that_is_not_as_agreed_refuses_the_delivery(door: Door, edit) -> None:
    draft = Draft("gazetteer", 3)
    draft.edits.append(edit)
    receipt = door.deliver(draft)
    assert receipt.outcome == "reject_delivery"
    assert {file.feed for file in receipt.files} == {"properties"}
    assert set(receipt.rules) <= {"D64", "wrong-source"}


def test_a_manifest_of_great_depth_or_length_is_refused(door: Door) -> None:
    for content in (b"[" * 100_000, b'{"a":' * 50_000, b" " * (2 << 20), b'{"files": NaN}', b"\xff\xfe{}"):
        draft = Draft("gazetteer", 3)
        draft.manifest_bytes = lambda _, content=content: content
        assert door.deliver(draft).rules == {"D64": 1}


def test_a_file_named_otherwise_in_the_manifest_is_refused_under_its_agreed_name(door: Door) -> None:
    draft = Draft("gazetteer", 3)
    draft.edits.append(lambda m: m["files"][0].update(file="../../etc/passwd"))
    receipt = door.deliver(draft)
    assert "passwd" not in " ".join([*receipt.messages, *(text for file in receipt.files for text in file.messages)])
    assert line_of(receipt, "properties").outcome == "reject_file"


def test_two_manifests_refuse_the_delivery(door: Door) -> None:
    draft = Draft("gazetteer", 3)
    draft.strangers["MANIFEST_GAZETTEER_20260930.json"] = b"{}"
    assert door.deliver(draft).rules == {"two-manifests": 1}


def test_a_delivery_of_an_unknown_source_is_refused(door: Door) -> None:
    folder = Draft("gazetteer", 3).write(door.folder / "unknown")
    folder.rename(folder.with_name("parking"))
    receipt = door.take(door.folder / "unknown")
    assert (receipt.source, receipt.outcome, receipt.rules) == ("parking", "reject_delivery", {"wrong-source": 1})


# --- the reading child -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "least"), [("MOST_MEMORY", 64 << 20), ("MOST_SECONDS", 0.001)])
def test_a_child_that_is_stopped_costs_the_files_and_nothing_else(
    door: Door, monkeypatch, limit: str, least: float
) -> None:
    monkeypatch.setattr(reading, limit, least)
    receipt = door.deliver(Draft("gazetteer", 3))
    assert line_of(receipt, "properties").outcome == "reject_file"
    assert set(line_of(receipt, "properties").rules) <= {"unreadable", "too-large"}
    monkeypatch.undo()
    assert door.deliver(Draft("gazetteer", 3, number=4)).outcome == "accept"


def test_the_child_is_given_no_environment_and_no_path(monkeypatch) -> None:
    monkeypatch.setenv("FAIRVIEW_SECRET", "root key")
    seen, sent = {}, []
    start, send = reading.subprocess.Popen, reading.reader.send

    def started(command, **more):
        seen.update(more, command=command)
        return start(command, **more)

    def told(peer, message, descriptors=None) -> None:
        sent.append(json.dumps(message))
        send(peer, message, descriptors)

    reading.stop()
    monkeypatch.setattr(reading.subprocess, "Popen", started)
    monkeypatch.setattr(reading.reader, "send", told)
    with Path(os.devnull).open("rb") as file, reading.Session() as session:
        read = session.reading(file.fileno(), reading.layout(HOUSE.feed("properties"), "PROPERTIES_20261031.csv", DAY))
        with read.batches() as stream:
            assert stream is None
    assert read.fault == {"rule": "D05"}
    assert set(seen["env"]) == {"LANG", "PATH"}
    assert "root key" not in str(seen)
    assert not any("root key" in message or "/home" in message for message in sent)
    assert "-I" in seen["command"]
