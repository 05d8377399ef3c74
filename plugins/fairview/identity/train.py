"""Trains the model: a separate, deliberate act whose result a person reviews and commits.

Knows: how weights are found without truth (random pairs for coincidence, expectation maximisation for agreement),
seeded and on one thread, so that the same deliveries give the same model.
Refuses to know: truth, and the runs that will use the model. Weights hold no personal value; frequencies of names do and
stay in the vault, where the first run with a new model freezes them.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from fairview.identity import decisions, link, model, profiles, records, rules, schema, weighing
from fairview.identity.declarations import Declarations, declarations
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

# Random pairs for coincidence. More takes minutes and moves weights by hundredths; rarer levels rest on `_LEAST_*`.
_RANDOM_PAIRS = 8_000_000
# No agreement proves and no disagreement disproves beyond these: people change numbers, clerks err. Identity, 2026-11-23.
_LEAST_M, _LEAST_U = 0.003, 0.000001
# Blocks in which a good part of the pairs are one person, each leaving other evidence free to be learnt.
_LEARN_IN = ("l.birth_date = r.birth_date", "l.nino = r.nino", "l.sur = r.sur AND l.fore = r.fore")
_SURE = ("l.nino = r.nino AND l.sur = r.sur", "l.birth_date = r.birth_date AND l.sur = r.sur AND l.fore = r.fore")
_SURE_FIND = 0.3
_MATCHES_AT_FIRST, _ROUNDS = 0.3, 5
# Levels whose every pair is a candidate, so that coincidence can be counted among candidates left apart.
COUNTED_APART = {
    "household": (
        "same home now, whole name fits", "same home once, whole name fits", "same crowded home, whole name fits",
        "forwarding address, whole name fits", "moved on the same day, whole name fits", "same postcode, whole name fits",
        "lived together, other surname, same forename", "same home, when is not told, other surname, same forename",
    ),
    "nino": ("same number",),
    "email": ("same e-mail",),
}  # fmt: skip


def train(places: Places, keyring: Keyring, as_at: date, seed: int = 1, to: Path = model.MODEL) -> dict[str, Any]:
    """Learn weights from the staged records and write them to `to`. Returns what the model was trained on (counts only).

    Same records and seed give the same file. Runs go on with the old model until the new one is committed.
    """
    declared = declarations()
    with opening.vault(places, keyring, threads=1) as con:
        con.execute("USE memory")
        schema.ensure(con)
        records.gather(con, declared, as_at)
        con.execute("CREATE OR REPLACE TEMP TABLE profile_of AS SELECT record_id, record_id AS profile FROM records")
        profiles.fold(con, float("inf"))
        agreement = learn(con, model.settings(), seed, _LEARN_IN, _SURE, _SURE_FIND)
        trained_on = {"records": con.execute("SELECT count(*) FROM records").fetchone()[0], "seed": seed}
        decisions.bring(con)
        rules.apply(con, declared.limit("margin"))
        profiles.fold(con, declared.limit("crowd"))
        trained_on["profiles"] = con.execute("SELECT count(*) FROM profiles").fetchone()[0]
        settings = learn(con, model.settings(), seed, (), (), 1.0)
        for learnt, first in zip(settings["comparisons"], agreement["comparisons"], strict=True):
            for level, other in zip(learnt["comparison_levels"], first["comparison_levels"], strict=True):
                level["m_probability"] = other.get("m_probability")
        document = _settle(con, declared, smoothed(settings), trained_on)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return document["trained_on"]


def learn(
    con, settings: dict[str, Any], seed: int, learn_in, sure, sure_find: float, pairs: int = _RANDOM_PAIRS
) -> dict[str, Any]:
    """Settings with weights learnt from the table `profiles`; see Splink's training for what each step does."""
    from splink import DuckDBAPI, Linker

    linker = Linker(DuckDBAPI(connection=con).register("profiles"), settings, log_level=None, validate_settings=False)
    if sure:
        linker.training.estimate_probability_two_random_records_match(list(sure), recall=sure_find)
    linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed, min_count_per_level=None)
    for block in learn_in:
        linker.training.estimate_parameters_using_expectation_maximisation(block)
    learnt = linker.misc.save_model_to_json()
    linker.table_management.delete_tables_created_by_splink_from_db()
    return learnt


