"""Public linkage benchmarks, linked our way and by stock Splink's defaults.

Knows: how each benchmark's columns are called, and how our grades of agreement and our joining apply to a plain register.
Refuses to know: the benchmarks' truth while linking; thresholds are the council's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairview.domain import names
from fairview.identity import agreement, clusters, declarations, score, stock, train
from fairview.store import opening


@dataclass(frozen=True)
class Benchmark:
    """`select` brings the file to unique_id, forename, surname, birth (ISO text) and further text columns, `others`;
    `truth` brings its answers to unique_id, person_id."""

    name: str
    select: str
    truth: str
    others: tuple[str, ...]
    stock: stock.Columns
    blocks: tuple[str, ...]


_FEBRL = """SELECT record_id AS unique_id, given_name AS forename, surname, strftime(try_strptime(CAST(date_of_birth AS VARCHAR), '%Y%m%d'),
    '%Y-%m-%d') AS birth, street_number, address_1, suburb, CAST(postcode AS VARCHAR) AS postcode, state
    FROM read_csv({folder} || '/{file}.csv.gz', all_varchar = true)"""
_ANSWERS = "SELECT record_id AS unique_id, entity_id AS person_id FROM read_csv({folder} || '/{file}_truth.csv.gz', all_varchar = true)"
_FEBRL_COLUMNS = stock.Columns(
    postcode=None, exact=("street_number", "suburb", "postcode", "state"),
    blocks=(("forename", "surname"), ("birth",), ("postcode", "surname"), ("street_number", "suburb")),
)  # fmt: skip
_FEBRL_BLOCKS = (
    "l.birth = r.birth", "l.sur = r.sur AND l.fore[1] = r.fore[1]", "l.fore = r.fore AND l.postcode = r.postcode",
    "l.address_1 = r.address_1 AND (l.sur[1] = r.sur[1] OR l.fore[1] = r.fore[1] OR l.sur[1] = r.fore[1])",
    "l.postcode = r.postcode AND l.sur[1:2] = r.sur[1:2]", "l.sur = r.fore AND l.fore = r.sur", "l.suburb = r.suburb AND l.fore[1:3] = r.fore[1:3]",
)  # fmt: skip

BENCHMARKS = (
    Benchmark(
        "historical_dev",
        """SELECT record_id AS unique_id, first_name AS forename, surname, dob AS birth, birth_place, postcode_fake AS postcode, gender, occupation
        FROM read_parquet({folder} || '/historical_dev.parquet')""",
        _ANSWERS.replace("{file}", "historical_dev"),
        ("birth_place", "postcode", "gender", "occupation"),
        stock.Columns(
            postcode="postcode", exact=("birth_place", "occupation"),
            blocks=(("forename", "surname"), ("surname", "birth"), ("forename", "birth"), ("postcode", "forename"), ("postcode", "surname")),
        ),
        (
            "l.sur = r.sur AND l.fore = r.fore", "l.birth = r.birth AND l.fore[1] = r.fore[1]", "l.birth = r.birth AND l.sur[1] = r.sur[1]",
            "l.postcode = r.postcode AND (l.fore[1] = r.fore[1] OR l.sur[1] = r.sur[1])", "l.sur = r.sur AND l.birth[1:4] = r.birth[1:4]",
            "l.sur = r.fore AND l.fore = r.sur",
        ),
    ),
    Benchmark("febrl1", _FEBRL.replace("{file}", "febrl1"), _ANSWERS.replace("{file}", "febrl1"),
              ("street_number", "address_1", "suburb", "postcode", "state"), _FEBRL_COLUMNS, _FEBRL_BLOCKS),
    Benchmark("febrl3", _FEBRL.replace("{file}", "febrl3"), _ANSWERS.replace("{file}", "febrl3"),
              ("street_number", "address_1", "suburb", "postcode", "state"), _FEBRL_COLUMNS, _FEBRL_BLOCKS),
    Benchmark(
        "fake_1000",
        """SELECT CAST(unique_id AS VARCHAR) AS unique_id, first_name AS forename, surname, CAST(dob AS VARCHAR) AS birth, city, email
        FROM read_csv({folder} || '/splink_fake_1000.csv')""",
        "SELECT CAST(unique_id AS VARCHAR) AS unique_id, CAST(cluster AS VARCHAR) AS person_id FROM read_csv({folder} || '/splink_fake_1000.csv')",
        ("city", "email"),
        stock.Columns(email="email", exact=("city",), blocks=(("forename", "city"), ("surname",), ("birth",), ("email",))),
        ("l.birth = r.birth", "l.sur = r.sur", "l.email = r.email", "l.fore = r.fore AND l.city = r.city", "l.fore = r.sur AND l.sur = r.fore",
         "l.fore = r.fore AND l.birth[1:4] = r.birth[1:4]"),
    ),
)  # fmt: skip


def run(con, folder: Path, benchmark: Benchmark) -> dict[str, score.Quality]:
    """Quality over pairs of one benchmark on a fresh in-memory connection: {'ours': …, 'stock': …}."""
    names.teach(con)
    declarations.teach(con, declarations.declarations())
    agreement.teach(con)
    place = opening.quoted(folder)
    con.execute(f"CREATE OR REPLACE TEMP TABLE register AS {benchmark.select.replace('{folder}', place)}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE answers AS {benchmark.truth.replace('{folder}', place)}")
    found = {}
    for way, table in (("stock", _stock), ("ours", _ours)):
        table(con, benchmark)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE answered AS SELECT cluster, person_id FROM found JOIN answers USING (unique_id)"
        )
        found[way] = score.pairwise(con, "answered")
    return found


def _stock(con, benchmark: Benchmark) -> None:
    stock.link(con, "register", benchmark.stock)
    con.execute("CREATE OR REPLACE TEMP TABLE found AS FROM stock_clusters")


def _text(name: str) -> dict[str, Any]:
    return {
        "output_column_name": name,
        "comparison_levels": [
            {
                "sql_condition": f"{name}_l IS NULL OR {name}_r IS NULL",
                "label_for_charts": "not told",
                "is_null_level": True,
            },
            {
                "sql_condition": f"{name}_l = {name}_r",
                "label_for_charts": "same",
                "tf_adjustment_column": name,
                "tf_adjustment_weight": 1.0,
            },
            {"sql_condition": f"damerau_levenshtein({name}_l, {name}_r) <= 1", "label_for_charts": "one slip"},
            {"sql_condition": f"jaro_winkler_similarity({name}_l, {name}_r) >= 0.88", "label_for_charts": "alike"},
            {"sql_condition": "ELSE", "label_for_charts": "other"},
        ],
    }


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


def _settings(benchmark: Benchmark) -> dict[str, Any]:
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
        _levels("birth", "birth_l IS NULL OR birth_r IS NULL", ("birth_l = birth_r", "same"), (f"{birth} = 3", "swapped"),
                (f"{birth} = 2", "placeholder or one digit"), ("birth_l[1:4] = birth_r[1:4]", "same year"),
                ("birth_l[5:10] = birth_r[5:10]", "same day of the year")),
        *[_text(name) for name in benchmark.others],
    ]  # fmt: skip
    return {
        "link_type": "dedupe_only", "unique_id_column_name": "unique_id", "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": list(benchmark.blocks), "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False, "em_convergence": 0.0001, "max_iterations": 25,
    }  # fmt: skip


def _ours(con, benchmark: Benchmark) -> None:
    """Our normalising, grades, settings and joining; weights learnt on the register itself, as `train` does."""
    from splink import DuckDBAPI, Linker

    others = "".join(f", nullif(upper(trim({name})), '') AS {name}" for name in benchmark.others)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE profiles AS
        SELECT unique_id, name_joined(forename) AS fore, name_joined(surname) AS sur, name_words(surname) AS words,
            coalesce((SELECT list(family ORDER BY family) FROM nicknames WHERE name = pet_ending(name_plain(forename))), []) AS families,
            birth {others} FROM register"""
    )
    learn_in = ("l.birth = r.birth", "l.sur = r.sur AND l.fore = r.fore")
    sure = ("l.birth = r.birth AND l.sur = r.sur", "l.sur = r.sur AND l.fore = r.fore AND l.birth[1:4] = r.birth[1:4]")
    settings = train.smoothed(train.learn(con, _settings(benchmark), 1, learn_in, sure, 0.7, pairs=2_000_000))
    linker = Linker(DuckDBAPI(connection=con).register("profiles"), settings, log_level=None, validate_settings=False)
    limits = declarations.declarations()
    scored = linker.inference.predict(threshold_match_weight=limits.limit("least_weight"), warning_mode="never")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE pairs AS SELECT unique_id_l AS a, unique_id_r AS b, match_weight AS weight FROM {scored.physical_name}"
    )
    linker.table_management.delete_tables_created_by_splink_from_db()
    nothing = dict.fromkeys(clusters.FACET_COLUMNS, "NULL") | {
        "families": "[]::VARCHAR[]",
        "is_adult": "false",
        "is_minor": "false",
    }
    typed = {"birth_date": "NULL::DATE", "position": "NULL::BIGINT"}
    facets = ", ".join(
        f"{({**nothing, **typed}).get(name)} AS {name}".replace("NULL AS", "NULL::VARCHAR AS") for name in nothing
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE facets AS SELECT unique_id AS node, {facets} FROM profiles")
    con.execute("CREATE OR REPLACE TEMP TABLE must_join (node VARCHAR, cluster VARCHAR)")
    clusters.join(con, limits.limit("margin"))
    con.execute("CREATE OR REPLACE TEMP TABLE found AS SELECT node AS unique_id, cluster FROM membership")
