"""Re-identification: from a service's pseudonym back to a name, by two people, logged before it reveals.

Four-eyes: the requester and two approvers are three different people. The ledger entry is durable before anything is
looked up; the identity leaves sealed under the service's key, in a file outside Airflow, for a declared number of days.
The register in the vault lets a resident be told who asked, when and why. Law: Data Protection Act 2018 s171
(re-identification without the controller's consent is an offence); UK GDPR Art 4(5).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from ulid import ULID

from fairview.contracts.catalogue import Catalogue
from fairview.errors import Blocked, KeyMissing, StoreError
from fairview.store import generations, keys, ledger, lending, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

# Why a person may be looked up; nothing else is accepted, and no free text is kept. Owner: information governance,
# since 2026-11-23; each is an act the service cards' lawful bases cover.
PURPOSES = {
    "offer_of_help": "To offer the help named in the list",
    "safeguarding": "A safeguarding concern",
    "subject_access": "The resident asked what is held on them",
    "correction": "The resident says a fact is wrong",
}
# A revealed identity is for one contact, not for keeping: seven days. Owner: information governance, since 2026-11-23.
KEPT_DAYS = 7


@dataclass(frozen=True)
class Request:
    """Who wants to know whom, of which service, and why."""

    service: str
    person_id: str
    purpose: str
    requested_by: str


def check(places: Places, keyring: Keyring, catalogue: Catalogue, request: Request) -> None:
    """Raise Blocked when the purpose is unknown or the person is in none of the service's published tables."""
    catalogue.service(request.service)
    if request.purpose not in PURPOSES:
        raise Blocked("the purpose is not one a person may be looked up for")
    try:
        wanted = UUID(request.person_id)
    except ValueError:
        raise Blocked("the person id is not one of this service's pseudonyms") from None
    generation = generations.current(places, request.service)
    if generation is None:
        raise Blocked("the service has published nothing")
    con = opening.connect(places)
    try:
        opening.attach(con, generation.database, "mart", generation.data_key(keyring.zone_key(request.service)), True)
        tables = con.execute(
            "SELECT table_name FROM duckdb_columns() WHERE database_name = 'mart' AND column_name = 'person_id'"
        ).fetchall()
        if not any(
            con.execute(f'SELECT 1 FROM mart."{table}" WHERE person_id = ? LIMIT 1', [wanted]).fetchone()
            for (table,) in tables
        ):
            raise Blocked("the person id is in none of the service's published tables")
    finally:
        con.close()


def reveal(
    places: Places,
    keyring: Keyring,
    catalogue: Catalogue,
    request: Request,
    approved_by: tuple[str | None, str | None],
    at: datetime,
) -> str:
    """Log, look up, seal. Returns the ticket under which the holder of the service's key can open the identity.

    Raises Blocked when the three people are not three, or a check fails; nothing has been revealed then.
    """
    people = {request.requested_by, *approved_by}
    if None in people or "" in people or len(people) != 3:
        raise Blocked("the requester and the two approvers must be three different people")
    check(places, keyring, catalogue, request)
    ticket = str(ULID.from_datetime(at)).lower()
    with opening.vault(places, keyring) as con:
        person_key = _person_key(con, keyring, request)
        ledger.append(
            places,
            "reidentification",
            at,
            ticket=ticket,
            service=request.service,
            purpose=request.purpose,
            requested_by=request.requested_by,
            approved_by=sorted(name for name in approved_by if name),
            subject=hashlib.sha256(keyring.verdict_key() + request.person_id.encode()).hexdigest(),
        )
        _register(con, request, ticket, person_key, at)
        records = _look_up(con, catalogue, request.service, person_key)
    identity = {
        "service": request.service,
        "purpose": request.purpose,
        "revealed_at": at.isoformat(),
        "records": records,
    }
    sealed = keys.wrap(json.dumps(identity, default=str).encode(), keyring.zone_key(request.service), ticket)
    _seal(places, request.service, _folder(places) / f"{request.service}-{ticket}.sealed", sealed)
    return ticket


def _folder(places: Places):
    folder = places.root / "reidentified"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def open_sealed(places: Places, service: str, ticket: str, key: bytes, at: datetime) -> dict:
    """What a ticket reveals, for whoever holds the service's key. Raises StoreError when expired, KeyMissing."""
    path = _folder(places) / f"{service}-{ticket}.sealed"
    if not path.is_file() or _is_past(path, at):
        raise StoreError("no such ticket, or its time has passed")
    return json.loads(keys.unwrap(path.read_bytes(), key, ticket))


