"""Every place a run may leave bytes, and how each is read. A path no rule speaks of is a finding, never skipped.

Knows the artefact classes, one rule each, and lists the files that exist. Refuses to know what is looked for in them.
A new kind of output needs a rule here, or both proofs fail on it as an unknown artefact.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.store.places import Places

# How a class of files is read (`reading`): ciphertext as bytes only; a generation's database by value, with its key, and
# as bytes; and so on. `vault` and `exempt` say what is outside the promise, and why.
SEALED, MART, SQLITE, TEXT, DOCUMENT, TABLE, NAME_ONLY, EXEMPT = (
    "sealed", "mart", "sqlite", "text", "document", "table", "name only", "exempt",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One artefact class: paths (a regular expression over the path from its root), how they are read, and what it is.

    `is_ours`: the words in it are the house's own, so that even a rare surname among them is a finding.
    """

    artefact: str
    root: str
    pattern: str
    reading: str
    about: str
    is_ours: bool = False


@dataclass(frozen=True)
class Artefact:
    """A file of a class, at `path`; `name` is its path from the root of its class, fit to be shown."""

    rule: Rule
    path: Path
    name: str


# A folder of `fairview backup`, or its draft when it was cut off; wherever somebody keeps it.
_OF_A_BACKUP = r"\.?fairview-[0-9]{8}-[0-9a-z]{26}(\.draft)?/"
_SEALED_IN_BACKUP = _OF_A_BACKUP + r"(vault\.duckdb|landing/[^/]+/[^/]+)"
_LISTED_IN_BACKUP = _OF_A_BACKUP + r"(ledger/[^/]+|backup\.json)"
_BACKUP = "the vault and landed copies of a backup; ciphertext"
_GENERATION = r"(warehouse|services/[^/]+)/gen-[^/]+"

# Roots: `state` the state folder; `beside` what lies beside it under its name; `house` the repository; `extra` folders
# the caller names (exports, a shared drive).
RULES: tuple[Rule, ...] = (
    Rule("vault", "state", r"vault\.duckdb", SEALED, "the one room: its values are the feeds', its bytes must be ciphertext"),
    Rule("vault write-ahead log", "state", r"vault(\.next)?\.duckdb\.wal", SEALED, "left by a run that was killed; ciphertext"),
    Rule("vault draft", "state", r"vault\.next\.duckdb|\.vault\.restored", SEALED,
         "the vault under its next key, or as it is being put back; ciphertext"),
    Rule("landing copy", "state", r"landing/[^/]+/[0-9a-f]{64}\.enc", SEALED, "what suppliers sent, encrypted file by file"),
    Rule("landing draft", "state", r"landing/[^/]+/\.[0-9a-f]+\.draft", SEALED, "a landing copy cut off by a kill; ciphertext"),
    Rule("supplier report", "state", r"reports/[^/]+/[^/]+\.(html|csv)", DOCUMENT, "sent back to suppliers"),
    Rule("warehouse", "state", r"warehouse/gen-[^/]+/warehouse\.duckdb", MART, "pseudonymised tables, every generation", True),
    Rule("mart", "state", r"services/[^/]+/gen-[^/]+/mart\.duckdb", MART, "published and candidate marts", True),
    Rule("mart write-ahead log", "state", _GENERATION + r"/[^/]+\.wal", SEALED, "left by a build that was killed; ciphertext"),
    Rule("data key", "state", _GENERATION + r"/\.?dek\.wrapped(\.draft)?", SEALED, "a generation's wrapped data key"),
    Rule("manifest", "state", _GENERATION + r"/\.?manifest\.json(\.draft)?", DOCUMENT, "describes a generation", True),
    Rule("verdict", "state", _GENERATION + r"/\.?verdict\.json(\.draft)?", DOCUMENT, "the gate's judgement", True),
    Rule("decision", "state", _GENERATION + r"/\.?decision\.json(\.draft)?", DOCUMENT, "what a person decided about it", True),
    Rule("generation link", "state", r"(warehouse|services/[^/]+)/\.?current[^/]*", NAME_ONLY, "names the current generation"),
    Rule("ledger", "state", r"ledger/[^/]+\.jsonl", DOCUMENT, "deliveries, verdicts, publications", True),
    Rule("public record", "state", r"public/\.?[^/]+\.(html|json|md|txt|draft)", DOCUMENT, "open to everyone", True),
    Rule("gate data docs", "state", r"gate/.+\.(html|json|css|js|svg|png|woff2?|draft)", DOCUMENT, "what the gate asked and found"),
    Rule("review queue", "state", r"review/\.?index\.html(\.draft)?", DOCUMENT, "links to decide: feeds and levels, no values", True),
    Rule("link chart", "state", r"charts/\.?link-[0-9a-f]+\.html(\.draft)?", DOCUMENT, "weights of a pair, no values"),
    Rule("revealed identity", "state", r"reidentified/[^/]+\.sealed", SEALED, "sealed under the service's key"),
    Rule("lock", "state", r"work/(locks/\.?[^/]+\.(lock|fence|json)(\.draft)?|scratch\.lock|scratch/[^/]+/\.held)", TEXT,
         "who writes what since when, fencing tokens"),
    Rule("spill", "state", r"work/scratch/spill-[^/]+/.+", SEALED, "DuckDB's temporary files, encrypted"),
    Rule("dbt parse cache", "state", r"work/partial_parse\.msgpack", TEXT, "dbt's parsed project, without a row"),
    Rule("dbt target", "state", r"work/scratch/dbt-[^/]+/.+", DOCUMENT, "compiled SQL, run results and logs of a dbt run that was killed"),
    Rule("draft", "state", r"work/scratch/(draft|gate)-[^/]+/.+", DOCUMENT, "a page or record whose writer was killed", True),
    Rule("dbt docs", "state", r"docs/.+\.(html|json|css|js|svg|png)", DOCUMENT, "lineage and descriptions, to browse"),
    Rule("export register", "state", r"services/[^/]+/\.?exports\.jsonl(\.draft)?", DOCUMENT, "where exports were written, no row"),
    Rule("export", "state", r"exports?/.+\.(parquet|csv)", TABLE, "what officers wrote into the state folder", True),
    Rule("export draft", "state", r"exports?/(.+/)?\.[^/]+\.draft", TEXT, "an export cut off by a kill", True),
    Rule("backup", "state", r"backups?/" + _SEALED_IN_BACKUP, SEALED, _BACKUP),
    Rule("backup list", "state", r"backups?/" + _LISTED_IN_BACKUP, DOCUMENT, "a backup's ledger and hashes", True),
    Rule("airflow metadata", "state", r"airflow/airflow\.db(-wal|-shm|-journal)?", SQLITE, "XCom, rendered fields, run settings, log"),
    Rule("airflow task log", "state", r"airflow/logs/dag_id=.+", TEXT, "what tasks said"),
    Rule("airflow process log", "state", r"airflow/(logs/.+|console/[^/]+\.log|[^/]+\.(log|out|err))", TEXT, "what processes said"),
    Rule("airflow settings", "state", r"airflow/([^/]+\.(cfg|py|secret|json|pid|generated)|\.[^/]+)", TEXT, "settings of the embedded run"),
    Rule("delivery as sent", "beside", r"\.(inbox|demo[^/]*)/.+", EXEMPT, "the suppliers' files, not received yet or kept by the sender"),
    Rule("backup", "beside", r"\.backups?/" + _SEALED_IN_BACKUP, SEALED, _BACKUP),
    Rule("backup list", "beside", r"\.backups?/" + _LISTED_IN_BACKUP, DOCUMENT, "a backup's ledger and hashes", True),
    Rule("key", "beside", r"\.keys/.+", EXEMPT, "key files, mode 0600, outside the state; no record is in them"),
    Rule("git tree", "house", r".+", TEXT, "every tracked or untracked file of the house that git does not ignore"),
    Rule("dbt leftover", "leftover", r".+", DOCUMENT, "target and logs of a dbt run by hand in the house"),
    Rule("backup", "extra", r"(.+/)?" + _SEALED_IN_BACKUP, SEALED, _BACKUP),
    Rule("backup list", "extra", r"(.+/)?" + _LISTED_IN_BACKUP, DOCUMENT, "a backup's ledger and hashes", True),
    Rule("export", "extra", r".+\.(parquet|csv)", TABLE, "what was written for officers", True),
    Rule("given folder", "extra", r".+", DOCUMENT, "anything else in a folder named to the proof"),
)  # fmt: skip

