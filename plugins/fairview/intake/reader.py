"""The processes that alone parse suppliers' files: one that waits and forks, one child per delivery that reads.

Started as `python -m fairview.intake.reader` with a socket as standard input. The waiting process loads what reading
needs once, touches no file and knows no key, path or database; for each delivery it forks a child, which limits itself
and answers one job after another: a descriptor to read from, one to write batches of text to, and a line of JSON facts.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import math
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from fairview.intake import forms

_CHUNK = 1 << 20


def limit(memory: int, seconds: float) -> None:
    """Bound memory, processor time, wall time and core files; a file that needs more is refused, not indulged."""
    for name, most in (("RLIMIT_AS", memory), ("RLIMIT_CPU", max(1, math.ceil(seconds))), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):  # some systems cannot bound address space; the others still hold
            continue
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def answer(job: dict[str, Any], source: int, target: int) -> dict[str, Any]:
    """Do one job: write a file's batches (`rows`: of these row numbers only) to `target`; return facts or a fault."""
    import pyarrow as pa

    facts, began = forms.Facts(), time.process_time()
    told: dict[str, Any] = {}
    try:
        with os.fdopen(source, "rb", buffering=0) as file, _blaming_us(told), os.fdopen(target, "wb") as pipe:
            layout = forms.Layout.from_plain(job["layout"])
            before = _state(file)
            told["sha256"] = _hash(file, layout.most_bytes)
            schema, batches = forms.stream(file, layout, facts)
            with pa.ipc.new_stream(pipe, schema) as stream:
                for batch in _only(batches, job["rows"]):
                    stream.write_batch(batch.replace_schema_metadata(schema.metadata))
                if _state(file) != before:
                    raise forms.FileFault("still-growing")
    except forms.FileFault as fault:
        told["fault"] = {"rule": fault.rule, **fault.facts}
    except MemoryError:
        told["fault"] = {"rule": "too-large"}
    except Exception as error:
        told["fault"] = {"rule": "unreadable", "kind": type(error).__name__}
    told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told["facts"], told["seconds"] = asdict(facts), time.process_time() - began
    return told


@contextmanager
def _blaming_us(told: dict[str, Any]) -> Iterator[None]:
    """What goes wrong between the file, once taken in, and our own pipe says nothing about the supplier."""
    try:
        yield
    except OSError as error:
        told["trouble"] = error.errno or errno.EIO


def _state(file) -> tuple[int, int]:
    state = os.fstat(file.fileno())
    return state.st_size, state.st_mtime_ns


def _hash(file, most_bytes: int) -> str:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > most_bytes:
            raise forms.FileFault("too-large")
    return digest.hexdigest()


def _only(batches, rows: list[int] | None) -> Iterator:
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = None if rows is None else pa.array(rows, pa.int64())
    for batch in batches:
        yield batch if wanted is None else batch.filter(pc.is_in(batch["row_number"], wanted))


def _serve(parent: socket.socket) -> None:
    """One delivery: limits first, then its files, until the parent hangs up."""
    plan, _ = receive(parent)
    if plan is None:
        return
    limit(plan["memory"], plan["seconds"])
    while True:
        job, descriptors = receive(parent)
        if job is None:
            return
        send(parent, answer(job, *descriptors))


def send(peer: socket.socket, message: dict[str, Any], descriptors: list[int] | None = None) -> None:
    """Send one message of plain values, with descriptors."""
    data = json.dumps(message).encode()
    socket.send_fds(peer, [len(data).to_bytes(8, "big")], descriptors or [])
    peer.sendall(data)


def receive(peer: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """The next message and its descriptors; None when the peer has hung up."""
    head, descriptors, _, _ = socket.recv_fds(peer, 8, 2)
    data = head + _exactly(peer, 8 - len(head)) if head else b""
    if len(data) < 8:
        return None, descriptors
    size = int.from_bytes(data, "big")
    data = _exactly(peer, size)
    return (json.loads(data) if len(data) == size else None), descriptors


def _exactly(peer: socket.socket, size: int) -> bytes:
    parts = []
    while size and (part := peer.recv(min(size, _CHUNK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Without:
    """Says of one package that it is not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, path=None, target=None) -> None:
        """Nothing is found here; the package left out is found nowhere."""
        if name == self._package:
            raise ModuleNotFoundError(name, name=name)


def main() -> None:
    """Wait for deliveries; fork a child for each; end with the parent."""
    sys.meta_path.insert(0, _Without("pandas"))  # pyarrow would load it in every child, for nothing
    import numpy
    import pyarrow.csv
    import python_calamine

    assert numpy and pyarrow.csv and python_calamine
    gc.freeze()
    parent = socket.socket(fileno=0)
    while True:
        _bury(os.WNOHANG)
        plan, descriptors = receive(parent)
        if plan is None:
            _bury(0)
            return
        child = os.fork()
        if child == 0:
            parent.close()
            with socket.socket(fileno=descriptors[0]) as peer:
                _serve(peer)
            os._exit(0)
        os.close(descriptors[0])
        send(parent, {"child": child})


def _bury(how: int) -> None:
    """Take note of children that have ended, so that their processor time is counted."""
    try:
        while os.waitpid(-1, how)[0]:
            pass
    except ChildProcessError:
        return


if __name__ == "__main__":
    main()
