"""A resident objects, asks for restriction, dies, or has a record put right: the next run honours it, in exactly that service."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairview import walk
from fairview.contracts.catalogue import catalogue
from fairview.identity import links_export
from fairview.store import generations, opening
from fairview.store.places import places

REV, HSG, CSF = "informed_debt", "homelessness_prevention", "asb_victim_support"


@dataclass(frozen=True)
class Tenant:
    """A tenant as the housing file has them, and the pseudonyms the services know them by."""

    forename: str
    surname: str
    dob: str
    postcode: str
    uprn: str
    known_as: dict[str, str]


def padded(path: Path) -> list[dict[str, str]]:
    """Rows of a file of padded columns, blanks and the word NULL taken off."""
    with path.open(encoding="cp1252", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("house_ref")]
    return [
        {name: "" if (value or "").strip() == "NULL" else (value or "").strip() for name, value in row.items()}
        for row in rows
    ]


def pence(pounds: str) -> int:
    """Whole pence of pounds written with two decimals."""
    return round(float(pounds) * 100)


def people_of(here: walk.House, service: str) -> dict[str, set[str]]:
    """Table → person ids in it, as published."""
    generation = generations.current(here.places, service)
    con = opening.connect(here.places)
    opening.attach(
        con, generation.database, "mart", generation.data_key(here.keyring.zone_key(service)), read_only=True
    )
    tables = con.execute(
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'mart' AND column_name = 'person_id'"
    ).fetchall()
    found = {
        table: {str(row[0]) for row in con.execute(f'SELECT DISTINCT person_id FROM mart.main."{table}"').fetchall()}
        for (table,) in tables
    }
    con.close()
    return found


def one_row(here: walk.House, service: str, query: str) -> tuple:
    generation = generations.current(here.places, service)
    con = opening.connect(here.places)
    opening.attach(
        con, generation.database, "mart", generation.data_key(here.keyring.zone_key(service)), read_only=True
    )
    row = con.execute(query).fetchone()
    con.close()
    return row


def tenants_known_to_both(here: walk.House, delivery: Path, folder: Path) -> list[Tenant]:
    """Tenants with a debt and a homelessness indicator of their own, with everything a register would write of them."""
    links = folder / "links.parquet"
    links_export.export(here.places, here.keyring, here.catalogue, links)
    con = opening.connect(here.places)
    names = {
        key: dict(zip((REV, HSG, CSF), pseudonyms, strict=True))
        for key, *pseudonyms in con.execute(
            f"SELECT record_key, person_id_{REV}, person_id_{HSG}, person_id_{CSF} FROM '{links}' WHERE feed = 'tenancy_people'"
        ).fetchall()
    }
    con.close()
    homes = {row["house_ref"]: row for row in padded(next((delivery / "housing").glob("TENANCIES_*.csv")))}
    owing, indicated = people_of(here, REV)["debts"], people_of(here, HSG)["household_indicators"]
    found: dict[str, Tenant] = {}
    for row in padded(next((delivery / "housing").glob("TENANCY_PEOPLE_*.csv"))):
        known = names.get(f"{row['house_ref']}|{row['person_no']}", {})
        home = homes.get(row["house_ref"])
        if not home or not row["dob"] or row["dob"] == "01/01/1900" or not home["uprn"]:
            continue
        if known.get(REV) in owing and known.get(HSG) in indicated:
            found[known[REV]] = Tenant(
                row["forename"], row["surname"], row["dob"], home["postcode"], home["uprn"], known
            )
    return list(found.values())


def sent_again(
    delivery: Path, to: Path, added: dict[str, list[list[str]]], corrected: dict[str, tuple[str, str]]
) -> Path:
    """The corporate delivery of the same date with a higher number: rows added to CSV files, a text put right in another."""
    source = to / delivery.name / "corporate"
    shutil.copytree(delivery / "corporate", source)
    manifest = next(source.glob("MANIFEST_*.json"))
    document = json.loads(manifest.read_text(encoding="utf-8"))
    document["delivery"] += 1
    for file in document["files"]:
        path = source / file["file"]
        if rows := added.get(file["feed"]):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(rows)
            path.write_bytes(
                path.read_bytes() + text.getvalue().encode("cp1252" if file["feed"] == "deaths" else "utf-8")
            )
            file["rows"] += len(rows)
            file["control"]["value"] = str(file["rows"])
        if file["feed"] in corrected:
            old, new = corrected[file["feed"]]
            assert old.encode() in path.read_bytes()
            path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))
        content = path.read_bytes()
        file["bytes"], file["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    manifest.write_text(json.dumps(document), encoding="utf-8")
    return to


@pytest.fixture(scope="module")
def after(walked, tmp_path_factory):
    """The walked council after its corporate registers were sent once more, and what was in the marts before."""
    folder = tmp_path_factory.mktemp("rights")
    shutil.copytree(walked.here.places.root, folder / "state", symlinks=True)
    shutil.copytree(walked.here.places.keys, folder / "state.keys")
    here = walk.house(catalogue(), places(folder / "state"))
    delivery = sorted(path for path in walked.deliveries.iterdir() if path.is_dir())[-1]
    before = {service: people_of(here, service) for service in (REV, HSG, CSF)}
    objector, restricted, from_all, dead = tenants_known_to_both(here, delivery, folder)[:4]

    def entry(number: int, who: Tenant, scope: str, right: str, decision: str) -> list[str]:
        decided = "" if decision == "PENDING" else "20/10/2026"
        return [f"OB9{number:05d}", who.surname, who.forename, who.dob, who.postcode, who.uprn, scope, right, "05/10/2026", decision, decided, ""]  # fmt: skip

    added = {
        "data_objections": [
            entry(1, objector, "REV", "OBJ21", "UPHELD"),
            entry(2, restricted, "HSG", "RES18", "PENDING"),
            entry(3, from_all, "ALL", "OBJ21", "UPHELD"),
        ],
        "deaths": [
            ["D9900001", dead.surname, dead.forename, dead.dob, "01/10/2026", "", dead.postcode, "20/10/2026", "N"]
        ],
    }
    homes = {row["uprn"]: row for row in padded(next((delivery / "housing").glob("TENANCIES_*.csv")))}
    added["deaths"][0][5] = homes[dead.uprn]["addr1"]
    path = next((delivery / "corporate").glob("SUNDRY_DEBTS_*.txt"))
    lines = [line for line in path.read_text(encoding="cp1252").split("\n")[1:] if line.count("|") == 8]
    debts = "SELECT min(debt_id), count(*) FROM mart.main.debts WHERE debt_type_code = 'SUNDRY' AND balance_pence = {}"
    told = {line: one_row(here, REV, debts.format(pence(line.split("|")[7]))) for line in lines}
    # Of somebody else: the four leave the mart, their debts with them.
    leaving = {one.surname.upper() for one in (objector, restricted, from_all, dead)}
    old, (wrong_debt, _) = next(
        (line, found)
        for line, found in told.items()
        if found[1] == 1 and not any(surname in line.upper() for surname in leaving)
    )
    # The invoice is put right: half of it was never owed. The control total is the sender's to put right as well.
    fields = old.split("|")
    half = f"{pence(fields[7]) // 2 / 100:.2f}"
    new = "|".join([*fields[:7], half, *fields[8:]])
    again = sent_again(delivery, folder / "again", added, {"sundry_debts": (old, new)})
    path = next(again.rglob("SUNDRY_DEBTS_*.txt"))
    lines = path.read_bytes().decode("cp1252").split("\r\n")
    place = next(n for n, line in enumerate(lines) if line.startswith("TRL|"))
    total = sum(pence(line.split("|")[7]) for line in lines[1:place])
    lines[place] = f"TRL|{place - 1}|{total / 100:.2f}"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    manifest = next(again.rglob("MANIFEST_*.json"))
    document = json.loads(manifest.read_text(encoding="utf-8"))
    for file in document["files"]:
        if file["feed"] == "sundry_debts":
            content = path.read_bytes()
            file |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            file["control"]["value"] = f"{total / 100:.2f}"
    manifest.write_text(json.dumps(document), encoding="utf-8")
    done = walk.deliver(here, again, lambda: datetime.now(UTC))
    assert done.exit_code == 0, [file.messages for receipt in done.receipts for file in receipt.files]
    who = {"objector": objector, "restricted": restricted, "from_all": from_all, "dead": dead}
    return here, before, who, (wrong_debt, pence(half))


def is_in(here: walk.House, service: str, tenant: Tenant) -> bool:
    return any(tenant.known_as[service] in people for people in people_of(here, service).values())


@pytest.mark.parametrize(
    ("who", "gone_from", "still_in"),
    [("objector", {REV}, {HSG}), ("restricted", {HSG}, {REV}), ("from_all", {REV, HSG}, set())],
)
def test_who_objects_or_asks_for_restriction_is_gone_from_the_services_named_and_from_no_other(
    after, who, gone_from, still_in
):
    here, before, people, _ = after
    for service in (REV, HSG):
        assert any(people[who].known_as[service] in known for known in before[service].values())
    assert {service for service in (REV, HSG) if not is_in(here, service, people[who])} == gone_from
    assert all(is_in(here, service, people[who]) for service in still_in)


def test_nobody_else_leaves_the_debt_service_and_nobody_the_service_that_was_not_named(after):
    here, before, people, _ = after
    gone = before[REV]["debts"] - people_of(here, REV)["debts"]
    assert gone == {people["objector"].known_as[REV], people["from_all"].known_as[REV]}
    victims = people_of(here, CSF)["victim_reports"]
    assert before[CSF]["victim_reports"] - victims <= {people["from_all"].known_as[CSF]}


def test_the_dead_are_in_no_contact_list_and_their_debts_are_frozen(after):
    here, _, people, _ = after
    dead = people["dead"]
    assert not is_in(here, HSG, dead)
    held = one_row(here, REV, f"SELECT bool_and(is_frozen), sum(recoverable_now_pence) FROM mart.main.debts WHERE person_id = '{dead.known_as[REV]}' AND balance_pence > 0")  # fmt: skip
    assert held == (True, 0)
    lane = one_row(here, REV, f"SELECT lane_code, is_contact_allowed FROM mart.main.debt_list WHERE person_id = '{dead.known_as[REV]}'")  # fmt: skip
    assert lane == ("FREEZE", False)


def test_a_record_put_right_is_right_at_the_next_run(after):
    here, _, _, (debt, pence_now) = after
    told = one_row(
        here, REV, f"SELECT min(balance_pence), max(balance_pence) FROM mart.main.debts WHERE debt_id = '{debt}'"
    )
    assert told == (pence_now, pence_now)
