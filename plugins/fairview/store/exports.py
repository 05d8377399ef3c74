"""Exports the system made: noted when they are made, destroyed or named when what they were made from is overwritten.

Knows: that an export is a copy of a generation outside its folder. One inside the state folder is destroyed with the
generation; one an officer wrote elsewhere is theirs, and is not deleted behind their back: `fairview prove overwrite` finds
it. The register lies with the service, open to that service only; it holds paths and hashes, no row.
Refuses to know: what is in an export.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairview.store import generations
from fairview.store.places import Places


@dataclass(frozen=True)
class Export:
    """One export: from which generation, where it was written, and the hash of what was written."""

    service: str
    generation: str
    path: Path
    sha256: str

    @property
    def is_there(self) -> bool:
        """Whether the very file that was written is still there."""
        try:
            return self.path.is_file() and generations.file_hash(self.path) == self.sha256
        except OSError:
            return False


def note(places: Places, service: str, generation: str, path: Path) -> bool:
    """Note an export. False where the register cannot be written: then whoever made it alone knows of it."""
    line = {"generation": generation, "path": str(path.resolve()), "sha256": generations.file_hash(path)}
    try:
        with _register(places, service).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError:
        return False
    return True


def noted(places: Places, service: str) -> Iterator[Export]:
    """Every export noted and not yet destroyed."""
    register = _register(places, service)
    for line in register.read_text(encoding="utf-8").splitlines() if register.exists() else ():
        found = json.loads(line)
        yield Export(service, found["generation"], Path(found["path"]), found["sha256"])


def destroy(places: Places, service: str) -> int:
    """Destroy exports in the state folder that were made from what is not current any more. Returns how many."""
    current = generations.current(places, service)
    destroyed, kept = 0, []
    for one in noted(places, service):
        if current is not None and one.generation == current.name:
            kept.append(one)
        elif one.path.is_relative_to(places.root):
            destroyed += one.path.is_file()
            one.path.unlink(missing_ok=True)
        elif one.is_there:
            kept.append(one)
    register = _register(places, service)
    if register.exists():
        draft = register.with_name(f".{register.name}.draft")
        lines = [{"generation": one.generation, "path": str(one.path), "sha256": one.sha256} for one in kept]
        draft.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        draft.replace(register)
    return destroyed


def _register(places: Places, service: str) -> Path:
    return places.zone(service) / "exports.jsonl"
