"""The invented place: towns, streets, dwellings, postcodes, areas; and the gazetteer feed.

Every postcode has a real outward part and an inward part with a letter which is never issued; every area code
begins with SY, which the statistics office does not use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from fairview.demo.periods import Calendar, day, random_days
from fairview.demo.tables import Table, chosen_from, numbered, text, texts, where_text

TOWNS = (
    ("FAIRVIEW", ("RM17", "RM16")), ("MARLPIT HILL", ("RM15",)), ("LOW QUAYS", ("RM18",)),
    ("HARROWFERRY", ("RM19", "RM20")), ("UPPER FENWICK", ("SS17",)),
)  # fmt: skip


def _words(text_of_words: str) -> list[str]:
    return text_of_words.split()


_FIRST = _words(
    "Admiral Ballast Barge Beaumont Bellfounder Brickfield Bridle Bunting Capstan Carter Chandler Chapel "
    "Coldharbour Coopers Cordwainer Crossways Culver Drovers Easterly Eastgate Fairlead Farrier Flagstaff "
    "Fletcher Foundry Galley Gantry Gatehouse Glebe Granite Halyard Harvest Haywain Hawser Helmsman Highfield "
    "Hopton Inkwell Ironstone Jubilee Keel Kiln Lamplight Lantern Lighterman Limekiln Lockyer Longbarn Mainsail "
    "Manor Market Mason Mast Meridian Millrace Mizzen Mooring Newbarn Northgate Oakum Orchardside Packhorse "
    "Palliser Parade Pennant Pilot Pottery Quarry Quayside Ropewalk Rowley Saddler Sailmaker Saltpan Sawmill "
    "Schooner Seaward Shearwell Shipwright Signal Southgate Spinnaker Staithe Station Steeple Stonecroft "
    "Summerhill Tanner Thatcher Tideway Tiller Tollgate Topsail Trinity Turnpike Wagon Wainwright Warehouse "
    "Watermill Weaver Westgate Wharf Wheelwright Windlass Windmill Woodside Yardarm Yeoman"
)
_KINDS = _words("Road Street Avenue Close Lane Drive Way Crescent Gardens Terrace Rise Mews Place Walk Court")
_UNISSUED = "CIKMOV"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WARD_BASIS_TO = date(2026, 5, 6)
OWNER, PRIVATE, COUNCIL, ASSOCIATION = 0, 1, 2, 3
_DWELLINGS_PER_AREA = 690  # about 1,700 residents, as a lower layer area has


@dataclass
class Place:
    """Dwellings in address order, one value each, and the areas and postcodes they lie in."""

    uprn: np.ndarray
    saon: np.ndarray
    paon: np.ndarray
    street: np.ndarray
    street_number: np.ndarray
    town: np.ndarray
    postcode: np.ndarray
    area: np.ndarray
    ward: np.ndarray
    kind: np.ndarray
    beds: np.ndarray
    band: np.ndarray
    tenure: np.ndarray
    block: np.ndarray
    is_sensitive: np.ndarray
    old_uprn: np.ndarray
    area_codes: np.ndarray
    area_names: np.ndarray
    layer_codes: np.ndarray
    ward_codes: np.ndarray
    area_ward: np.ndarray
    deprivation: np.ndarray
    block_rows: dict[str, np.ndarray]
    postcode_rows: dict[str, np.ndarray]
    line1: np.ndarray
    line2: np.ndarray

    def __len__(self) -> int:
        return len(self.uprn)

    def one_line(self, dwellings: np.ndarray) -> np.ndarray:
        """The address in one field, `Flat 3, 101 Quarry Road`, a text column."""
        flat = self.line2[dwellings] != ""
        return np.where(flat, self.line1[dwellings] + ", " + self.line2[dwellings], self.line1[dwellings])


def build(rng: np.random.Generator, dwellings: int) -> Place:
    """An invented place with at least that many dwellings."""
    streets = _streets(rng, dwellings)
    house = _houses(rng, streets, dwellings)
    count = len(house["street_number"])
    areas = max(4, round(count / _DWELLINGS_PER_AREA))
    wards = min(20, max(4, areas // 5))
    area = (np.arange(count) * areas // count).astype(np.int64)
    area_ward = np.arange(areas) * wards // areas
    area_town = np.arange(areas) * len(TOWNS) // areas
    score = np.clip(rng.gamma(2.2, 9.5, areas), 2.5, 78.0).round(3)
    postcode, postcode_rows = _postcodes(rng, house, area, area_town)
    tenure = _tenures(rng, house, score[area])
    is_flat = house["block"] >= 0
    kind = where_text(is_flat, "RD06", chosen_from(rng, ["RD02", "RD03", "RD04"], count, [0.08, 0.36, 0.56]))
    beds = np.where(
        is_flat,
        rng.choice(4, count, p=[0.05, 0.5, 0.37, 0.08]),
        rng.choice([2, 3, 4, 5], count, p=[0.3, 0.48, 0.17, 0.05]),
    )
    names = texts([street["name"] for street in streets])
    numbers_text = house["number"].astype(str).astype(object)
    saon = where_text(is_flat, joined_flat(house["flat"]), None)
    street_line = numbers_text + " " + names[house["street"]]
    return Place(
        uprn=_numbers(rng, count),
        saon=saon,
        paon=numbers_text,
        street=names[house["street"]],
        street_number=(78100000 + house["street"]).astype(np.int64),
        town=texts([town for town, _ in TOWNS])[area_town[area]],
        postcode=postcode,
        area=area,
        ward=area_ward[area],
        kind=kind,
        beds=beds,
        band=_bands(rng, is_flat, tenure),
        tenure=tenure,
        block=house["block"],
        is_sensitive=np.zeros(count, dtype=bool),
        old_uprn=_superseded(rng, count),
        area_codes=numbered("SYN", np.arange(areas) + 1, 6),
        area_names=texts([f"Fairview {index // 5 + 1:03d}{_LETTERS[index % 5]}" for index in range(areas)]),
        layer_codes=numbered("SYM", np.arange(areas) // 5 + 1, 6),
        ward_codes=numbered("SYW", np.arange(wards) + 11, 6),
        area_ward=area_ward,
        deprivation=score,
        block_rows=_blocks(house, street_line, names, postcode, area),
        postcode_rows=postcode_rows,
        line1=where_text(is_flat, joined_flat(house["flat"]), street_line),
        line2=where_text(is_flat, street_line, ""),
    )


def joined_flat(numbers: np.ndarray) -> np.ndarray:
    """`Flat 3` for each number, a text column."""
    return np.array("Flat ", dtype=object) + numbers.astype(str).astype(object)


def _streets(rng: np.random.Generator, dwellings: int) -> list[dict]:
    names = [f"{first} {kind}" for kind in _KINDS for first in _FIRST]
    order = rng.permutation(len(names))
    found, built = [], 0
    longest = 70 if dwellings > 1500 else 26
    while built < dwellings:
        place = len(found)
        extra = "" if place < len(names) else f"{['North', 'South', 'East', 'West'][place // len(names) - 1]} "
        houses, blocks = int(rng.integers(12, longest)), 0
        if rng.random() < 0.3:
            houses, blocks = int(rng.integers(4, longest // 2)), int(rng.integers(1, 5))
        flats = [int(rng.integers(6, 13)) for _ in range(blocks)]
        name = extra + names[order[place % len(names)]]
        found.append({"name": name, "houses": houses, "flats": flats, "is_estate": rng.random() < 0.18 or place == 1})
        built += houses + sum(flats)
    return found


def _houses(rng: np.random.Generator, streets: list[dict], dwellings: int) -> dict[str, np.ndarray]:
    parts: dict[str, list[np.ndarray]] = {"street": [], "number": [], "flat": [], "block": [], "is_estate": []}
    block = 0
    for place, street in enumerate(streets):
        runs = [(street["houses"], None)] + [(flats, 101 + 2 * index) for index, flats in enumerate(street["flats"])]
        for size, number in runs:
            parts["street"].append(np.full(size, place))
            parts["number"].append(np.arange(1, size + 1) if number is None else np.full(size, number))
            parts["flat"].append(np.zeros(size, dtype=np.int64) if number is None else np.arange(1, size + 1))
            parts["block"].append(np.full(size, -1 if number is None else block))
            parts["is_estate"].append(np.full(size, street["is_estate"]))
            block += number is not None
    house = {name: np.concatenate(values)[:dwellings] for name, values in parts.items()}
    house["street_number"] = house["street"]
    return house


def _tenures(rng: np.random.Generator, house: dict, score: np.ndarray) -> np.ndarray:
    """Council homes lie mostly in estates (14.5 % of dwellings); private renting grows with deprivation."""
    draw, estate = rng.random(len(score)), house["is_estate"]
    council = np.where(estate, 0.62, 0.04)
    association = council + np.where(estate, 0.10, 0.03)
    private = association + np.clip(0.12 + score / 260, 0.12, 0.34)
    return np.select([draw < council, draw < association, draw < private], [COUNCIL, ASSOCIATION, PRIVATE], OWNER)


def _bands(rng: np.random.Generator, is_flat: np.ndarray, tenure: np.ndarray) -> np.ndarray:
    level = np.where(is_flat, 0.6, 2.3) + np.where(tenure == OWNER, 0.6, 0.0) + rng.normal(0, 0.95, len(tenure))
    return texts(list("ABCDEFGH"))[np.clip(np.round(level), 0, 7).astype(int)]


def _numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """UPRNs of dwellings, in no order: twelve digits from 999900000000."""
    span = max(26000, count * 2)
    return 999900000000 + rng.permutation(span)[:count].astype(np.int64)


def _superseded(rng: np.random.Generator, count: int) -> np.ndarray:
    """The number a dwelling had before, 0 where it never had another (98.8 %)."""
    old = np.zeros(count, dtype=np.int64)
    chosen = rng.random(count) < 0.012
    chosen[: min(2, count)] = True
    old[chosen] = 999800000000 + np.arange(chosen.sum()) * 7
    return old


def _safe_inward() -> np.ndarray:
    """Digit and two letters of which at least one is never issued: no such postcode can exist."""
    return texts(
        [
            f"{digit}{one}{two}"
            for digit in range(10)
            for one in _LETTERS
            for two in _LETTERS
            if one in _UNISSUED or two in _UNISSUED
        ]
    )


def _postcodes(rng, house: dict, area: np.ndarray, area_town: np.ndarray) -> tuple[np.ndarray, dict]:
    """About fifteen houses, or two blocks, share a postcode; a postcode never crosses an area."""
    run = np.where(house["block"] >= 0, 1000 + house["block"] // 2, (house["number"] - 1) // 15)
    group = area * 10**9 + house["street"] * 10**5 + run
    _, first, member = np.unique(group, return_index=True, return_inverse=True)
    town = area_town[area[first]]
    code = text(len(first))
    inward = _safe_inward()
    for place, (_, outwards) in enumerate(TOWNS):
        here = np.flatnonzero(town == place)
        full = texts([f"{outward} {part}" for outward in outwards for part in inward])
        code[here] = full[rng.permutation(len(full))[: len(here)]]
    return code[member], {"code": code, "area": area[first]}


def _blocks(house: dict, street_line, names, postcode, area) -> dict[str, np.ndarray]:
    held, first = np.unique(house["block"], return_index=True)
    first = first[held >= 0]
    return {
        "block": held[held >= 0],
        "paon": house["number"][first].astype(str).astype(object),
        "street": names[house["street"][first]],
        "street_number": house["street"][first],
        "postcode": postcode[first],
        "area": area[first],
        "first": first,
    }


BLOCK_NUMBERS_FROM = 999700000000


def parents(place: Place) -> np.ndarray:
    """The block's UPRN of each dwelling as text, None for houses."""
    return where_text(
        place.block >= 0, (BLOCK_NUMBERS_FROM + np.maximum(place.block, 0)).astype(str).astype(object), None
    )


