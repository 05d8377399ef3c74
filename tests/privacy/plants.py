"""Leaks, planted: one identifier of its own for every artefact class and every way of writing one."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import itertools
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import never_null
from fairview.intake import tables
from fairview.proof import artefacts
from fairview.store import generations, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

TRANSFORMS: dict[str, tuple[Callable[[str], str], str]] = {
    "as is": (lambda text: text, "plain"),
    "upper case": (str.upper, "plain"),
    "lower case": (str.lower, "plain"),
    "without blanks": (lambda text: text.replace(" ", ""), "plain"),
    "hyphenated": (lambda text: text.replace(" ", "-") if " " in text else "-".join(grouped(text)), "plain"),
    "reversed": (lambda text: text[::-1], "reversed"),
    "base64": (lambda text: base64.b64encode(text.encode()).decode(), "base64 plain"),
    "hex": (lambda text: text.encode().hex(), "hex plain"),
    "URL": (lambda text: "".join(f"%{byte:02X}" for byte in text.encode()), "URL plain"),
    "md5": (lambda text: hashlib.md5(text.encode()).hexdigest(), "unkeyed md5"),
    "sha1": (lambda text: hashlib.sha1(text.upper().encode()).hexdigest(), "unkeyed sha1"),
    "sha256": (lambda text: hashlib.sha256(text.encode()).hexdigest(), "unkeyed sha256"),
    "cut hash": (lambda text: hashlib.sha256(text.lower().encode()).hexdigest()[:16], "unkeyed sha256"),
    "hash cut to 12": (lambda text: hashlib.md5(text.lower().encode()).hexdigest()[:12], "unkeyed md5"),
}
# Only what lies sealed by right, and what would stop the vault from opening, cannot be planted in a whole state.
NOT_PLANTED = {
    "delivery as sent": "exempt: the supplier's",
    "key": "exempt: the key holder's",
    "vault write-ahead log": "a forged one would stop the vault from opening; read like the marts' own",
}
_LETTERS = "bcdfghjklmnprstvwz"


def grouped(text: str) -> list[str]:
    """A number as people write it: in groups of two when it has letters, of four when it has none."""
    size = 4 if text.isdigit() else 2
    return [text[start : start + size] for start in range(0, len(text), size)]


@dataclass(frozen=True)
class Resident:
    """One invented resident, and the row of the feed that tells of them. Nobody's name: letters without sense."""

    row: int

    @property
    def forename(self) -> str:
        return self._word(1).capitalize()

    @property
    def surname(self) -> str:
        return self._word(2).capitalize() + "ov"

    def _word(self, salt: int) -> str:
        number = int.from_bytes(hashlib.sha256(f"{self.row}/{salt}".encode()).digest()[:6])
        return "".join(_LETTERS[number // len(_LETTERS) ** n % len(_LETTERS)] + "aeiou"[n] for n in range(4))

    @property
    def values(self) -> dict[str, str]:
        """Kind of identifier → how the feed writes it. The prefix ZZ and the exchange 01632 960 are given to nobody."""
        day = date(1950, 1, 1) + timedelta(self.row * 17)
        return {
            "full name": f"{self.forename} {self.surname}",
            "national insurance number": f"ZZ{self.row * 977 + 100000}C",
            "phone": f"01632 {960000 + self.row}",
            "UPRN": str(999900000000 + self.row * 7919),
            "address": f"{self.row} {self._word(3).capitalize()} Crescent",
            "reference number": f"HC{self.row * 991 + 1000000}",
            "birth date and postcode": f"{day.isoformat()} {self.postcode}",
            "postcode": self.postcode,
        }

    @property
    def postcode(self) -> str:
        return f"RX{self.row % 89 + 10} {self.row // 89}{_LETTERS[self.row % 18].upper()}X"


@dataclass(frozen=True)
class Plant:
    """An identifier of one resident, written in one way, to be left in one artefact class."""

    artefact: str
    transform: str
    kind: str
    resident: Resident

    @property
    def text(self) -> str:
        return TRANSFORMS[self.transform][0](self.resident.values[self.kind])

    @property
    def form(self) -> str:
        return TRANSFORMS[self.transform][1]


def plants() -> list[Plant]:
    """Every class with every transform; kinds take turns so that over the classes each meets each transform."""
    classes = list(dict.fromkeys(rule.artefact for rule in artefacts.RULES if rule.artefact not in NOT_PLANTED))
    kinds = list(Resident(1).values)
    found = []
    for (n, artefact), (m, transform) in itertools.product(enumerate(classes), enumerate(TRANSFORMS)):
        # In the git tree invented numbers belong; names, addresses and birth dates do not.
        usable = ["full name", "address", "birth date and postcode"] if artefact == "git tree" else kinds
        found.append(Plant(artefact, transform, usable[(n + m) % len(usable)], Resident(len(found) + 1)))
    return found


def vault(places: Places, keyring: Keyring, catalogue: Catalogue, residents: int) -> None:
    """A vault that holds the residents as rows of one feed."""
    columns = (
        "case_ref, forename, surname, dob, nino, phone, last_addr1, last_postcode, last_uprn, record_key, row_number"
    )
    with opening.vault(places, keyring) as con:
        tables.ensure(con, catalogue)
        for column in never_null(catalogue.feed("homelessness_cases")):  # these rows hold identifiers and nothing else
            con.execute(f'ALTER TABLE staged.homelessness_cases ALTER COLUMN "{column}" DROP NOT NULL')
        rows = []
        for one in map(Resident, range(1, residents + 1)):
            held = one.values
            day = held["birth date and postcode"].split()[0]
            rows.append(
                [held["reference number"], one.forename, one.surname, day, held["national insurance number"], held["phone"],
                 held["address"], one.postcode, held["UPRN"], held["reference number"], one.row]
            )  # fmt: skip
        con.executemany(f"INSERT INTO staged.homelessness_cases ({columns}) VALUES ({', '.join('?' * 11)})", rows)


def generation(places: Places, keyring: Keyring, zone: str, cells: dict[str, str]) -> generations.Generation:
    """A published generation with one table, a column for each cell."""
    candidate = generations.begin(places, keyring, zone)
    con = opening.connect(places)
    try:
        opening.attach(con, candidate.database, "built", candidate.data_key(keyring.zone_key(zone)))
        chosen = cells or {"label": "nothing to see"}
        names = ", ".join(f"? AS {name}" for name in chosen)
        con.execute(f"CREATE TABLE built.main.held AS SELECT {names}", list(chosen.values()))
        con.execute("CHECKPOINT built")
    finally:
        con.close()
    generations.seal(candidate, {"as_at": "2026-10-31", "rows": {"held": 1}})
    generations.switch(places, candidate)
    return candidate


def house(folder: Path, catalogue: Catalogue) -> Catalogue:
    """The real declarations in an almost empty house, so that its git tree is small."""
    folder.mkdir()
    (folder / "README.md").write_text("Fairview: a house with nothing in it.\n", encoding="utf-8")
    return replace(catalogue, house=folder)


def plant(places: Places, keyring: Keyring, catalogue: Catalogue, extra: Path, planted: list[Plant]) -> None:
    """Leave every plant in its artefact class."""
    by_class: dict[str, list[str]] = {}
    for one in planted:
        by_class.setdefault(one.artefact, []).append(one.text)
    state = places.root
    folder = generation(places, keyring, "warehouse", _columns(by_class["warehouse"])).path
    generation(places, keyring, "informed_debt", _columns(by_class["mart"]))
    _bytes(places.vault, by_class["vault"], append=True)
    _bytes(state / "vault.next.duckdb", by_class["vault draft"])
    backup = state / "backups/fairview-20261031-01m8brzq91rrewtd8yv3e6safg"
    _bytes(backup / "landing/housing" / f"{'0b' * 32}.enc", by_class["backup"])
    _json(backup / "backup.json", by_class["backup list"])
    _lines(state / "exports/.list.csv.17.draft", by_class["export draft"])
    _bytes(state / "landing/housing" / f"{'0a' * 32}.enc", by_class["landing copy"])
    _bytes(state / "landing/housing/.00ff.draft", by_class["landing draft"])
    _lines(state / "reports/housing/sent.html", [f"<p>{html.escape(text)}</p>" for text in by_class["supplier report"]])
    _bytes(folder / "warehouse.duckdb.wal", by_class["mart write-ahead log"])
    _bytes(folder / ".dek.wrapped.draft", by_class["data key"])
    _json(folder / "manifest.json", by_class["manifest"])
    _json(folder / "verdict.json", by_class["verdict"])
    _json(folder / "decision.json", by_class["decision"])
    _lines(
        state / "services/informed_debt/exports.jsonl",
        [json.dumps({"to": text}) for text in by_class["export register"]],
    )
    _lines(state / "review/index.html", [f"<p>{html.escape(text)}</p>" for text in by_class["review queue"]])
    _lines(state / "charts/link-0a1b.html", [f"<p>{html.escape(text)}</p>" for text in by_class["link chart"]])
    for n, text in enumerate(by_class["generation link"]):
        (state / f"warehouse/.current-{n}").symlink_to(text)
    _lines(state / "ledger/ledger.jsonl", [json.dumps({"note": text}) for text in by_class["ledger"]])
    _lines(state / "public/record.html", [f"<p>{html.escape(text)}</p>" for text in by_class["public record"]])
    _lines(state / "gate/informed_debt/held.html", [_tagged(text) for text in by_class["gate data docs"]])
    _bytes(state / "reidentified/informed_debt-01.sealed", by_class["revealed identity"])
    _bytes(state / "work/scratch/spill-1/duckdb_temp_storage-0.tmp", by_class["spill"])
    _lines(state / "work/locks/vault.lock", by_class["lock"])
    _lines(state / "work/scratch/draft-1/record.md", by_class["draft"])
    _bytes(state / "work/partial_parse.msgpack", by_class["dbt parse cache"])
    _lines(state / "work/scratch/dbt-1/target/run/model.sql", [f"select '{text}'" for text in by_class["dbt target"]])
    _json(state / "docs/manifest.json", by_class["dbt docs"])
    _csv(state / "exports/list.csv", by_class["export"])
    _database(state / "airflow/airflow.db", by_class["airflow metadata"])
    log = state / "airflow/logs/dag_id=people/run_id=1/task_id=link/attempt=1.log"
    _lines(log, [json.dumps({"event": text}) for text in by_class["airflow task log"]])
    _lines(state / "airflow/console/scheduler.log", by_class["airflow process log"])
    _lines(state / "airflow/airflow.cfg", by_class["airflow settings"])
    _lines(catalogue.house / "notes.md", by_class["git tree"])
    _lines(catalogue.house / "dbt_project/logs/dbt.log", by_class["dbt leftover"])
    _lines(extra / "letter.txt", by_class["given folder"])


def _columns(texts: list[str]) -> dict[str, str]:
    return {f"column_{n}": text for n, text in enumerate(texts)}


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _lines(path: Path, lines: list[str]) -> None:
    _made(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _json(path: Path, texts: list[str]) -> None:
    _made(path).write_text(json.dumps({f"note_{n}": text for n, text in enumerate(texts)}, indent=1), encoding="utf-8")


def _tagged(text: str) -> str:
    first, _, rest = text.partition(" ")
    return f"<td>{first}</td> <td>{rest}</td>" if rest else f"<td>{first}</td>"


def _bytes(path: Path, texts: list[str], append: bool = False) -> None:
    """Plain texts between bytes that are none."""
    noise = bytes(range(128, 160)) * 4
    content = noise + noise.join(text.encode() for text in texts) + noise
    with _made(path).open("ab" if append else "wb") as file:
        file.write(content)


def _csv(path: Path, texts: list[str]) -> None:
    with _made(path).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[n, text] for n, text in enumerate(texts)])


def _database(path: Path, texts: list[str]) -> None:
    with closing(sqlite3.connect(_made(path))) as con:
        con.execute("CREATE TABLE xcom (key TEXT, value BLOB, note TEXT)")
        con.executemany(
            "INSERT INTO xcom VALUES (?, ?, ?)", [(str(n), json.dumps(t).encode(), t) for n, t in enumerate(texts)]
        )
        con.commit()
