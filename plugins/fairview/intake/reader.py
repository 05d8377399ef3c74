"""The child process that alone parses suppliers' files: limits on itself first, then one file after another.

Started as `python -m fairview.intake.reader` with a plan on standard input: for each file an open descriptor to read
from and one to write to. Writes an Arrow stream of texts per file and one line of JSON facts on standard output.
Knows no key, no path and no database; its parent gives it none.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any


def _limit(plan: dict[str, Any]) -> None:
    """Bound memory, processor time and open files; a file that needs more is refused, not indulged."""
    for name, most in (("RLIMIT_AS", plan["memory"]), ("RLIMIT_CPU", plan["seconds"]), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):  # some systems cannot bound address space; the others still hold
            continue


def _read_one(job: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa

    from fairview.intake import forms

    facts = forms.Facts()
    answer: dict[str, Any] = {"index": job["index"]}
    try:
        with os.fdopen(job["source"], "rb") as file:
            data = file.read(job["layout"]["most_bytes"] + 1)
        answer["sha256"] = hashlib.sha256(data).hexdigest()
        if len(data) > job["layout"]["most_bytes"]:
            raise forms.FileFault("too-large")
        table = forms.read(data, forms.Layout.from_plain(job["layout"]), facts)
        del data
        try:
            with os.fdopen(job["target"], "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
                stream.write_table(table, max_chunksize=1 << 17)
        except OSError as error:  # our own disk, which says nothing about the supplier's file
            answer["trouble"] = error.errno or errno.EIO
    except forms.FileFault as fault:
        answer["fault"] = {"rule": fault.rule, **fault.facts}
    except MemoryError:
        answer["fault"] = {"rule": "too-large"}
    except Exception as error:
        answer["fault"] = {"rule": "unreadable", "kind": type(error).__name__}
    answer["facts"] = asdict(facts)
    return answer


def main() -> None:
    """Read the plan, limit this process, answer per file."""
    plan = json.load(sys.stdin)
    _limit(plan)
    for job in plan["jobs"]:
        sys.stdout.write(json.dumps(_read_one(job)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