def extract(place: Place, calendar: Calendar, extract_date: date, rng: np.random.Generator) -> Table:
    """The gazetteer at an extract date: dwellings, blocks, superseded numbers and homes being built."""
    live = _dwelling_rows(place, np.arange(len(place)), calendar, rng)
    live = live.with_rows(_block_rows(place)).with_rows(_superseded_rows(place))
    return live.with_rows(_new_homes(place, calendar, extract_date))


def _rows(place: Place, dwellings: np.ndarray, **overrides) -> Table:
    size = len(dwellings)
    columns = {
        "uprn": place.uprn[dwellings].astype(str).astype(object),
        "parent_uprn": parents(place)[dwellings],
        "redirect_uprn": text(size),
        "usrn": place.street_number[dwellings].astype(str).astype(object),
        "saon": place.saon[dwellings],
        "paon": place.paon[dwellings],
        "street": place.street[dwellings],
        "town": place.town[dwellings],
        "postcode": place.postcode[dwellings],
        "lsoa21": place.area_codes[place.area[dwellings]],
        "ward_code": place.ward_codes[place.ward[dwellings]],
        "ward_basis_to": np.full(size, day(WARD_BASIS_TO)),
        "blpu_class": place.kind[dwellings],
        "logical_status": text(size, "1"),
        "sensitive_ind": place.is_sensitive[dwellings],
        "start_date": np.full(size, np.datetime64("2001-04-01", "D")),
        "end_date": np.full(size, np.datetime64("2099-12-31", "D")),
    }
    return Table(columns | overrides)


