"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os

import pytest

from fairview.store import durable


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    page = tmp_path / "page.html"
    durable.write(page, b"the old page")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            durable.write(page, b"the new page, much longer than the old one")
    assert page.read_bytes() == b"the old page"
    durable.write(page, b"the new page")
    assert page.read_bytes() == b"the new page"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
