"""In a register with many records of each person, a bridge of one pair does not outweigh all the others."""

from __future__ import annotations

import csv
import itertools
import random

import duckdb
import pytest

from fairview.identity import balance, benchmarks

LEAST, AGAINST = 3.0, -1.0


def joined(weights: dict[tuple[str, str], float], least: float = LEAST) -> set[frozenset[str]]:
    """The clusters that pairs of one-letter records make."""
    with duckdb.connect() as con:
        con.execute(
            "CREATE TABLE profiles AS SELECT DISTINCT unnest(?::VARCHAR[]) AS unique_id",
            [sorted(set("".join(map("".join, weights))))],
        )
        con.execute("CREATE TABLE scored (a VARCHAR, b VARCHAR, weight DOUBLE)")
        con.executemany("INSERT INTO scored VALUES (?, ?, ?)", [[*pair, weight] for pair, weight in weights.items()])
        balance.join(con, least, AGAINST)
        rows = con.execute("SELECT list(node) FROM membership GROUP BY cluster").fetchall()
    return {frozenset(nodes) for (nodes,) in rows}


def _sets(*groups: str, weight: float = 12.0) -> dict[tuple[str, str], float]:
    return {pair: weight for group in groups for pair in itertools.combinations(group, 2)}


@pytest.mark.parametrize(("weight", "people"), [(8.0, {3}), (8.1, {6})])
def test_one_pair_between_two_people_of_many_records_does_not_outweigh_the_rest(weight, people):
    assert {len(found) for found in joined(_sets("abc", "xyz") | {("c", "x"): weight})} == people


@pytest.mark.parametrize(("weight", "people"), [(5.0, {5, 6}), (5.1, {11})])
def test_a_half_empty_record_that_fits_two_people_does_not_make_them_one_unless_it_outweighs_them(weight, people):
    # Joined with one side, it has 5 pairs with the other, against 25 that nobody thought worth comparing.
    bridge = {("m", other): weight for other in "abcdevwxyz"}
    assert {len(found) for found in joined(_sets("abcde", "vwxyz") | bridge)} == people


@pytest.mark.parametrize(("weight", "is_one"), [(2.9, False), (3.0, True)])
def test_nobody_is_joined_by_less_than_the_least_weight(weight, is_one):
    assert (len(joined({("a", "b"): weight})) == 1) is is_one


@pytest.mark.parametrize(("weight", "is_one"), [(1.0, False), (1.1, True)])
def test_one_spoilt_record_counts_against_no_more_than_it_may(weight, is_one):
    # However far below -1 a pair lies, it counts for -1.
    crossing = {("a", "x"): -40.0, ("b", "x"): weight}
    assert (len(joined(_sets("ab", "x") | crossing, least=1.0)) == 1) is is_one


FORENAMES = [
    "John",
    "William",
    "Thomas",
    "George",
    "James",
    "Henry",
    "Mary",
    "Elizabeth",
    "Sarah",
    "Ann",
    "Jane",
    "Emma",
]
SURNAMES = [
    f"{start}{end}".title()
    for start in ("ash", "bur", "col", "den", "far", "gil", "hart", "kel")
    for end in ("ton", "ham", "ford", "ley")
]
PLACES = [
    f"{start}{end}".title()
    for start in ("mor", "nor", "oak", "pen", "quen")
    for end in ("wick", "worth", "by", "stead")
]


def _slip(text: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(text) - 1)
    return text[:place] + chance.choice("abcdefghijklmnopqrstuvwxyz") + text[place + 1 :]


def _register(path, people: int) -> None:
    """A register like a census: few forenames, surnames and places shared by many, spellings that wander, fields left empty."""
    chance = random.Random(1851)
    rows = []
    for person in range(people):
        name, family, place = (chance.choice(some) for some in (FORENAMES, SURNAMES, PLACES))
        born = f"{chance.randrange(1800, 1890)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        for _ in range(chance.choice((1, 2, 3, 4, 8, 12))):
            rows.append(
                [
                    _slip(name, chance) if chance.random() < 0.2 else name,
                    _slip(family, chance) if chance.random() < 0.2 else family,
                    "" if chance.random() < 0.15 else _slip(born, chance) if chance.random() < 0.1 else born,
                    "" if chance.random() < 0.2 else chance.choice(PLACES) if chance.random() < 0.15 else place,
                    f"p{person}",
                ]
            )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["record_id", "forename", "surname", "birth_date", "birth_place", "person_id"])
        writer.writerows([f"r{number}", *row] for number, row in enumerate(rows))


def test_a_register_in_which_many_share_names_and_places_is_linked_without_wrong_merges(tmp_path):
    _register(tmp_path / "census.csv", 200)
    with duckdb.connect(config={"threads": 1}) as con:
        (register,) = benchmarks.found(con, tmp_path, ("census",))
        measured = benchmarks.run(con, register)
    assert measured["ours"].precision >= 0.98
    assert measured["ours"].f1 > measured["stock"].f1
