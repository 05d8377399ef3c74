"""One writer per zone, and a token that tells who came later."""

from __future__ import annotations

import pytest

from fairview.errors import StoreError
from fairview.store import locks


def test_a_second_writer_waits_and_then_gives_up_with_a_plain_message(where):
    with (
        locks.hold(where, "vault"),
        pytest.raises(StoreError, match="being written by another run"),
        locks.hold(where, "vault", wait_seconds=0.2),
    ):
        pass


def test_the_fencing_token_only_grows(where):
    tokens = []
    for _ in range(3):
        with locks.hold(where, "vault") as token:
            tokens.append(token)
    assert tokens == sorted(set(tokens))
    assert locks.token_in_force(where, "vault") == tokens[-1]
