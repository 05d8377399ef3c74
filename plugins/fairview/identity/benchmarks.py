"""Public linkage benchmarks, linked our way and by stock Splink's defaults.

Knows: how to tell from names and contents what the columns of a register hold, and how our grades of agreement and our
thresholds apply to such a register. Any file with its truth beside it, or with a column `cluster`, can be given.
Refuses to know: any benchmark by name, and its truth while linking; thresholds are the council's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairview.domain import names
from fairview.identity import agreement, balance, declarations, score, stock, train
from fairview.store import opening

# The sets the issue names; whichever of them, or of any others asked for, lie in the folder are run.
NAMED = ("historical_dev", "febrl1", "febrl3", "fake_1000")
# How registers call the columns we know how to compare. The first present is taken.
_CALLED = {
    "unique_id": ("record_id", "unique_id", "rec_id", "id"),
    "forename": ("forename", "first_name", "given_name", "firstname", "forenames"),
    "surname": ("surname", "last_name", "family_name", "lastname"),
    "birth": ("dob", "date_of_birth", "birth_date", "birthdate"),
}
_TRUTH_CALLED = ("entity_id", "cluster", "person_id", "cluster_id")
# Columns that say the names again, or say where a row came from.
_REPEATED = ("full_name", "name", "first_and_surname", "source_dataset", "source", "side")
# A column is worth blocking on when a value of it, with an initial, is shared by few: pairs per record at most, and pairs in
# all, so that a large register needs no more memory than a council.
_PAIRS_PER_RECORD, _PAIRS_IN_ALL = 60, 250_000
# Pairs learnt from, at random and in each block of likely ones.
_PAIRS_TO_LEARN = 2_000_000
# A column of fewer different values than this is a code; of nearly as many values as rows, a number of one person.
_FEWEST_VALUES, _NUMBER_SHARE = 30, 0.5
# Rounds of joining and counting agreement again, and the lightest pair still looked at in them (see `train`).
_ROUNDS, _LEAST_SEEN = 2, -10.0


@dataclass(frozen=True)
class Benchmark:
    """One register: the SQL that reads it, the SQL of its truth, what its columns hold. `kinds`: column → text, code, number,
    postcode or email."""

    name: str
    source: str
    columns: dict[str, str]
    truth: str
    kinds: dict[str, str]


def named(name: str) -> str:
    """A benchmark's name for a file: `splink_` is left away."""
    return name.removeprefix("splink_")


def found(con, folder: Path, wanted: tuple[str, ...] = NAMED) -> list[Benchmark]:
    """The benchmarks in a folder, in the order wanted; those not there, or not of persons, are left out."""
    files = {
        named(path.name.split(".")[0]): path
        for path in sorted(folder.iterdir())
        if path.name.endswith((".parquet", ".csv", ".csv.gz")) and not path.name.split(".")[0].endswith(("_truth", "_labels"))
    }  # fmt: skip
    described = (_described(con, name, files[name]) for name in wanted if name in files)
    return [benchmark for benchmark in described if benchmark]


def _reading(path: Path) -> str:
    read = "read_parquet({})" if path.suffix == ".parquet" else "read_csv({}, all_varchar = true)"
    return read.format(opening.quoted(path))


def _described(con, name: str, path: Path) -> Benchmark | None:
    source = _reading(path)
    held = [row[0] for row in con.execute(f"DESCRIBE FROM {source}").fetchall()]
    columns = {what: next((called for called in some if called in held), None) for what, some in _CALLED.items()}
    if not (columns["unique_id"] and columns["forename"] and columns["surname"]):
        return None
    beside = path.with_name(f"{path.name.split('.')[0]}_truth.csv.gz")
    answers = _reading(beside) if beside.exists() else source
    told = [row[0] for row in con.execute(f"DESCRIBE FROM {answers}").fetchall()]
    person = next((called for called in _TRUTH_CALLED if called in told), None)
    if not person:
        return None
    number = next(called for called in _CALLED["unique_id"] if called in told)
    truth = f"SELECT CAST({number} AS VARCHAR) AS unique_id, CAST({person} AS VARCHAR) AS person_id FROM {answers}"
    others = [column for column in held if column not in (*columns.values(), *_REPEATED, *_TRUTH_CALLED)]
    kinds = {column: kind for column in others if (kind := _kind(con, source, column))}
    return Benchmark(name, source, {what: column for what, column in columns.items() if column}, truth, kinds)


