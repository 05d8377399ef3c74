"""Scores pairs of profiles with the committed Splink model, frozen weights and frozen frequencies.

Knows: how to choose the pairs worth scoring, and how to score only those a delivery touched.
Refuses to know: which scores make one person (`clusters`) and how weights were found (`train`).

A pair's score depends on its two profiles, the model and the frozen frequencies alone: scoring only what changed and
keeping the rest gives what a full run gives, bit for bit.
"""

from __future__ import annotations

import copy
import math
from typing import Any

from fairview.identity import model

# What strangers sharing a home, a number or a mailbox is worth grows with the town: such levels are rare by count of
# people, not by nature. The prior shrinks by as much, so that a household is judged alike in a village and a city.
_PLACE_BOUND = {
    "household": ("same home", "same crowded home", "forwarding", "same postcode"),
    "nino": ("same",),
    "email": ("same",),
}


def fitted(committed: dict[str, Any], profiles: int) -> dict[str, Any]:
    """The committed settings for a town of `profiles` profiles (frozen with the frequencies)."""
    settings = copy.deepcopy(committed["settings"])
    ratio = committed["trained_on"]["profiles"] / max(profiles, 1)
    prior = committed["trained_on"]["matches_per_record"] / max(profiles, 2)
    settings["probability_two_random_records_match"] = min(max(prior, 1e-12), 0.5)
    for comparison in settings["comparisons"]:
        starts = _PLACE_BOUND.get(comparison["output_column_name"], ())
        for level in comparison["comparison_levels"]:
            if "u_probability" in level and any(level["label_for_charts"].startswith(start) for start in starts):
                level["u_probability"] = min(max(level["u_probability"] * ratio, 1e-9), 0.5)
    return settings


def candidates(con) -> None:
    """Make `candidate_pairs(l, r)` from `profiles` by the declared blocks."""
    union = " UNION ".join(
        f"SELECT least(l, r) AS l, greatest(l, r) AS r FROM ({sql}) AS block(l, r) WHERE l <> r"
        for sql in model.BLOCKS.values()
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE candidate_pairs AS {union}")


def score(con, settings: dict[str, Any], least_weight: float) -> None:
    """Score `candidate_pairs` into `scored(a, b, weight, …)`; pairs below `least_weight` are dropped.

    Needs `profiles`, and the frozen `frequencies_sur` and `frequencies_fore`.
    """
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection=con)
    linker = Linker(api.register("profiles"), settings, log_level=None, validate_settings=False)
    for column in ("sur", "fore"):
        linker.table_management.register_term_frequency_lookup(api.register(f"frequencies_{column}"), column)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE blocked AS SELECT '0' AS match_key, l AS join_key_l, r AS join_key_r FROM candidate_pairs"
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    found = linker.inference.predict(threshold_match_weight=least_weight, warning_mode="never")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE scored AS
        SELECT unique_id_l AS a, unique_id_r AS b, round(match_weight, 6) AS weight, columns('^(gamma|mw)_')
        FROM {found.physical_name}"""
    )
    found.drop_table_from_database_and_remove_from_cache()


# What is frozen with a model: field in `vault.identity.frequencies`, temporary table, its columns for term and share.
FROZEN = {
    "sur": ("frequencies_sur", "sur", "tf_sur"),
    "fore": ("frequencies_fore", "fore", "tf_fore"),
    "namesakes": ("many_namesakes", "name", "share"),
}


def freeze(con, namesakes: float) -> None:
    """Make what is kept in the vault until the next training: how frequent surnames and forenames are among `records`,
    and which whole names more than `namesakes` of the `profiles` bear."""
    for column in ("sur", "fore"):
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE frequencies_{column} AS
            SELECT {column}, count(*) / sum(count(*)) OVER () AS tf_{column} FROM records
            WHERE {column} IS NOT NULL GROUP BY {column}"""
        )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE many_namesakes AS
        SELECT sur || ' ' || fore AS name, count(*) / (SELECT count(*) FROM profiles) AS share FROM profiles
        WHERE sur IS NOT NULL AND length(fore) > 1 GROUP BY sur, fore HAVING count(*) > $namesakes""",
        {"namesakes": namesakes},
    )


def thaw(con) -> None:
    """Bring back what was frozen, from the vault."""
    for field, (table, term, share) in FROZEN.items():
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE {table} AS
            SELECT term AS {term}, share AS {share} FROM vault.identity.frequencies WHERE field = '{field}'"""
        )


def keep_frozen(con) -> None:
    """Put what was frozen into the vault in place of what was there."""
    con.execute("DELETE FROM vault.identity.frequencies")
    for field, (table, term, share) in FROZEN.items():
        con.execute(f"INSERT INTO vault.identity.frequencies SELECT '{field}', {term}, {share} FROM {table}")


def odds(probability: float) -> float:
    """Log2 odds of a probability."""
    return math.log2(probability / (1 - probability))


def gamma(comparison: dict[str, Any], label: str) -> int:
    """The number Splink gives a level of a comparison: levels that say something count down to 0, the last one."""
    told = [level["label_for_charts"] for level in comparison["comparison_levels"] if not level.get("is_null_level")]
    return len(told) - 1 - told.index(label)


def name_at_home(con, settings: dict[str, Any], least_weight: float) -> None:
    """Make `named_at_home(profile)`: who has somebody of the same whole name at home, so that nobody of another surname need be meant."""
    household = next(one for one in settings["comparisons"] if one["output_column_name"] == "household")
    labels = [one["label_for_charts"] for one in household["comparison_levels"]]
    at_home = ", ".join(str(gamma(household, label)) for label in labels if label in model.NAMED_AT_HOME)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE named_at_home AS
        SELECT DISTINCT unnest([a, b]) AS profile FROM scored WHERE weight >= ? AND gamma_household IN ({at_home})""",
        [least_weight],
    )


def supported(settings: dict[str, Any], *, doubted: bool = False) -> str:
    """SQL over `scored` beside the profiles `x` and `y` of its pair: whether more than names is behind it (`model.NAME_ONLY`),
    and not only what something speaks against (`model.DOUBTED`), unless `doubted`. Needs `named_at_home`."""
    said = []
    comparisons = {comparison["output_column_name"]: comparison for comparison in settings["comparisons"]}
    more = ", ".join(str(gamma(comparisons["forename"], label)) for label in model.MORE_THAN_INITIAL)
    for name, labels in model.NAME_ONLY.items():
        empty = ", ".join(str(gamma(comparisons[name], label)) for label in labels)
        needs = f" AND gamma_forename IN ({more})" if name in model.CONTACTS else ""
        doubts = "".join(
            f" AND NOT coalesce(gamma_{name} = {gamma(comparisons[name], label)} AND ({sql}), false)"
            for (of, label), sql in model.DOUBTED.items()
            if of == name and not doubted
        )
        said.append(f"(gamma_{name} NOT IN (-1, {empty}){needs}{doubts})")
    return f"({' OR '.join(said)})"
