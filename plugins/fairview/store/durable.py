"""What a disk must have written before a step goes on: a file, whole or not at all; a folder's entries."""

from __future__ import annotations

import os
from pathlib import Path


def sync(folder: Path) -> None:
    """Make a folder's entries durable: without it a rename or a removal may be undone by a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path: Path, content: bytes) -> None:
    """Write a file beside its place and move it in by one rename: nobody ever finds half of it. What a kill left is replaced."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