def _kind(con, source: str, column: str) -> str | None:
    """What a column holds, by its name and its values; None for one that says nothing."""
    told, distinct, longest_digits = con.execute(
        f"""SELECT count({column}), count(DISTINCT {column}),
            avg(regexp_full_match(CAST({column} AS VARCHAR), '[0-9]{{6,}}')::INTEGER) FROM {source}"""
    ).fetchone()
    if distinct < 2:
        return None
    if "mail" in column:
        return "email"
    if "postcode" in column or "zip" in column:
        return "postcode"
    if longest_digits > 0.9 and distinct >= _NUMBER_SHARE / 5 * told:
        return "number"
    return "code" if distinct < _FEWEST_VALUES else "text"


def run(con, benchmark: Benchmark) -> dict[str, Any]:
    """Quality over pairs of one benchmark on a fresh in-memory connection: {'ours': …, 'stock': …, 'held_out': …}, the last
    ours over one half of the persons, those nothing was tuned on (`score.HELD_OUT`)."""
    names.teach(con)
    declarations.teach(con, declarations.declarations())
    agreement.teach(con, declarations.declarations())
    others = "".join(f", CAST({column} AS VARCHAR) AS {column}" for column in benchmark.kinds)
    birth = benchmark.columns.get("birth")
    as_text = f"CAST({birth} AS VARCHAR)" if birth else "NULL::VARCHAR"
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE register AS
        SELECT CAST({benchmark.columns["unique_id"]} AS VARCHAR) AS unique_id, CAST({benchmark.columns["forename"]} AS VARCHAR) AS forename,
            CAST({benchmark.columns["surname"]} AS VARCHAR) AS surname,
            CASE WHEN regexp_full_match({as_text}, '[0-9]{{8}}') THEN {as_text}[1:4] || '-' || {as_text}[5:6] || '-' || {as_text}[7:8]
                 ELSE {as_text}[1:10] END AS birth {others}
        FROM {benchmark.source}"""
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE answers AS {benchmark.truth}")
    measured = {}
    for way, link in (("stock", _stock), ("ours", _ours)):
        link(con, benchmark)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE answered AS SELECT cluster, person_id FROM found JOIN answers USING (unique_id)"
        )
        measured[way] = score.pairwise(con, "answered")
    con.execute(f"CREATE OR REPLACE TEMP TABLE half AS FROM answered WHERE {score.HELD_OUT.format('person_id')}")
    measured["held_out"] = score.pairwise(con, "half")
    return measured


def _stock(con, benchmark: Benchmark) -> None:
    """Splink's defaults for each kind of column; blocking as its tutorials show: names, birth date, and each number."""
    of = {kind: [column for column, what in benchmark.kinds.items() if what == kind] for kind in ("postcode", "email")}
    exact = tuple(column for column, what in benchmark.kinds.items() if what != "email")
    is_british = _british_postcode(con, of["postcode"])
    if is_british:
        exact = tuple(column for column in exact if column != of["postcode"][0])
    blocks = [("forename", "surname"), *([("birth",)] if "birth" in benchmark.columns else [])]
    blocks += [(column, "surname") for column in of["postcode"]] + [(column,) for column in of["email"]]
    blocks += [(column,) for column, what in benchmark.kinds.items() if what == "number"]
    columns = stock.Columns(
        birth="birth" if "birth" in benchmark.columns else None,
        postcode=of["postcode"][0] if is_british else None,
        email=of["email"][0] if of["email"] else None,
        exact=exact,
        blocks=tuple(blocks),
    )
    stock.link(con, "register", columns)
    con.execute("CREATE OR REPLACE TEMP TABLE found AS FROM stock_clusters")


def _british_postcode(con, columns: list[str]) -> bool:
    return bool(columns) and bool(
        con.execute(
            f"SELECT avg(regexp_matches(upper({columns[0]}), '^[A-Z]{{1,2}}[0-9]')::INTEGER) > 0.5 FROM register"
        ).fetchone()[0]
    )


def _levels(name: str, null: str, *levels: tuple[str, str], frequency: str | None = None) -> dict[str, Any]:
    told = [{"sql_condition": sql, "label_for_charts": label} for sql, label in levels]
    if frequency:
        told[0] |= {"tf_adjustment_column": frequency, "tf_adjustment_weight": 1.0}
    return {
        "output_column_name": name,
        "comparison_levels": [
            {"sql_condition": null, "label_for_charts": "not told", "is_null_level": True},
            *told,
            {"sql_condition": "ELSE", "label_for_charts": "other"},
        ],
    }


