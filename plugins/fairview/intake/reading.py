"""Has a delivery's files read in a child process and takes its answers: texts by column, counts, or a fault.

The child gets open descriptors and a plan of plain values: no path, key or environment. It is held to limits of memory
and time, and one that dies costs only the file it was reading. What it reads comes through a pipe, batch by batch, and is
never written down in between: neither process ever holds a whole file.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from fairview.contracts.feed import FeedContract
from fairview.errors import StoreError
from fairview.intake import reader

# Bounds of one reading child. A text file of any size is read in a few hundred mebibytes; a spreadsheet or the digests of
# rows discarded unread take more. Ten times what the full council's largest delivery needs.
MOST_FILE_BYTES = 2 << 30
MOST_MEMORY = 4 << 30
MOST_SECONDS = 900
# What may lie between child and parent: as much as Linux lets a pipe hold.
_PIPE = 1 << 20


def layout(contract: FeedContract, file: str, extract_date: date) -> dict[str, Any]:
    """A contract as the plain values the reader works by."""
    facts = contract.facts
    columns = contract.columns
    coded = {rule["column"]: contract.column(rule["column"]) for rule in contract.row_rules}
    return {
        "feed": contract.feed,
        "format": contract.format,
        "encoding": facts["encoding"],
        "line_ending": facts.get("lineEnding", "LF"),
        "delimiter": facts.get("delimiter", ","),
        "date_format": facts["dateFormat"],
        "trailer": facts["trailer"],
        "names": [column.name for column in columns],
        "headers": [column.header for column in columns],
        "kinds": [column.kind for column in columns],
        "loaded": [column.is_loaded for column in columns],
        "widths": [int(column.facts.get("width", 0)) for column in columns],
        "row_rules": [dict(rule) for rule in contract.row_rules],
        "rule_codes": {name: list(column.codes or ()) for name, column in coded.items()},
        "refuse_unknown": {
            name: column.unknown_code["rule"]
            for name, column in coded.items()
            if column.unknown_code and column.unknown_code["outcome"] == "reject_file"
        },
        "control_type": facts["controlTotal"]["type"],
        "control_column": facts["controlTotal"].get("column"),
        "sheet": facts.get("sheet"),
        "record": facts.get("record"),
        "stem": Path(file).stem,
        "extract_day": extract_date.strftime("%Y%m%d"),
        "most_bytes": MOST_FILE_BYTES,
    }


@dataclass
class Reading:
    """One file as the child reads it. Ask for `batches` first; once they are taken, `fault` or `facts` are told.

    `seconds`: processor time the child used on the file; `peak`: its memory until then in KiB.
    """

    session: Session
    descriptor: int
    layout: dict[str, Any]
    fault: dict[str, Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    sha256: str | None = None
    is_padded: bool = True
    seconds: float = 0.0
    peak: int = 0
    trouble: int = 0

    @contextmanager
    def batches(self):
        """The loaded columns as texts and `row_number`, as a stream to be taken once; None where none came."""
        with self.session.asked(self, None) as stream:
            if stream is not None:
                self.is_padded = (stream.schema.metadata or {}).get(b"padded") != b"no"
            yield stream
        if self.trouble:
            raise OSError(self.trouble, os.strerror(self.trouble))

    def texts(self, rows: Sequence[int]) -> pa.Table:
        """The loaded columns of some rows, read again. Raises StoreError where the file can no longer be read."""
        with self.session.asked(self, list(rows)) as stream:
            table = stream.read_all() if stream is not None else None
        if table is None or self.fault or table.num_rows != len(rows):
            raise StoreError("a file changed, or its reading was stopped, while rows of it were read again")
        return table

    @property
    def schema(self) -> pa.Schema:
        """What the child must send: anything else is none of it."""
        loaded = [
            name for name, is_loaded in zip(self.layout["names"], self.layout["loaded"], strict=True) if is_loaded
        ]
        return pa.schema([*((name, pa.string()) for name in loaded), ("row_number", pa.int64())])


def _sound(stream):
    """The batches of a stream as far as they come; what is cut off is told by the facts that do not follow it."""
    with suppress(pa.ArrowInvalid, OSError):
        for batch in stream:
            batch.validate(full=True)  # lengths and places that a broken child made up must not be followed
            yield batch


class Session:
    """A reading child for the files of one delivery; a new one carries on after a death."""

    def __init__(self) -> None:
        self._peer: socket.socket | None = None
        self._child = 0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def reading(self, descriptor: int, layout: dict[str, Any]) -> Reading:
        """A file to be read, given as an open descriptor and the plain values of its contract."""
        return Reading(self, descriptor, layout)

    def close(self) -> None:
        """Let the child go."""
        if self._peer is not None:
            self._peer.close()
        self._peer = None

    @contextmanager
    def asked(self, reading: Reading, rows: list[int] | None):
        """Ask for a file's batches, give the stream of them, and take the facts that follow."""
        receiving, sending = os.pipe()
        pipe = os.fdopen(receiving, "rb", buffering=_PIPE)
        with suppress(AttributeError, OSError):
            fcntl.fcntl(receiving, fcntl.F_SETPIPE_SZ, _PIPE)
        told = None
        watch = threading.Timer(MOST_SECONDS, self._kill)
        try:
            try:
                peer = self._started()
                watch.start()
                reader.send(peer, {"layout": reading.layout, "rows": rows}, [reading.descriptor, sending])
            except OSError:
                self.close()
            finally:
                os.close(sending)
            with suppress(pa.ArrowInvalid, OSError):
                stream = pa.ipc.open_stream(pa.PythonFile(pipe, mode="r"))
                if stream.schema.equals(reading.schema):
                    told = pa.RecordBatchReader.from_batches(stream.schema, _sound(stream))
            yield told
        finally:
            pipe.close()
            self._finish(reading, rows is None)
            watch.cancel()

    def _finish(self, reading: Reading, is_whole: bool) -> None:
        told = None
        if self._peer is not None:
            with suppress(OSError, ValueError):
                told, _ = reader.receive(self._peer)
        if told is None:
            self.close()
            told = {"fault": {"rule": "unreadable", "kind": "stopped"}, "facts": {}}
        reading.seconds += told.get("seconds", 0.0)
        reading.peak, reading.trouble = told.get("peak", 0), told.get("trouble", 0)
        if is_whole:
            reading.fault, reading.facts, reading.sha256 = told.get("fault"), told["facts"], told.get("sha256")
        elif told.get("sha256") != reading.sha256:
            reading.fault = {"rule": "still-growing"}

    def _started(self) -> socket.socket:
        if self._peer is None:
            self._peer, self._child = _waiting.fork()
            reader.send(self._peer, {"memory": MOST_MEMORY, "seconds": MOST_SECONDS})
        return self._peer

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)