def smoothed(settings: dict[str, Any]) -> dict[str, Any]:
    """Add a little to every level and share out again, so that levels never seen in training have a cautious weight."""
    for comparison in settings["comparisons"]:
        told = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for field, least in (("m_probability", _LEAST_M), ("u_probability", _LEAST_U)):
            _share(told, field, [(level.get(field) or 0.0) + least for level in told])
        for level in comparison["comparison_levels"]:
            for field in [field for field in level if field.startswith("fix_")]:
                del level[field]
    return settings


def _share(levels: list[dict[str, Any]], field: str, parts: list[float]) -> None:
    total = sum(parts)
    for level, part in zip(levels, parts, strict=True):
        level[field] = round(part / total, 9)


def _settle(con, declared: Declarations, settings: dict[str, Any], trained_on: dict[str, Any]) -> dict[str, Any]:
    """Fit the weights to the profiles they will judge: score, join, and count agreement among the joined, until it rests.

    What the rules leave over differs from what they took: more moves, more initials, fewer birth dates. Coincidence in
    sharing a home, a number or a mailbox is counted among candidates left apart, since a random pair hardly ever has it
    unless it is one person.
    """
    weighing.freeze(con, declared.limit("namesakes"))
    weighing.candidates(con)
    document = {"trained_on": {**trained_on, "matches_per_record": _MATCHES_AT_FIRST}, "settings": settings}
    pairs = trained_on["profiles"] * (trained_on["profiles"] - 1) / 2
    for _ in range(_ROUNDS):
        weighing.score(con, weighing.fitted(document, trained_on["profiles"]), -1000.0)
        link.join(con, declared, settings)
        con.execute(
            """CREATE OR REPLACE TEMP TABLE judged_pairs AS SELECT scored.*, x.cluster = y.cluster AS is_one
            FROM scored JOIN membership x ON x.node = a JOIN membership y ON y.node = b"""
        )
        for comparison in settings["comparisons"]:
            _recount(con, comparison, pairs)
        joined = con.execute("SELECT count(*) FROM judged_pairs WHERE is_one").fetchone()[0]
        document["trained_on"]["matches_per_record"] = round(2 * joined / trained_on["profiles"], 4)
    return document


def recount(con, comparison: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Count the agreement of `judged_pairs(gamma_…, is_one)` that are one person into a comparison's m-probabilities.

    Returns each level that says something with its number of pairs apart."""
    name = comparison["output_column_name"]
    told = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
    counts = dict(
        con.execute(
            f"SELECT (gamma_{name}, is_one), count(*) FROM judged_pairs WHERE gamma_{name} >= 0 GROUP BY 1"
        ).fetchall()
    )
    one, apart = (
        [counts.get((len(told) - 1 - place, side), 0) for place in range(len(told))] for side in (True, False)
    )
    if sum(one):
        _share(told, "m_probability", [count / sum(one) + _LEAST_M for count in one])
    return list(zip(told, apart, strict=True))


def _recount(con, comparison: dict[str, Any], pairs: float) -> None:
    name = comparison["output_column_name"]
    levels = recount(con, comparison)
    told_pairs = pairs * _told_share(con, name)
    for level, count in levels:
        if level["label_for_charts"] in COUNTED_APART.get(name, ()):
            level["u_probability"] = round((count + 1) / told_pairs, 12)


def _told_share(con, name: str) -> float:
    """Share of all pairs in which both sides tell the fact; one in which everybody does for names and homes."""
    column = {"nino": "nino", "email": "emails", "phone": "phones", "birth_date": "birth_date"}.get(name)
    if not column:
        return 1.0
    share = con.execute(f"SELECT count({column}) / count(*) FROM profiles").fetchone()[0]
    return max(share * share, 1e-6)
