"""What was delivered is kept as it was, unreadable to others, and no longer than agreed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.intake.conftest import Door
from tests.intake.deliveries import MARK, Draft

from fairview.contracts.catalogue import catalogue
from fairview.errors import StoreError
from fairview.intake import landing

KEY = secrets.token_bytes(32)


def kept(tmp_path: Path, content: bytes) -> Path:
    """The landing copy of a file with this content."""
    source = tmp_path / "sent.txt"
    source.write_bytes(content)
    landed = landing.take_in(source, 1 << 30, tmp_path / "landing", KEY)
    landed.close()
    return tmp_path / "landing" / f"{landed.sha256}.enc"


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 7])
def test_a_landed_file_comes_back_byte_for_byte(tmp_path: Path, size: int) -> None:
    content = secrets.token_bytes(size)
    copy = kept(tmp_path, content)
    assert b"".join(landing.opened(copy, KEY)) == content
    assert copy.stat().st_mode & 0o077 == 0
    assert size < 16 or content not in copy.read_bytes()


def test_a_changed_cut_swapped_or_foreign_copy_is_refused(tmp_path: Path) -> None:
    copy = kept(tmp_path, secrets.token_bytes((2 << 20) + 5))
    whole = copy.read_bytes()
    chunk, start = (1 << 20) + 16, 4 + 32
    changed = bytearray(whole)
    changed[-1] ^= 1
    swapped = (
        whole[:start]
        + whole[start + chunk : start + 2 * chunk]
        + whole[start : start + chunk]
        + whole[start + 2 * chunk :]
    )
    for content in (bytes(changed), whole[: start + 2 * chunk], whole[: start + chunk], swapped, b"none"):
        copy.write_bytes(content)
        with pytest.raises(StoreError):
            list(landing.opened(copy, KEY))
    copy.write_bytes(whole)
    with pytest.raises(StoreError):
        list(landing.opened(copy, secrets.token_bytes(32)))


def test_every_file_of_a_delivery_lies_in_landing_under_its_hash(two_months: Door) -> None:
    copies = sorted(two_months.places.landing("benefits").glob("*"))
    told = {sha256 for (sha256,) in two_months.query("SELECT sha256 FROM intake.landed WHERE source = 'benefits'")}
    assert {copy.stem for copy in copies} == told
    assert len(copies) == 2 * (4 + 1)
    plain = b"".join(landing.opened(copies[0], two_months.keyring.landing_key()))
    assert plain
    assert all(MARK.encode() not in copy.read_bytes() for copy in copies)


def test_a_refused_file_is_kept_too_and_a_stranger_is_not(door: Door) -> None:
    draft = Draft("gazetteer", 3)
    draft["properties"].header.append("hobby")
    draft.strangers["STRANGER.csv"] = b"stranger"
    before = len(list(door.places.landing("gazetteer").glob("*")))
    door.deliver(draft)
    assert len(list(door.places.landing("gazetteer").glob("*"))) == before + 2


def test_copies_are_forgotten_once_their_contracts_time_has_passed(door: Door) -> None:
    months = {contract.retention_months for contract in catalogue().feeds}
    assert months == {13}
    count = len(list((door.places.root / "landing").glob("*/*.enc")))
    assert landing.forget(door.places, door.keyring, catalogue(), datetime(2027, 9, 29, tzinfo=UTC)) == 0
    august = landing.forget(door.places, door.keyring, catalogue(), datetime(2027, 10, 1, tzinfo=UTC))
    assert 0 < august < count
    rest = landing.forget(door.places, door.keyring, catalogue(), datetime(2027, 11, 1, tzinfo=UTC))
    assert august + rest == count
    assert door.query("SELECT count(*) FROM intake.landed") == [(0,)]


def test_only_a_plain_file_of_its_own_is_opened(tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.write_bytes(b"x" * 100)
    link = tmp_path / "link.txt"
    link.symlink_to(plain)
    for path, rule in ((link, "not-a-file"), (tmp_path, "not-a-file"), (tmp_path / "none", "unreadable-file")):
        with pytest.raises(landing.Unusable) as fault:
            landing.take_in(path, 1 << 20, None, None)
        assert fault.value.rule == rule
    with pytest.raises(landing.Unusable) as fault:
        landing.take_in(plain, 99, None, None)
    assert fault.value.rule == "too-large"
