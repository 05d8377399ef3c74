"""A small town made in code: people who could not exist, staged straight into a vault."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import pytest

from fairview.contracts.catalogue import catalogue
from fairview.contracts.feed import staged_columns
from fairview.identity import link
from fairview.store import opening

AS_AT = date(2026, 10, 31)
AT = datetime(2026, 11, 3, 6, tzinfo=UTC)


class Town:
    """Puts records into `vault.staged.*` as intake would, and links them."""

    def __init__(self, places, keyring) -> None:
        self.places, self.keyring = places, keyring
        self.contracts = {contract.feed: contract for contract in catalogue().feeds}
        self.numbers = itertools.count(1)
        with self.vault() as con:
            con.execute("CREATE SCHEMA staged")
            for contract in self.contracts.values():
                columns = ", ".join(f'"{name}" {kind}' for name, kind in staged_columns(contract))
                con.execute(f"CREATE TABLE staged.{contract.feed} ({columns})")

    def vault(self, read_only: bool = False):
        return opening.vault(self.places, self.keyring, read_only=read_only, threads=1)

    def put(self, feed: str, **values) -> tuple[str, str]:
        """One staged row; returns (feed, record key). Columns not named are null."""
        contract = self.contracts[feed]
        parts = [values.get(column.staged_name) for column in contract.key]
        key = "|".join("" if part is None else str(part) for part in parts)
        row = {
            **values,
            "record_key": key,
            "delivery_id": f"{contract.source}-{AS_AT}-1",
            "extract_date": AS_AT,
            "row_number": next(self.numbers),
        }
        with self.vault() as con:
            names = ", ".join(f'"{name}"' for name in row)
            con.execute(f"INSERT INTO staged.{feed} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        return feed, key

    def take(self, record: tuple[str, str]) -> None:
        """Remove a staged row, as a later snapshot would."""
        with self.vault() as con:
            con.execute(f"DELETE FROM staged.{record[0]} WHERE record_key = ?", [record[1]])

    def home(self, number: int, street: str = "Nowhere Lane", postcode: str = "RM15 1CI") -> str:
        """A dwelling in the gazetteer and on the council tax list; returns its UPRN (the property reference is the same)."""
        uprn = str(999700000000 + number)
        common = {"uprn": uprn, "postcode": postcode}
        self.put("properties", **common, paon=str(number), street=street, town="GRAYS", logical_status="1")
        self.put(
            "council_tax_properties", **common, property_ref=uprn, addr1=f"{number} {street.upper()}", addr3="GRAYS"
        )
        return uprn

    def account(
        self,
        ref: str,
        home: str,
        name: str,
        *joint: str,
        title: str = "MR",
        since: date = date(2020, 5, 4),
        until=None,
        **more,
    ):
        """A council tax account: lead, and joint parties from the second on. Returns [account record, party records…]."""
        records = [
            self.put("council_tax_accounts", account_ref=ref, account_cd="A", property_ref=home, lead_liab_title=title, lead_liab_name=name,
                     lead_liab_pos=4, liability_start=since, liability_end=until, **more)
        ]  # fmt: skip
        for position, party in enumerate((name, *joint), start=1):
            records.append(self.put("council_tax_parties", account_ref=ref, party_seq=position, party_name=party, liab_pos=4,
                                    party_title=title if position == 1 else None, from_date=since, to_date=until))  # fmt: skip
        self.put(
            "council_tax_occupations",
            account_ref=ref,
            property_ref=home,
            occupation_date=since,
            vacation_date=until,
            live_ind=until is None,
        )
        return records

    def claim(self, number: str, home: str, forename: str, surname: str, birth: date, nino: str | None = None, **more):
        """A benefit claim and its claimant. Returns [claim record, member record]."""
        street = {"uprn": home, "addr1": "somewhere", "postcode": None}
        return [
            self.put(
                "benefit_claims",
                claim_id=number,
                check_digit="7",
                nino=nino,
                application_date=date(2023, 1, 9),
                **street,
                **more,
            ),
            self.member(number, 1, forename, surname, birth, nino, "C", to_date=more.get("cancel_date")),
        ]

    def member(
        self,
        number: str,
        seq: int,
        forename: str,
        surname: str,
        birth: date,
        nino: str | None = None,
        relation: str = "D",
        **more,
    ):
        return self.put("benefit_members", claim_id=number, member_seq=seq, person_ref=f"{number}{seq}", relation=relation, forename=forename,
                        surname=surname, birth_date=birth, nino=nino, from_date=date(2023, 1, 9), **more)  # fmt: skip

    def registered(
        self,
        number: str,
        forename: str | None,
        surname: str,
        birth: date | None = None,
        home: str | None = None,
        **more,
    ):
        """An entry of the vulnerability register."""
        return self.put(
            "vulnerability_register", reg_id=number, forename=forename, surname=surname, dob=birth, uprn=home, **more
        )

    def link(self, **options):
        return link.link_people(
            self.places, self.keyring, options.pop("as_at", AS_AT), options.pop("at", AT), threads=1, **options
        )

    def person(self, record: tuple[str, str]):
        """The person key of a record, None when it is nobody."""
        rows = self.ask("SELECT person_key FROM identity.record_person WHERE feed = ? AND record_key = ?", *record)
        return rows[0][0] if rows else None

    def ask(self, sql: str, *values):
        with self.vault(read_only=True) as con:
            return con.execute(sql, list(values)).fetchall()

    def same(self, *records) -> bool:
        """Whether all the records are one person; False too when one is nobody."""
        people = {self.person(record) for record in records}
        return len(people) == 1 and None not in people


@pytest.fixture
def town(where, keyring) -> Town:
    return Town(where, keyring)
