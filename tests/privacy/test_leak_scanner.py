"""The leak scanner, proved: it finds every leak planted, in every artefact class and every way of writing, and nothing else."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from tests.privacy import plants

from fairview.governance import backups
from fairview.proof import artefacts, identifiers, overwrite, sought
from fairview.store import generations, opening
from fairview.store.keys import Keyring
from fairview.store.places import places

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLANTED = plants.plants()


class Toy:
    """A state whose vault holds a few hundred invented residents, and an almost empty house."""

    def __init__(self, folder, declared, residents: int = len(PLANTED)) -> None:
        self.places = places(folder / "state")
        self.keyring = Keyring.load(self.places)
        self.catalogue = plants.house(folder / "house", declared)
        self.extra = folder / "extra"
        plants.vault(self.places, self.keyring, self.catalogue, residents)

    def scan(self, *canaries: str) -> identifiers.Report:
        return identifiers.scan(
            self.places, self.keyring, self.catalogue, [self.extra], at=AT, canaries=canaries
        )  # fmt: skip


@pytest.fixture(scope="session")
def leaky(declared, tmp_path_factory) -> identifiers.Report:
    toy = Toy(tmp_path_factory.mktemp("leaky"), declared)
    toy.extra.mkdir()
    plants.plant(toy.places, toy.keyring, toy.catalogue, toy.extra, PLANTED)
    return toy.scan()


@pytest.fixture
def toy(declared, tmp_path) -> Toy:
    made = Toy(tmp_path, declared, 20)
    made.extra.mkdir()
    plants.generation(made.places, made.keyring, "warehouse", {})
    plants.generation(made.places, made.keyring, "informed_debt", {})
    return made


def found_rows(report: identifiers.Report) -> set[tuple[str, str, str, int]]:
    return {
        (hit.artefact, hit.kind, hit.form, int(match.group(1)))
        for hit in report.hits
        if (match := re.search(r" (\d+) \(", hit.origin))
    }


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: f"{one.artefact} / {one.transform}")
def test_a_leak_planted_in_an_artefact_is_found(leaky, planted):
    wanted = {
        (planted.artefact, planted.kind, form, planted.resident.row)
        for form in (planted.form, f"mark-up {planted.form}")
    }
    assert wanted & found_rows(leaky), planted.kind


def test_every_artefact_class_has_its_plants():
    assert {one.artefact for one in PLANTED} == {rule.artefact for rule in artefacts.RULES} - set(plants.NOT_PLANTED)
    assert len({one.transform for one in PLANTED}) >= 12


def test_nothing_but_the_plants_is_found(leaky):
    """No false alarm: every resident met is one whose identifier was planted in that very class."""
    planted = {(one.artefact, one.resident.row) for one in PLANTED}
    assert not {(artefact, row) for artefact, _, _, row in found_rows(leaky)} - planted
    assert not leaky.unknown


def test_a_clean_state_is_clean(toy):
    report = toy.scan()
    assert report.is_clean, list(report.lines())
    assert sum(report.identifiers.values()) > 200


def test_no_line_of_a_report_carries_a_value(leaky):
    told = "\n".join(leaky.lines()).upper()
    for planted in PLANTED:
        for value in planted.resident.values.values():
            assert value.upper() not in told


def test_an_output_no_rule_speaks_of_fails_the_scan(toy):
    (toy.places.root / "work" / "new_output.bin").write_bytes(b"something")
    report = toy.scan()
    assert report.unknown == ("state: work/new_output.bin",)
    assert not report.is_clean


def test_a_copy_of_a_database_under_another_name_is_unknown(toy):
    (toy.places.root / "copy.duckdb").write_bytes(b"12345678DUCK")
    assert toy.scan().unknown == ("state: copy.duckdb",)


def test_leaks_in_packed_files_are_found(toy):
    one = plants.Resident(3).values
    (toy.extra / "log.gz").write_bytes(gzip.compress(f"called {one['phone']} back".encode()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("sheet.xml", f"<c>{one['address']}</c>")
    (toy.extra / "book.xlsx").write_bytes(packed.getvalue())
    found = {(hit.file.rsplit("/", 1)[-1], hit.kind) for hit in toy.scan().hits}
    assert {("log.gz", "phone"), ("book.xlsx", "address")} <= found


def test_a_canary_is_found_by_its_sound(toy):
    plants.generation(toy.places, toy.keyring, "informed_debt", {"label": "Hildagard Quilfether owes nothing"})
    forms = {hit.form for hit in toy.scan("Hildegard Quillfeather").hits}
    assert "by sound" in forms


def test_a_rare_surname_counts_among_the_houses_own_words_and_a_common_word_does_not(toy):
    surname = plants.Resident(5).surname
    plants.generation(toy.places, toy.keyring, "informed_debt", {"reason": f"Told by {surname} on the day"})
    assert {hit.kind for hit in toy.scan().hits} == {"surname"}
    (toy.catalogue.house / "glossary.md").write_text(f"{surname}: a word of the house.\n", encoding="utf-8")
    assert toy.scan().is_clean


def test_a_column_of_birth_dates_is_found_row_by_row(toy):
    """A date alone tells nothing; twenty people with their own birth dates do."""
    with opening.vault(toy.places, toy.keyring) as con:
        con.execute("CREATE SCHEMA IF NOT EXISTS identity")
        con.execute(
            "CREATE TABLE identity.record_person AS SELECT 'housing' AS source, 'homelessness_cases' AS feed, record_key, "
            "md5('a key of its own' || record_key)::UUID AS person_key FROM staged.homelessness_cases"
        )
        people = con.execute(
            "SELECT md5('a key of its own' || record_key)::UUID::VARCHAR, dob FROM staged.homelessness_cases"
        ).fetchall()
    candidate = generations.begin(toy.places, toy.keyring, "warehouse")
    con = opening.connect(toy.places)
    opening.attach(con, candidate.database, "built", candidate.data_key(toy.keyring.zone_key("warehouse")))
    con.execute("CREATE TABLE built.main.psn_people (person_key UUID, seen_on DATE)")
    con.executemany("INSERT INTO built.main.psn_people VALUES (?, ?)", people)
    con.execute("CHECKPOINT built")
    con.close()
    generations.seal(candidate, {"as_at": "2026-10-31", "rows": {}})
    generations.switch(toy.places, candidate)
    found = [(hit.kind, hit.form, hit.place) for hit in toy.scan().hits]
    assert found == [("birth date", "own row", "psn_people.seen_on")]


def test_every_identifying_column_of_every_contract_is_sought_or_says_why_not(declared):
    for contract in declared.feeds:
        for column in contract.loaded:
            if column.sensitivity in sought.IDENTIFYING:
                assert sought.role(column) or column.name.rsplit("_", 1)[-1] in sought.NOT_SOUGHT, column.name


def test_a_column_of_hashes_cut_to_eight_digits_is_found_and_one_alone_is_no_more_than_chance(toy):
    cut = [hashlib.sha1(one.values["phone"].encode()).hexdigest()[:8] for one in map(plants.Resident, range(1, 21))]
    cut = [text for text in cut if re.search("[a-f]", text) and re.search("[0-9]", text)]
    assert len(cut) > 12
    noise = [hashlib.sha1(str(n).encode()).hexdigest()[:8] for n in range(2000)]
    (toy.extra / "list.csv").write_text("\n".join([*noise, *cut]), encoding="utf-8")
    found = {(hit.kind, hit.form, hit.identifiers) for hit in toy.scan().hits}
    assert {(kind, form) for kind, form, _ in found} == {("phone", "unkeyed sha1")}
    (toy.extra / "list.csv").write_text("\n".join([*noise, cut[0]]), encoding="utf-8")
    assert toy.scan().is_clean


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = [b"\x89PNG\r\n\x1a\n", *(len(held).to_bytes(4) + kind + held + b"\0\0\0\0" for kind, held in chunks)]
    return b"".join(parts)


def test_leaks_in_the_texts_an_image_carries_are_found(toy):
    one = plants.Resident(3).values
    images = {
        "a.png": png((b"IHDR", b"\0" * 13), (b"tEXt", b"Comment\0" + one["phone"].encode())),
        "b.png": png((b"zTXt", b"Comment\0\0" + zlib.compress(one["address"].encode())), (b"IEND", b"")),
        "c.png": png((b"iTXt", b"Title\0\1\0en\0\0" + zlib.compress(one["UPRN"].encode()))),
        "d.png": png((b"IEND", b"")) + f" {one['full name']} ".encode(),
    }
    for name, content in images.items():
        (toy.extra / name).write_bytes(content)
    (toy.extra / "e.svg").write_text(f"<svg><text>{one['postcode']}</text></svg>", encoding="utf-8")
    found = {(hit.file.rsplit("/", 1)[-1], hit.kind) for hit in toy.scan().hits}
    assert found >= {
        ("a.png", "phone"),
        ("b.png", "address"),
        ("c.png", "UPRN"),
        ("d.png", "full name"),
        ("e.svg", "postcode"),
    }


def test_what_a_rotation_a_restore_and_a_backup_leave_is_known_and_what_a_kill_leaves_of_them(toy):
    made = backups.back_up(toy.places, toy.keyring, toy.extra, AT)
    (made.parent / f".{made.name}.draft" / "landing" / "housing").mkdir(parents=True)
    (made.parent / f".{made.name}.draft" / "vault.duckdb").write_bytes(bytes(range(128, 255)))
    for path in (toy.places.next_vault, toy.places.root / "vault.next.duckdb.wal", toy.places.root / ".vault.restored"):
        path.write_bytes(bytes(range(128, 255)))
    report = toy.scan()
    assert report.is_clean, list(report.lines())
    scanned = {one.artefact: one.files for one in report.scanned}
    assert (scanned["vault draft"], scanned["backup"], scanned["backup list"]) == (
        2,
        2,
        1 + bool(list(made.glob("ledger/*"))),
    )
    proof = overwrite.prove(toy.places, toy.keyring, toy.catalogue, at=AT, extra_folders=[toy.extra])
    assert not [fault for fault in proof.faults if "copy of a database" in fault]
