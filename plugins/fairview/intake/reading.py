"""Has a delivery's files read in a child process and takes its answers: texts by column, counts, or a fault.

The child gets open descriptors and a plan of plain values: no path, key or environment. It is held to limits of memory
and time, and one that dies costs only the file it was reading.
"""

from __future__ import annotations

import json
import mmap
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from fairview.contracts.feed import FeedContract

# Bounds of one reading child. Ten times what the full council's largest delivery needs.
MOST_FILE_BYTES = 2 << 30
MOST_MEMORY = 8 << 30
MOST_SECONDS = 900


@dataclass
class Reading:
    """One file as the child read it: `table` of texts (loaded columns, `row_number`), or `fault`."""

    table: pa.Table | None
    fault: dict[str, Any] | None
    facts: dict[str, Any] = field(default_factory=dict)
    sha256: str | None = None


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


def read_all(files: list[tuple[int, dict[str, Any]]], work: Path | None) -> list[Reading]:
    """Read files given as (descriptor, layout), in order, all in one child; a new child carries on after a death."""
    readings: list[Reading | None] = [None] * len(files)
    with ExitStack() as open_files:
        # Unlinked from birth: no name on disk, gone with the descriptor.
        targets = [open_files.enter_context(tempfile.TemporaryFile(dir=work)) for _ in files]
        while waiting := [index for index, reading in enumerate(readings) if reading is None]:
            for answer in _one_child(files, targets, waiting):
                readings[answer["index"]] = _taken(answer, targets[answer["index"]])
            unanswered = [index for index in waiting if readings[index] is None]
            if unanswered:
                readings[unanswered[0]] = Reading(None, {"rule": "unreadable", "kind": "stopped"})
    return [reading for reading in readings if reading is not None]


def _one_child(files, targets, waiting: list[int]) -> list[dict[str, Any]]:
    jobs = [
        {"index": index, "source": files[index][0], "target": targets[index].fileno(), "layout": files[index][1]}
        for index in waiting
    ]
    plan = json.dumps({"memory": MOST_MEMORY, "seconds": MOST_SECONDS, "jobs": jobs})
    descriptors = [job["source"] for job in jobs] + [job["target"] for job in jobs]
    for index in waiting:
        os.lseek(files[index][0], 0, os.SEEK_SET)
    child = subprocess.Popen(
        [sys.executable, "-I", "-m", "fairview.intake.reader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a library's complaint may quote what it read
        pass_fds=descriptors,
        env={"LANG": "C.UTF-8", "PATH": os.defpath},
        cwd="/",
        text=True,
    )
    try:
        out, _ = child.communicate(plan, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        out, _ = child.communicate()
    return [json.loads(line) for line in out.splitlines() if line.endswith("}")]


def _taken(answer: dict[str, Any], target) -> Reading:
    if "trouble" in answer:
        raise OSError(answer["trouble"], os.strerror(answer["trouble"]))
    reading = Reading(None, answer.get("fault"), answer["facts"], answer.get("sha256"))
    if reading.fault is None:
        size = os.fstat(target.fileno()).st_size
        # The mapping keeps the unlinked file alive for as long as the table does, and no longer.
        mapped = mmap.mmap(target.fileno(), size, access=mmap.ACCESS_READ)
        reading.table = pa.ipc.open_stream(pa.py_buffer(mapped)).read_all()
    return reading
