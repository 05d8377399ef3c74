"""Stock Splink: its documented defaults, the baseline our linking has to beat.

Knows: the library's own comparisons, blocking and thresholds as its documentation shows them for person data.
Refuses to know: anything about council data. Nothing here is used in a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# The threshold at which Splink's tutorials cluster.
_CLUSTER_AT = 0.95


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what; `exact` columns are compared as documented for other fields, with frequencies."""

    forename: str = "forename"
    surname: str = "surname"
    birth: str | None = "birth"
    postcode: str | None = None
    email: str | None = None
    exact: tuple[str, ...] = ()
    blocks: tuple[tuple[str, ...], ...] = field(default=())


def link(con, table: str, columns: Columns, seed: int = 1) -> None:
    """Link `table` (with `unique_id`, all text) by Splink's defaults: leaves `stock_clusters(unique_id, cluster)`."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    comparisons = [cl.NameComparison(columns.forename), cl.NameComparison(columns.surname)]
    if columns.birth:
        comparisons.append(cl.DateOfBirthComparison(columns.birth, input_is_string=True))
    if columns.postcode:
        comparisons.append(cl.PostcodeComparison(columns.postcode))
    if columns.email:
        comparisons.append(cl.EmailComparison(columns.email))
    comparisons += [cl.ExactMatch(name).configure(term_frequency_adjustments=True) for name in columns.exact]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(*names) for names in columns.blocks],
    )
    api = DuckDBAPI(connection=con)
    linker = Linker(api.register(table), settings, log_level=None)
    sure = [block_on(columns.forename, columns.surname, *([columns.birth] if columns.birth else []))]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1_000_001, seed=seed)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on(columns.forename, columns.surname))
    if columns.birth:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(columns.birth))
    pairs = linker.inference.predict(threshold_match_probability=0.2, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        pairs, threshold_match_probability=_CLUSTER_AT
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE stock_clusters AS SELECT unique_id, CAST(cluster_id AS VARCHAR) AS cluster FROM {clusters.physical_name}"
    )
    linker.table_management.delete_tables_created_by_splink_from_db()


def link_records(con) -> None:
    """Stock Splink on the council's `records` and `spells`: leaves `stock_clusters(unique_id, cluster)`."""
    con.execute(
        """CREATE OR REPLACE TEMP TABLE stock_records AS
        SELECT record_id AS unique_id, forename, surname, strftime(birth_date, '%Y-%m-%d') AS birth, email, phone, nino,
            (SELECT min(postcode) FROM spells s WHERE s.record_id = r.record_id) AS postcode
        FROM records r"""
    )
    blocks = (("forename", "surname"), ("surname", "postcode"), ("birth", "surname"), ("nino",), ("email",))
    link(con, "stock_records", Columns(postcode="postcode", email="email", exact=("nino", "phone"), blocks=blocks))
