"""Folders for what a step needs while it runs, and drafts of single files: gone with the step, or with the next one.

Each lies in `work/scratch/` and is held by a lock of the operating system. A killed process lets go of its lock, and
whoever makes the next folder removes what nobody holds: nothing is left behind for longer than to the next run.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from fairview.store import turns
from fairview.store.places import Places

_HELD = ".held"
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)


@contextmanager
def folder(places: Places, name: str) -> Iterator[Path]:
    """A new folder of this process's own, removed at the end of the block. What killed processes left is removed first."""
    path, held = _make(places, name)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        held.close()


def lay(places: Places, path: Path, content: str | bytes) -> Path:
    """Write a file whole or not at all: a draft in scratch, durable, then one rename. Returns the path."""
    with folder(places, "draft") as place:
        draft = place / path.name
        with draft.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    return path


def swap(draft: Path, folder: Path) -> None:
    """Put a written folder in the place of another in one step; the other then lies where the draft lay, to be removed."""
    if not folder.exists():
        draft.rename(folder)
        return
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename and not rename(_HERE, os.fsencode(draft), _HERE, os.fsencode(folder), _EXCHANGE):
        return
    before = draft.with_name(draft.name + "-before")  # a file system that cannot exchange: missing for an instant
    folder.rename(before)
    draft.rename(folder)


def spill(places: Places) -> Path:
    """Where this process's databases may spill. Each process has its own: DuckDB numbers its spill files per process."""
    return _spill_of(places, os.getpid())


@lru_cache(maxsize=8)
def _spill_of(places: Places, process: int) -> Path:
    path, held = _make(places, "spill")

    def end() -> None:
        if os.getpid() == process:  # a forked child must not take its parent's away
            shutil.rmtree(path, ignore_errors=True)
            held.close()

    atexit.register(end)
    return path


def sweep(places: Places) -> list[str]:
    """Remove what no living process holds. Returns the names."""
    gone = []
    for path in sorted((places.work / "scratch").glob("*")):
        try:
            with (path / _HELD).open("ab") as held:
                if not turns.try_to_take(held):
                    continue
                shutil.rmtree(path, ignore_errors=True)
        except FileNotFoundError:  # gone meanwhile, or killed before it was held
            shutil.rmtree(path, ignore_errors=True)
        gone.append(path.name)
    return gone


def _make(places: Places, name: str) -> tuple[Path, IO[bytes]]:
    """A new folder, and the file whose lock holds it. Takes no turn, so that a stopped process keeps nobody from working."""
    above = places.work / "scratch"
    if not above.is_dir():
        above.mkdir(exist_ok=True, mode=0o700)
    sweep(places)
    while True:
        path = above / f"{name}-{secrets.token_hex(6)}"
        path.mkdir(mode=0o700)
        # Another's sweep may meet the folder before it is held, and take it away: then it is made anew.
        with suppress(FileNotFoundError):
            held = (path / _HELD).open("ab")
            if turns.try_to_take(held) and turns.is_at(held, path / _HELD):
                return path, held
            held.close()