def _dwelling_rows(place: Place, dwellings: np.ndarray, calendar: Calendar, rng) -> Table:
    recent = rng.random(len(dwellings)) < 0.08
    built = random_days(rng, date(2003, 1, 1), date(2022, 12, 31), len(dwellings))
    start = np.where(recent, built, np.datetime64("2001-04-01", "D"))
    return _rows(place, dwellings, start_date=start)


def _block_rows(place: Place) -> Table:
    rows = place.block_rows
    size = len(rows["block"])
    return _rows(
        place,
        rows["first"],
        uprn=(BLOCK_NUMBERS_FROM + rows["block"]).astype(str).astype(object),
        parent_uprn=text(size),
        saon=text(size),
        blpu_class=text(size, "PP"),
        sensitive_ind=np.zeros(size, dtype=bool),
    )


def _superseded_rows(place: Place) -> Table:
    dwellings = np.flatnonzero(place.old_uprn)
    return _rows(
        place,
        dwellings,
        uprn=place.old_uprn[dwellings].astype(str).astype(object),
        parent_uprn=text(len(dwellings)),
        redirect_uprn=place.uprn[dwellings].astype(str).astype(object),
        logical_status=text(len(dwellings), "8"),
        sensitive_ind=np.zeros(len(dwellings), dtype=bool),
        end_date=np.full(len(dwellings), np.datetime64("2019-06-30", "D")),
    )


def _new_homes(place: Place, calendar: Calendar, extract_date: date) -> Table:
    """Homes under way: two a month per thousand dwellings, provisional and unoccupied."""
    a_month = max(1, len(place) // 2000)
    known = a_month * (calendar.extracts.index(extract_date) + 2)
    beside = np.arange(known) * 11 % len(place)
    starts = np.repeat([day(one) for one in (calendar.first.replace(day=1), *calendar.extracts)], a_month)[:known]
    return _rows(
        place,
        beside,
        uprn=(999950000000 + np.arange(known) * 3).astype(str).astype(object),
        parent_uprn=text(known),
        saon=text(known),
        paon=place.paon[beside] + "A",
        blpu_class=text(known, "RD03"),
        logical_status=text(known, "6"),
        sensitive_ind=np.zeros(known, dtype=bool),
        start_date=starts.astype("datetime64[D]"),
    )
