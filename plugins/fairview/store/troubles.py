"""What a disk or a memory can do to a step, in one plain sentence: which step, what was wrong, what to do.

Only what is recognised is translated; everything else stays what it was. The trouble's own text is dropped, since a
database's message may quote what it read.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from fairview.errors import FairviewError, StoreError

_FULL = "no space left on the disk", "make room"
_BROKEN = "the disk reports an error", "have the disk looked at"
_READ_ONLY = "the disk is read-only", "have it made writable"
_DENIED = "permission denied", "give the folder back to the user Fairview runs as"
_MEMORY = "not enough memory", "give it more memory"
_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EIO: _BROKEN,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOMEM: _MEMORY,
}
_BY_WORDS = {
    "no space left": _FULL,
    "disk quota exceeded": _FULL,
    "input/output error": _BROKEN,
    "fsync": _BROKEN,  # DuckDB says no more than that it failed
    "read-only file system": _READ_ONLY,
    "permission denied": _DENIED,
    "operation not permitted": _DENIED,
    "out of memory": _MEMORY,
    "could not allocate": _MEMORY,
    "cannot allocate memory": _MEMORY,
}


def trouble(found: BaseException | str | None) -> tuple[str, str] | None:
    """What is wrong with the machine and what to do about it, where an error or its text tells of that; else None."""
    if isinstance(found, MemoryError):
        return _MEMORY
    if isinstance(found, OSError) and found.errno in _BY_NUMBER:
        return _BY_NUMBER[found.errno]
    words = str(found or "").lower()
    return next((told for sign, told in _BY_WORDS.items() if sign in words), None)


def _history(error: BaseException) -> Iterator[BaseException]:
    """An error and those it came up in: a rollback of what a full disk has ended already fails for a reason of its own."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def plainly(step: str) -> Iterator[None]:
    """Turn what the machine did to a step into a StoreError fit for a screen."""
    try:
        yield
    except FairviewError:
        raise
    except Exception as error:
        if (told := next(filter(None, map(trouble, _history(error))), None)) is None:
            raise
        raise StoreError(sentence(step, told)) from None


def sentence(step: str, told: tuple[str, str]) -> str:
    """The sentence of a trouble with a step."""
    what, do = told
    return f"{step} stopped: {what}. Nothing is half done; {do} and run again"