class _Waiting:
    """The process that has loaded what reading needs and forks a child for each delivery: started once, when first asked.

    It never sees a file itself, so what a file does to a child ends with that child.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._peer: socket.socket | None = None
        self._owner, self._lock = 0, threading.Lock()

    def fork(self) -> tuple[socket.socket, int]:
        """A socket to a new child, and its number. Raises OSError."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            for attempt in (1, 2):
                try:
                    peer = self._started()
                    reader.send(peer, {}, [theirs.fileno()])
                    told, _ = reader.receive(peer)
                    if told is None:
                        raise OSError("the reading process is gone")
                    return ours, told["child"]
                except OSError:
                    self.stop()
                    if attempt == 2:
                        raise
        raise AssertionError

    def _started(self) -> socket.socket:
        if self._peer is None or self._owner != os.getpid():  # a fork of this process has none of its own
            self._peer, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-m", "fairview.intake.reader"],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # a library's complaint may quote what it read
                    env={"LANG": "C.UTF-8", "PATH": os.defpath},
                    cwd="/",
                )
            self._owner = os.getpid()
        return self._peer

    def stop(self) -> None:
        """End it and its children; another is started when next needed."""
        if self._peer is not None:
            self._peer.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.wait()
        self._peer = self._process = None


_waiting = _Waiting()
stop = _waiting.stop
atexit.register(stop)
