"""Optimisers of DuckDB that are known to answer wrongly are off in every connection, and only for as long as they do."""

import duckdb
import pytest

from fairview.store import opening

# The smallest statements known to go wrong, each with what DuckDB must answer (duckdb/duckdb issues 24624 and 24302).
WRONG_BY_DEFAULT = {
    "a plan shared by both halves of a union": (
        """
        CREATE TABLE flags (c0 BOOLEAN);
        CREATE TABLE words (c1 VARCHAR);
        INSERT INTO words VALUES ('a');
        INSERT INTO flags VALUES (false);
        SELECT count(*) FROM (
            SELECT * FROM flags LEFT JOIN words ON true
            WHERE NOT ((NOT flags.c0) AND (substring(words.c1 FROM -4294967296) <> words.c1))
            UNION ALL
            SELECT * FROM flags LEFT JOIN words ON true
            WHERE ((NOT flags.c0) AND (substring(words.c1 FROM -4294967296) <> words.c1)) IS NULL
        )
        """,
        1,
    ),
    "a window over a window": (
        """
        SELECT bool_and(s = actual_sum) FROM (
            SELECT i, s, sum(i) OVER () AS actual_sum
            FROM (
                SELECT i, sum(i) OVER (PARTITION BY g) AS s
                FROM (SELECT 1 AS g, i FROM range(1000) t(i) WHERE random() < 0.5)
            )
        )
        """,
        True,
    ),
}


def answer(con, statements):
    for statement in filter(str.strip, statements.split(";")):
        con.execute(statement)
    return con.fetchone()[0]


@pytest.mark.parametrize("case", WRONG_BY_DEFAULT)
def test_every_connection_answers_rightly_where_an_optimiser_of_duckdb_would_not(case, tmp_path):
    statements, right = WRONG_BY_DEFAULT[case]
    with duckdb.connect() as con:
        opening.settle(con, tmp_path)
        assert answer(con, statements) == right


@pytest.mark.parametrize("case", WRONG_BY_DEFAULT)
def test_the_switched_off_optimisers_are_still_wrong_in_this_duckdb_otherwise_switch_them_on_again(case):
    statements, right = WRONG_BY_DEFAULT[case]
    with duckdb.connect() as con:
        assert answer(con, statements) != right