def reseal(places: Places, service: str, before: bytes, after: bytes) -> int:
    """Seal what a service's open tickets revealed under its next key. Returns how many were sealed anew."""
    resealed = 0
    for path in sorted(_folder(places).glob(f"{service}-*.sealed")):
        ticket = path.stem.rsplit("-", 1)[1]
        try:
            revealed = keys.unwrap(path.read_bytes(), before, ticket)
        except KeyMissing:  # sealed anew before a kill
            keys.unwrap(path.read_bytes(), after, ticket)
            continue
        draft = path.with_name(f".{path.name}.draft")
        draft.unlink(missing_ok=True)
        _seal(places, service, draft, keys.wrap(revealed, after, ticket)).replace(path)
        resealed += 1
    return resealed


def _seal(places: Places, service: str, path: Path, sealed: bytes) -> Path:
    """Write a sealed ticket, readable by its owner and by the officers' group where the service was handed over to one."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    zone = places.zone(service)
    if generations.is_open_to_group(zone):
        os.chown(path, -1, zone.stat().st_gid)
        path.chmod(0o640)
    return path


def forget(places: Places, at: datetime) -> int:
    """Destroy what was revealed longer than KEPT_DAYS ago. Returns how many."""
    old = [path for path in _folder(places).glob("*.sealed") if _is_past(path, at)]
    for path in old:
        path.write_bytes(secrets.token_bytes(path.stat().st_size))
        path.unlink()
    return len(old)


def _is_past(path: Path, at: datetime) -> bool:
    """Whether a sealed ticket is older than KEPT_DAYS, by the moment in its name."""
    return ULID.from_str(path.stem.rsplit("-", 1)[1].upper()).datetime < at - timedelta(KEPT_DAYS)


def _person_key(con, keyring: Keyring, request: Request) -> UUID:
    """The spine's key behind a pseudonym. Raises Blocked when the vault holds nobody of that pseudonym."""
    lending.register(con, "lent_pseudonym", keyring.pseudonym_key(request.service))
    found = con.execute(
        "SELECT person_key FROM (SELECT DISTINCT person_key FROM identity.record_person) "
        "WHERE lent_pseudonym(person_key::VARCHAR)::UUID = ?",
        [UUID(request.person_id)],
    ).fetchone()
    if not found:
        raise Blocked("the person is no longer in the vault")
    return found[0]


def _register(con, request: Request, ticket: str, person_key: UUID, at: datetime) -> None:
    """A line in the vault's register of look-ups, so that the resident can learn who asked, when and why."""
    con.execute(
        "CREATE TABLE IF NOT EXISTS identity.reidentifications "
        '(ticket VARCHAR, person_key UUID, "at" TIMESTAMP, service VARCHAR, purpose VARCHAR)'
    )
    con.execute(
        "INSERT INTO identity.reidentifications VALUES (?, ?, ?, ?, ?)",
        [ticket, person_key, at.replace(tzinfo=None), request.service, request.purpose],
    )


def _look_up(con, catalogue: Catalogue, service: str, person_key: UUID) -> list[dict]:
    """Name, address and contacts of the person as the service's own feeds hold them; never which feed a record came from."""
    records = []
    allowed = set(catalogue.service(service).feeds)
    for contract in catalogue.feeds:
        if not contract.is_person_bearing or f"{contract.source}.{contract.feed}" not in allowed:
            continue
        shown = [
            column.staged_name
            for column in contract.loaded
            if column.sensitivity in {"DIR", "QUA"} and column.facts.get("normalise") != "nino"
        ]
        columns = ", ".join(f'staged."{name}"' for name in shown)
        rows = con.execute(
            f'SELECT {columns} FROM staged."{contract.feed}" AS staged '
            "JOIN identity.record_person AS links ON links.feed = ? AND links.record_key = staged.record_key "
            "WHERE links.person_key = ?",
            [contract.feed, person_key],
        ).fetchall()
        found = ({n: v for n, v in zip(shown, row, strict=True) if v is not None} for row in rows)
        records += [record for record in found if record and record not in records]
    return records
