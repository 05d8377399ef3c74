"""What really is behind the deliveries: people, look-alikes, the person behind each record, debts, injected faults.

Never an input of the platform; written only when asked for.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairview.demo import council_tax, housing
from fairview.demo.defects import Defect, record_keys
from fairview.demo.names import ORIGINS
from fairview.demo.periods import day
from fairview.demo.population import MALE, Town, label
from fairview.demo.tables import NOBODY, Table, texts, where_text


def write_people(folder: Path, town: Town) -> None:
    """persons.parquet, household_addresses.parquet and must_not_merge.csv, once for the whole run."""
    people = town.people
    everyone = np.arange(len(people))
    columns = {
        "person_id": label(everyone),
        "household_id": people.household.astype(np.int64),
        "forename": people.forename,
        "surname": people.surname,
        "dob": people.born,
        "dod": people.died,
        "sex": where_text(people.sex == MALE, "M", "F"),
        "ethnic_group": people.ethnic,
        "name_group": texts([origin.code for origin in ORIGINS])[people.origin],
        "nino": people.nino,
        "role": people.role.astype(np.int64),
    }
    pq.write_table(pa.table(columns), folder / "persons.parquet")
    ends = town.spells.end
    addresses = {
        "household_id": town.spells.household.astype(np.int64),
        "uprn": town.place.uprn[town.spells.dwelling].astype(str).astype(object),
        "from_date": town.spells.start,
        "to_date": np.where(np.isnat(ends), np.datetime64("2099-12-31"), ends),
    }
    pq.write_table(pa.table(addresses), folder / "household_addresses.parquet")
    _write_csv(
        folder / "must_not_merge.csv",
        ["person_a", "person_b", "why"],
        [[f"F{one:08d}", f"F{other:08d}", why] for one, other, why in town.alike],
    )


def write_month(
    folder: Path,
    tables: dict[str, Table],
    debts: pa.Table,
    defects: list[Defect],
    outcomes: pa.Table,
    restricted: list[list[str]],
    reviews: list[list[str]],
) -> None:
    """The files of one extract date: record_person, debts, outcomes_next_6_months, frozen_or_restricted, case_review,
    injected_defects."""
    pq.write_table(outcomes, folder / "outcomes_next_6_months.parquet")
    _write_csv(folder / "frozen_or_restricted.csv", ["person_id", "reason", "since"], restricted)
    _write_csv(
        folder / "case_review.csv",
        ["person_id", "qualifying_events", "events_6m", "hate", "eligible", "near_boundary"],
        reviews,
    )
    pq.write_table(_record_person(tables), folder / "record_person.parquet")
    pq.write_table(debts, folder / "debts.parquet")
    _write_csv(
        folder / "injected_defects.csv",
        ["feed", "record_key", "problem", "expected"],
        [[one.feed, one.record_key, one.problem, one.expected] for one in defects],
    )


def _write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _record_person(tables: dict[str, Table]) -> pa.Table:
    feeds, keys, people = [], [], []
    for feed, table in tables.items():
        if table.people is None:
            continue
        found = record_keys(feed, table, np.arange(len(table)))
        _, first = np.unique(np.array(found, dtype=object).astype(str), return_index=True)
        first = np.sort(first)
        behind = table.people[first]
        feeds += [feed] * len(first)
        keys += [found[row] for row in first]
        people += [None if person == NOBODY else f"F{person:08d}" for person in behind]
    return pa.table({"feed": feeds, "record_key": keys, "person_id": pa.array(people, pa.string())})


def debts(town: Town, revenues, housing_files, benefits, corporate, at: date) -> pa.Table:
    """Pence per person and kind of debt. A joint debt is shown whole on each person who owes it."""
    people = len(town.people)
    accounts, ledger = revenues.accounts, revenues.ledger
    state = council_tax.balances(town, accounts, ledger, at)
    known = state["is_known"]
    account, person = revenues.liable(at)
    held = accounts.known[account] <= day(at)
    account, person = account[held], person[held]
    by_account = [
        np.bincount(
            ledger.account[known], np.maximum(state[name][known], 0).astype(float), len(accounts)
        )  # no credit is set off
        for name in ("balance", "overdue")
    ]
    balance, overdue = (np.bincount(person, sums[account], people) for sums in by_account)
    rent = _rent_arrears(town, housing_files, at)
    over = benefits.overpayments
    counted = (over.created <= day(at)) & (over.category != "FRD")
    overpaid = np.bincount(over.person[counted], over.balance(at)[counted].astype(float), people)
    listed = corporate.listed_debts(at)
    listed = listed[(corporate.debt_kind[listed] != "PCN") & ~corporate.is_firm[listed]]
    sundry = np.bincount(corporate.debtor[listed], corporate.debt_balances(at)[listed].astype(float), people)
    joint = np.zeros(people, dtype=bool)
    joint[person[accounts.is_joint[account]]] = True
    columns = [np.maximum(0, np.round(one)).astype(np.int64) for one in (balance, overdue, rent, overpaid, sundry)]
    someone = np.flatnonzero(sum(one > 0 for one in columns) > 0)
    kinds = sum((one > 0).astype(np.int64) for one in columns[1:])
    names = ("ct_balance_pence", "ct_overdue_pence", "rent_arrears_pence", "hb_overpayment_pence", "sundry_pence")
    return pa.table(
        {
            "person_id": label(someone),
            "household_id": town.people.household[someone].astype(np.int64),
            **{name: one[someone] for name, one in zip(names, columns, strict=True)},
            "ct_joint": joint[someone],
            "debt_types_overdue": kinds[someone],
        }
    )


def _rent_arrears(town: Town, files, at: date) -> np.ndarray:
    tenancies = files.tenancies
    balance = np.maximum(0, housing.balances(tenancies, files.ledger, at))
    balance[tenancies.start > day(at)] = 0
    by_household = np.bincount(tenancies.household, balance.astype(float), len(town.households))
    responsible = np.unique(files.person[files.is_responsible])
    result = np.zeros(len(town.people))
    result[responsible] = by_household[town.people.household[responsible]]
    return result