# Grades of agreement by what a column holds; {c} is the column. Equal values always come first, with their frequency.
_GRADES = {
    "text": (("damerau_levenshtein({c}_l, {c}_r) <= 1", "one slip"), ("jaro_winkler_similarity({c}_l, {c}_r) >= 0.88", "alike"),
             ("contains({c}_l, {c}_r) OR contains({c}_r, {c}_l)", "part")),
    "code": (),
    "number": (("damerau_levenshtein({c}_l, {c}_r) <= 1", "one slip"), ("damerau_levenshtein({c}_l, {c}_r) <= 2", "two slips")),
    "postcode": (("damerau_levenshtein({c}_l, {c}_r) <= 1", "one slip"), ("split_part({c}_l, ' ', 1) = split_part({c}_r, ' ', 1)", "same district")),
    "email": (("split_part({c}_l, '@', 1) = split_part({c}_r, '@', 1)", "same mailbox elsewhere"),
              ("damerau_levenshtein({c}_l, {c}_r) <= 2", "slips"),
              ("jaro_winkler_similarity(split_part({c}_l, '@', 1), split_part({c}_r, '@', 1)) >= 0.88", "alike")),
}  # fmt: skip


def _settings(benchmark: Benchmark, blocks: list[str]) -> dict[str, Any]:
    fore, sur = (
        "forename_grade(fore_l, families_l, fore_r, families_r)",
        "surname_grade(sur_l, words_l, sur_r, words_r)",
    )
    swap = "names_swapped(fore_l, sur_l, fore_r, sur_r)"
    birth = "birth_grade(TRY_CAST(birth_l AS DATE), TRY_CAST(birth_r AS DATE))"
    comparisons = [
        _levels("fore", "fore_l IS NULL OR fore_r IS NULL", ("fore_l = fore_r", "same"), (f"{fore} = 3", "near"), (swap, "swapped"),
                (f"{fore} = 2", "initial"), ("jaro_winkler_similarity(fore_l, fore_r) >= 0.88", "alike"), frequency="fore"),
        _levels("sur", "sur_l IS NULL OR sur_r IS NULL", ("sur_l = sur_r", "same"), (f"{sur} = 3", "near"), (swap, "swapped"),
                (f"{sur} = 2", "part"), ("jaro_winkler_similarity(sur_l, sur_r) >= 0.88", "alike"), frequency="sur"),
    ]  # fmt: skip
    if "birth" in benchmark.columns:
        comparisons.append(
            _levels("birth", "birth_l IS NULL OR birth_r IS NULL", ("birth_l = birth_r", "same"), (f"{birth} = 3", "swapped"),
                    ("damerau_levenshtein(birth_l, birth_r) <= 1", "one digit"), (f"{birth} = 2", "placeholder"),
                    ("birth_l[1:4] = birth_r[1:4]", "same year"), ("birth_l[5:10] = birth_r[5:10]", "same day of the year"),
                    ("damerau_levenshtein(birth_l, birth_r) <= 2", "two digits"), frequency="birth")
        )  # fmt: skip
    for column, kind in benchmark.kinds.items():
        grades = tuple((sql.format(c=column), label) for sql, label in _GRADES[kind])
        null = f"{column}_l IS NULL OR {column}_r IS NULL"
        comparisons.append(_levels(column, null, (f"{column}_l = {column}_r", "same"), *grades, frequency=column))
    return {
        "link_type": "dedupe_only", "unique_id_column_name": "unique_id", "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": blocks, "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True, "em_convergence": 0.0001, "max_iterations": 25,
    }  # fmt: skip


def _blocks(con, benchmark: Benchmark) -> list[str]:
    """Pairs worth comparing: of the ways to block a register of persons, those whose blocks stay small in this one."""
    tried = [("sur", "fore"), ("sur", "fore[1]"), ("fore", "sur[1]"), ("fore[1:3]", "sur[1:3]")]
    if "birth" in benchmark.columns:
        tried += [
            ("birth",),
            ("birth", "fore[1]"),
            ("birth", "sur[1]"),
            ("sur", "birth[1:4]"),
            ("fore", "birth[1:4]"),
            ("birth[6:10]", "fore[1:2]"),
        ]
    for column, kind in benchmark.kinds.items():
        if kind != "code":
            tried += [(column,), (column, "fore[1]"), (column, "sur[1]"), (column, "sur")]
            tried += [(column, "birth[1:4]")] if "birth" in benchmark.columns else []
    most = min(_PAIRS_PER_RECORD, _PAIRS_IN_ALL / con.execute("SELECT count(*) FROM profiles").fetchone()[0])
    small = {keys: size for keys in tried if (size := _pairs(con, keys)) <= most}
    # A way whose pairs another, shorter one already gives adds nothing.
    kept = [keys for keys in small if not any(set(other) < set(keys) for other in small)]
    return [
        " AND ".join(f"l.{key} = r.{key}" for key in keys) for keys in kept
    ] + ["l.sur = r.fore AND l.fore = r.sur"]  # fmt: skip


