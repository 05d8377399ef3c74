"""What a disk does to a step is told in one plain sentence, is never the supplier's fault, and leaves no half entry."""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime

import pytest
from tests.intake.deliveries import HOUSE, MONTHS, Draft

from fairview.errors import StoreError
from fairview.intake import landing, reader, reading
from fairview.store import ledger
from fairview.store.troubles import plainly

AT = datetime(2026, 10, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left on the disk. Nothing is half done; make room and run again"),
        (errno.EIO, "the disk reports an error"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "permission denied"),
    ],
)
def test_what_the_disk_did_is_said_with_the_step_and_what_to_do_and_without_a_path(number, words):
    with pytest.raises(StoreError) as told, plainly("publishing informed_debt"):
        raise OSError(number, os.strerror(number), "/council/state/services/informed_debt")
    assert str(told.value).startswith("publishing informed_debt stopped: ")
    assert words in str(told.value)
    assert "/council" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_rollback_that_fails_after_a_full_disk_does_not_hide_it():
    with pytest.raises(StoreError, match="no space left on the disk"), plainly("linking people"):
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            raise RuntimeError("cannot rollback - no transaction is active")  # noqa: B904


def test_what_is_not_the_machines_trouble_stays_what_it_was():
    with pytest.raises(ZeroDivisionError), plainly("linking people"):
        _ = 1 / 0


def test_a_full_disk_of_ours_does_not_refuse_a_suppliers_file(tmp_path, monkeypatch):
    sent = tmp_path / "sent.csv"
    sent.write_bytes(b"a,b\n1,2\n")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(landing.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        landing.take_in(sent, 1 << 20, tmp_path / "landing", b"k" * 32)
    assert list((tmp_path / "landing").iterdir()) == []


def test_a_full_disk_of_ours_is_the_readers_trouble_and_no_fault_of_the_file(tmp_path):
    draft = Draft("gazetteer", 3)
    sent = tmp_path / "sent.csv"
    sent.write_bytes(draft._rendered("properties", draft["properties"]))
    source, target = os.open(sent, os.O_RDONLY), os.open("/dev/full", os.O_WRONLY)
    layout = reading.layout(HOUSE.feed("properties"), draft.name("properties"), MONTHS[3])
    answer = reader.answer({"layout": layout, "rows": None}, source, target)
    assert answer["trouble"] == errno.ENOSPC
    assert "fault" not in answer


def test_half_a_line_that_a_killed_process_left_gives_way_to_the_next_entry(where):
    ledger.append(where, "delivery", AT, source="revenues")
    path = where.ledger / "ledger.jsonl"
    with path.open("a") as file:
        file.write('{"number": 2, "kind": "publica')
    assert [entry["number"] for entry in ledger.read(where)] == [1]
    ledger.verify(where)
    ledger.append(where, "publication", AT, service="informed_debt")
    assert [entry["kind"] for entry in ledger.read(where)] == ["delivery", "publication"]
    ledger.verify(where)


def test_an_entry_that_could_not_be_made_durable_is_not_there(where, monkeypatch):
    ledger.append(where, "delivery", AT, source="revenues")

    def broken(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched, pytest.raises(OSError, match="Input/output"):
        patched.setattr(ledger.os, "fsync", broken)
        ledger.append(where, "publication", AT, service="informed_debt")
    assert [entry["kind"] for entry in ledger.read(where)] == ["delivery"]


def test_an_entry_that_names_a_file_with_an_odd_line_mark_is_one_line(where):
    ledger.append(where, "delivery", AT, file="a\u2028b\x85c")
    ledger.append(where, "delivery", AT, file="d")
    assert [entry["file"] for entry in ledger.read(where)] == ["a\u2028b\x85c", "d"]
    ledger.verify(where)
    assert json.loads((where.ledger / "ledger.jsonl").read_bytes().split(b"\n")[1])["number"] == 2
