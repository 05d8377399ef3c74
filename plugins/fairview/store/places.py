"""Where everything lies under one state folder, and where the keys lie outside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WAREHOUSE = "warehouse"


@dataclass(frozen=True)
class Places:
    """Paths of one state. `root` is the state folder; `keys` lies outside it, so that a copy of one is not both."""

    root: Path
    keys: Path

    @property
    def vault(self) -> Path:
        return self.root / "vault.duckdb"

    @property
    def next_vault(self) -> Path:
        """The vault under its next key, while the key is rotated; encrypted like the vault."""
        return self.root / "vault.next.duckdb"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    @property
    def public(self) -> Path:
        return self.root / "public"

    @property
    def gate(self) -> Path:
        return self.root / "gate"

    @property
    def work(self) -> Path:
        """Scratch: spill, locks, dbt target. Nothing in it outlives a run's need of it."""
        return self.root / "work"

    def landing(self, source: str) -> Path:
        return self.root / "landing" / source

    def reports(self, source: str) -> Path:
        """What is sent back to a supplier, a page and a table per delivery: no value in them, fit for anyone to read."""
        return self.root / "reports" / source

    def zone(self, zone: str) -> Path:
        """Folder of a zone: `warehouse`, or a service's name."""
        return self.root / WAREHOUSE if zone == WAREHOUSE else self.root / "services" / zone


def places(state: Path | str, keys: Path | str | None = None) -> Places:
    """The paths of a state folder, made with mode 0700 where missing; keys default to `<state>.keys` beside it."""
    root = Path(state).resolve()
    found = Places(root, Path(keys).resolve() if keys else root.with_name(root.name + ".keys"))
    for folder in (found.root, found.work, found.ledger, found.public, found.gate):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found