def _thinned(con, keys: tuple[str, ...]) -> str:
    """The block in which these keys agree, cut into as many parts as it takes to learn from no more than `_PAIRS_TO_LEARN` pairs: where
    many share a name or a year of birth, blocks grow with the square of the register and say no more."""
    parts = math.ceil(_pairs(con, keys) * con.execute("SELECT count(*) FROM profiles").fetchone()[0] / _PAIRS_TO_LEARN)
    part = f" AND hash(l.unique_id) % {parts} = hash(r.unique_id) % {parts}" if parts > 1 else ""
    return " AND ".join(f"l.{key} = r.{key}" for key in keys) + part


def _pairs(con, keys: tuple[str, ...]) -> float:
    told = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    return con.execute(
        f"""SELECT coalesce(sum(n * (n - 1) / 2), 0) / (SELECT count(*) FROM profiles)
        FROM (SELECT count(*) AS n FROM profiles WHERE {told} GROUP BY {", ".join(keys)})"""
    ).fetchone()[0]


def _ours(con, benchmark: Benchmark) -> None:
    """Our normalising, grades, settings and joining; weights learnt on the register itself, as `train` does."""
    others = "".join(f", nullif(upper(trim({name})), '') AS {name}" for name in benchmark.kinds)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE profiles AS
        SELECT unique_id, name_joined(forename) AS fore, name_joined(surname) AS sur, name_words(surname) AS words,
            coalesce((SELECT list(family ORDER BY family) FROM nicknames WHERE name = pet_ending(name_plain(forename))), []) AS families,
            nullif(trim(birth), '') AS birth {others} FROM register"""
    )
    has_birth = "birth" in benchmark.columns
    learn_in = [_thinned(con, keys) for keys in [("birth",)] * has_birth + [("sur", "fore")]]
    same_name = "l.sur = r.sur AND l.fore = r.fore"
    sure = ["l.birth = r.birth AND l.sur = r.sur", f"{same_name} AND l.birth[1:4] = r.birth[1:4]"]
    settings = _settings(benchmark, _blocks(con, benchmark))
    settings = train.smoothed(
        train.learn(con, settings, 1, learn_in, sure if has_birth else [same_name], 0.7, pairs=_PAIRS_TO_LEARN)
    )
    for _ in range(_ROUNDS):
        _join(con, settings)
        con.execute(
            """CREATE OR REPLACE TEMP TABLE judged_pairs AS SELECT scored.*, x.cluster = y.cluster AS is_one
            FROM scored JOIN membership x ON x.node = a JOIN membership y ON y.node = b"""
        )
        for comparison in settings["comparisons"]:
            train.recount(con, comparison)
        joined, all_pairs = con.execute(
            """SELECT (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM membership GROUP BY cluster)),
                (SELECT count(*) * (count(*) - 1) / 2 FROM membership)"""
        ).fetchone()
        settings["probability_two_random_records_match"] = max(float(joined), 1.0) / float(all_pairs)
    _join(con, settings)
    con.execute("CREATE OR REPLACE TEMP TABLE found AS SELECT node AS unique_id, cluster FROM membership")


def _join(con, settings: dict[str, Any]) -> None:
    """Score the candidates into `scored` and join what is heavy enough into `membership`, as a run does."""
    from splink import DuckDBAPI, Linker

    limits = declarations.declarations()
    linker = Linker(DuckDBAPI(connection=con).register("profiles"), settings, log_level=None, validate_settings=False)
    found = linker.inference.predict(threshold_match_weight=_LEAST_SEEN, warning_mode="never")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE scored AS SELECT unique_id_l AS a, unique_id_r AS b, round(match_weight, 6) AS weight,
            columns('^gamma_') FROM {found.physical_name}"""
    )
    linker.table_management.delete_tables_created_by_splink_from_db()
    balance.join(con, limits.limit("least_weight"), limits.limit("counts_against"))
