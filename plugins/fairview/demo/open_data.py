"""Open data of the invented place, in the published shape: police file, deprivation, postcodes, allowance rates.

Every row is invented. Area codes begin with SY, so no figure can be taken for a real area's.
"""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np

from fairview.demo.benefits import ALLOWANCES, MARKET_AREA
from fairview.demo.population import Town
from fairview.demo.tables import Table, chosen_from, text, texts, where_text

_CRIMES_PER_RESIDENT_MONTH = 0.0098
_AREAS_IN_ENGLAND = 33_755
_FORCE = "Essex Police"
_CRIMES = (
    ("Violence and sexual offences", 0.37), ("Anti-social behaviour", 0.105), ("Shoplifting", 0.108),
    ("Vehicle crime", 0.085), ("Criminal damage and arson", 0.087), ("Public order", 0.066), ("Other theft", 0.063),
    ("Burglary", 0.034), ("Drugs", 0.031), ("Other crime", 0.021), ("Possession of weapons", 0.009), ("Bicycle theft", 0.007),
    ("Robbery", 0.006), ("Theft from the person", 0.004),
)  # fmt: skip
_OUTCOMES = (
    "Investigation complete; no suspect identified", "Unable to prosecute suspect", "Under investigation",
    "Court result unavailable", "Action to be taken by another organisation", "Local resolution",
)  # fmt: skip


class OpenDataFiles:
    """Holds the published figures, made once; only the police file differs from month to month."""

    def __init__(self, rng, town: Town, residents: int, seed: int) -> None:
        self.town, self.residents, self.seed = town, residents, seed
        areas = len(town.place.area_codes)
        score = town.place.deprivation
        share = np.clip((score / 80) ** 0.55, 0, 1)
        rank = np.clip(np.round(_AREAS_IN_ENGLAND * (1 - share) * rng.uniform(0.95, 1.0, areas)), 1, _AREAS_IN_ENGLAND)
        self.rank = rank.astype(np.int64)
        self.decile = np.minimum(10, (self.rank - 1) * 10 // _AREAS_IN_ENGLAND + 1)
        near = lambda: np.clip(self.decile + rng.integers(-1, 2, areas), 1, 10)  # noqa: E731
        self.income_decile, self.employment_decile, self.crime_decile = near(), near(), near()
        self.income = np.round(np.clip(score / 120 + rng.normal(0, 0.02, areas), 0.02, 0.6), 3)
        dwellings = np.bincount(town.place.area, minlength=areas)
        self.population = np.round(dwellings * rng.uniform(2.2, 2.6, areas)).astype(np.int64)

    def extract(self, index: int) -> dict[str, Table]:
        """The four files of the extract with that place in the calendar."""
        return {
            "street_crime": self._crimes(self.town.calendar.extracts[index]),
            "deprivation": self._deprivation(),
            "postcodes": self._postcodes(),
            "lha_rates": self._allowances(),
        }

    def _crimes(self, at: date) -> Table:
        rng = np.random.default_rng([self.seed, at.year, at.month, 7])
        count = max(40, round(self.residents * _CRIMES_PER_RESIDENT_MONTH * rng.uniform(0.93, 1.07)))
        place = self.town.place
        kind = chosen_from(rng, [name for name, _ in _CRIMES], count, [share for _, share in _CRIMES])
        spots = max(6, count // 6)
        points = rng.integers(0, len(place), spots)
        spot = rng.choice(spots, count, p=_steep(spots))
        spot[:2], kind[:2] = 0, "Anti-social behaviour"
        area = place.area[points[spot]]
        lost = rng.random(count) < 0.028
        lost[2], lost[:2] = True, False
        outside = (rng.random(count) < 0.012) & ~lost
        identifiers = texts([hashlib.sha256(f"{self.seed}|{at}|{row}".encode()).hexdigest() for row in range(count)])
        quiet = kind == "Anti-social behaviour"
        longitude = texts([f"{0.25 + (point * 7919 % 20000) / 100000:.6f}" for point in points])[spot]
        latitude = texts([f"{51.46 + (point * 104729 % 9000) / 100000:.6f}" for point in points])[spot]
        streets = np.array("On or near ", dtype=object) + place.street[points]
        streets[: max(1, spots // 8)] = "On or near Parking Area"
        blank = lambda values: where_text(lost, None, values)  # noqa: E731
        return Table(
            {
                "Crime ID": where_text(quiet, None, identifiers),
                "Month": text(count, f"{at:%Y-%m}"),
                "Reported by": text(count, _FORCE),
                "Falls within": text(count, _FORCE),
                "Longitude": blank(longitude),
                "Latitude": blank(latitude),
                "Location": where_text(lost, "No Location", streets[spot]),
                "LSOA code": blank(where_text(outside, "SYX000001", place.area_codes[area])),
                "LSOA name": blank(where_text(outside, "Nextdoor 001A", place.area_names[area])),
                "Crime type": kind,
                "Last outcome category": where_text(
                    quiet, None, chosen_from(rng, list(_OUTCOMES), count, [0.42, 0.3, 0.15, 0.05, 0.04, 0.04])
                ),
                "Context": text(count),
            }
        )

    def _deprivation(self) -> Table:
        place = self.town.place
        return Table(
            {
                "lsoa21_code": place.area_codes,
                "lsoa21_name": place.area_names,
                "msoa21_code": place.layer_codes,
                "imd_score": texts([f"{score:.3f}" for score in place.deprivation]),
                "imd_rank": self.rank,
                "imd_decile": self.decile,
                "income_score": texts([f"{score:.3f}" for score in self.income]),
                "income_decile": self.income_decile,
                "employment_decile": self.employment_decile,
                "crime_decile": self.crime_decile,
                "population_2021": self.population,
            }
        )

    def _postcodes(self) -> Table:
        place = self.town.place
        rows = place.postcode_rows
        order = np.argsort(rows["code"].astype(str))
        area = rows["area"][order]
        return Table(
            {
                "pcd": rows["code"][order],
                "lsoa21_code": place.area_codes[area],
                "msoa21_code": place.layer_codes[area],
                "ward_code": place.ward_codes[place.area_ward[area]],
                "easting": text(len(area)),
                "northing": text(len(area)),
                "status": text(len(area), "SYN"),
            }
        )

    def _allowances(self) -> Table:
        rows = [(size, rate, start, end) for start, end, rates in ALLOWANCES for size, rate in rates.items()]
        return Table(
            {
                "brma": text(len(rows), MARKET_AREA),
                "bedrooms": texts([size for size, *_ in rows]),
                "weekly_rate": np.array([rate for _, rate, *_ in rows], dtype=np.int64),
                "valid_from": np.array([start for _, _, start, _ in rows], dtype="datetime64[D]"),
                "valid_to": np.array([end for *_, end in rows], dtype="datetime64[D]"),
            }
        )


def _steep(count: int) -> np.ndarray:
    weight = 1.0 / (np.arange(count) + 3.0)
    return weight / weight.sum()
