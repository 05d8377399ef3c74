"""Zip archives: the one member of the agreed name, never unpacked to disk, never further than agreed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import BinaryIO

from fairview.intake.forms.layout import FileFault, Layout

# A compressed member may unfold to this many times its size; spreadsheets and ledgers reach 20 (house rule 91).
_MOST_UNFOLDING = 200
_SMALLEST = 1 << 12
# A member up to this size is unfolded once and kept; a larger one is unfolded again for each way through it.
_KEPT_BYTES = 96 << 20


def opened(file: BinaryIO, most_bytes: int) -> zipfile.ZipFile:
    """An archive with nothing in it that escapes, is locked or unfolds beyond measure. Raises FileFault."""
    size = file.seek(0, io.SEEK_END)
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, IndexError):
        raise FileFault("D41") from None
    for member in members:
        name = member.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name:
            raise FileFault("archive-path")
        if member.flag_bits & 1:
            raise FileFault("archive-locked")
    unfolded = sum(member.file_size for member in members)
    if unfolded > most_bytes or unfolded > _MOST_UNFOLDING * max(size, _SMALLEST):
        raise FileFault("archive-bomb")
    return archive


def member(file: BinaryIO, layout: Layout) -> Callable[[], BinaryIO]:
    """How to open the one csv of the agreed name; its checksum is proved whenever it is read to the end."""
    archive = opened(file, layout.most_bytes)
    members = [one for one in archive.infolist() if not one.is_dir()]
    if len(members) != 1 or len(archive.infolist()) != 1:
        raise FileFault("D42", count=len(archive.infolist()))
    if members[0].filename != f"{layout.stem}.csv" or (members[0].external_attr >> 16) & 0o170000 == 0o120000:
        raise FileFault("archive-member")
    if members[0].file_size <= _KEPT_BYTES:
        content = _Member(archive, members[0], layout.most_bytes).read()
        return lambda: io.BytesIO(content)
    return lambda: _Member(archive, members[0], layout.most_bytes)


class _Member(io.RawIOBase):
    """A member's bytes; whatever goes wrong in unfolding them means that the archive is damaged."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, most_bytes: int) -> None:
        try:
            self._file, self._left = archive.open(member), most_bytes
        except Exception:
            raise FileFault("D41") from None

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes. Raises FileFault."""
        try:
            content = self._file.read(self._left + 1 if size < 0 else size)
        except Exception:
            raise FileFault("D41") from None
        self._left -= len(content)
        if self._left < 0:
            raise FileFault("archive-bomb")
        return content