_NOT_HOUSE = {
    ".git",
    ".venv",
    "node_modules",
    "__pycache__",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
}
_LEFTOVERS = ("dbt_project/target", "dbt_project/logs", "logs")


def inventory(
    places: Places, catalogue: Catalogue, extra_folders: Iterable[Path] = ()
) -> tuple[list[Artefact], list[str]]:
    """Every file with its rule, and the names of those no rule speaks of."""
    found: list[Artefact] = []
    unknown: list[str] = []
    for root, path, name in _files(places, catalogue, extra_folders):
        rule = rule_of(root, name)
        if rule is None:
            unknown.append(f"{root}: {name}")
        else:
            found.append(Artefact(rule, path, name))
    return found, unknown


def rule_of(root: str, name: str) -> Rule | None:
    """The first rule that speaks of a path, or None."""
    return next((rule for rule in RULES if rule.root == root and re.fullmatch(rule.pattern, name, re.DOTALL)), None)


def _files(places: Places, catalogue: Catalogue, extra_folders: Iterable[Path]) -> Iterator[tuple[str, Path, str]]:
    yield from (("state", path, path.relative_to(places.root).as_posix()) for path in _below(places.root))
    stem = places.root.name
    for sibling in sorted(places.root.parent.iterdir()):
        if sibling.name.startswith(f"{stem}.") and sibling != places.root:
            for path in _below(sibling) if sibling.is_dir() and not sibling.is_symlink() else (sibling,):
                yield "beside", path, path.relative_to(places.root.parent).as_posix().removeprefix(stem)
    states = {places.root, places.keys}
    for path in _house_files(catalogue.house):
        if not states & {path, *path.parents}:
            yield "house", path, path.relative_to(catalogue.house).as_posix()
    for folder in _LEFTOVERS:
        yield from (
            ("leftover", path, path.relative_to(catalogue.house).as_posix())
            for path in _below(catalogue.house / folder)
        )
    for folder in extra_folders:
        for path in _below(folder) if folder.is_dir() else (folder,):
            yield "extra", path, path.relative_to(folder.parent).as_posix()


def _below(folder: Path) -> Iterator[Path]:
    """Files, links and anything else that is no folder, in order; links are not followed."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
        else:
            yield path


def _house_files(house: Path) -> Iterator[Path]:
    """What git would track; where there is no git (an image, an archive), every file but caches and environments."""
    git = shutil.which("git")
    if git and (house / ".git").exists():
        command = [git, "-C", str(house), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, check=False)
        if listed.returncode == 0:
            paths = (
                house / name for name in sorted(listed.stdout.decode(errors="surrogateescape").split("\0")) if name
            )
            yield from (path for path in paths if path.is_file() and not path.is_symlink())
            return
    leftovers = {house / folder for folder in _LEFTOVERS}
    for path in _below(house):
        if not _NOT_HOUSE & set(path.relative_to(house).parts) and not leftovers & set(path.parents):
            yield path
