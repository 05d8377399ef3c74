"""Turns the bytes of one supplier's file into batches of texts and a few counted facts, or says why it cannot.

One reader per form, chosen by the contract: `separated` (pipe, csv, padded csv, and the csv in a zip), `fixed`, `sheet`.
Runs only in the reading child process: everything here touches untrusted bytes. Refuses to know types, other files, the
past and the vault; columns that are never loaded and rows a row rule discards are gone from what it returns.
Faults carry a rule, row numbers and columns of the contract: never a value, nor a header the contract does not know.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa

from fairview.intake.forms import archive, fixed, separated, sheet
from fairview.intake.forms.columns import amount, schema
from fairview.intake.forms.layout import Facts, FileFault, Layout
from fairview.intake.forms.text import survey

__all__ = ["Facts", "FileFault", "Layout", "amount", "read", "stream"]


def stream(file: BinaryIO, layout: Layout, facts: Facts) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """What every batch looks like, and the batches: loaded columns as text plus `row_number`. Both raise FileFault.

    `facts` are whole once the last batch was taken. A text file is never whole in memory.
    """
    if not file.seek(0, io.SEEK_END):
        raise FileFault("D05")
    if layout.format == "xlsx":
        return schema(layout), sheet.read(file, layout, facts)
    text = survey(archive.member(file, layout) if layout.format == "zipcsv" else _from_start(file), layout, facts)
    if layout.format == "fixed":
        return schema(layout), fixed.read(text, layout, facts)
    return schema(layout, separated.is_padded(text, layout)), separated.read(text, layout, facts)


def read(data: bytes, layout: Layout, facts: Facts) -> pa.Table:
    """All of a small file at once. Raises FileFault."""
    found, batches = stream(io.BytesIO(data), layout, facts)
    return pa.Table.from_batches(list(batches), pa.schema(list(found)))


def _from_start(file: BinaryIO) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        file.seek(0)
        return file

    return opened
