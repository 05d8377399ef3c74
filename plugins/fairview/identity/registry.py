"""The registry: a person keeps an identifier while records come and go.

Knows: who held which identifier before, how a cluster inherits one, how a new one is minted, what a split and a merge are.
Refuses to know: why records were clustered as they are.

A cluster keeps the identifier with which it shares most records, between equals the oldest. When a person is split the
identifier stays with the biggest part, between equals with the one whose records had it first; a part that once had an identifier of its own, before a merge that is now undone,
gets that one back. New identifiers are the first 128 bits of HMAC-SHA256 under the registry key of
the cluster's smallest record and the date, so the same deliveries under the same root key give the same ones anywhere.
Households are kept in the same way, with a spell's sources in place of records.
"""

from __future__ import annotations

from datetime import date

from fairview.store import lending

_INHERIT = """
CREATE OR REPLACE TEMP TABLE {name}_shares AS
SELECT cluster, {key} AS old, count(*) AS items, count(*) FILTER (is_first) AS own, min(minted_on) AS minted_on
FROM {name}_items JOIN {name}_before USING (item) GROUP BY cluster, {key};
CREATE OR REPLACE TEMP TABLE {name}_kept AS
WITH clusters AS (SELECT cluster, min(item) AS first_item, count(*) AS size FROM {name}_items GROUP BY cluster),
heirs AS (
    SELECT s.*, c.first_item FROM {name}_shares s JOIN clusters c USING (cluster)
    QUALIFY row_number() OVER (PARTITION BY old ORDER BY items DESC, own DESC, size DESC, first_item) = 1
), chosen AS (
    SELECT * FROM heirs QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY items DESC, minted_on, old) = 1
)
SELECT c.cluster, c.first_item, c.size, chosen.old AS id, 0 AS attempt FROM clusters c LEFT JOIN chosen USING (cluster)
"""

# Whoever would get a new identifier gets an earlier one of its records back, when nobody holds it now.
_GIVE_BACK = """
CREATE OR REPLACE TEMP TABLE {name}_given_back AS
WITH shares AS (
    SELECT k.cluster, k.first_item, k.size, e.{key} AS old, count(*) AS items, min(e.minted_on) AS minted_on
    FROM {name}_kept k JOIN {name}_items i USING (cluster) JOIN {name}_earlier e USING (item)
    WHERE k.id IS NULL AND e.{key} NOT IN (SELECT id FROM {name}_kept WHERE id IS NOT NULL) GROUP BY ALL
), heirs AS (
    SELECT * FROM shares QUALIFY row_number() OVER (PARTITION BY old ORDER BY items DESC, size DESC, first_item) = 1
)
SELECT * FROM heirs QUALIFY row_number() OVER (PARTITION BY cluster ORDER BY items DESC, minted_on, old) = 1;
CREATE OR REPLACE TEMP TABLE {name}_kept AS
SELECT k.* REPLACE (coalesce(k.id, g.old) AS id) FROM {name}_kept k LEFT JOIN {name}_given_back g USING (cluster)
"""

_MINT = """
CREATE OR REPLACE TEMP TABLE {name}_kept AS
SELECT cluster, first_item, size, attempt,
    coalesce(id, registry_mint($prefix || first_item || '|' || $as_at || CASE WHEN attempt = 0 THEN '' ELSE '|' || attempt END)::UUID) AS id,
    id IS NULL AS is_minted
FROM {name}_kept
"""

# An identifier once given away is never given to somebody else; a clash asks for the next attempt.
_TAKEN = """
SELECT count(*) FROM {name}_kept k WHERE is_minted AND (
    EXISTS (FROM {name}_known r WHERE r.id = k.id) OR (SELECT count(*) FROM {name}_kept o WHERE o.id = k.id) > 1)
"""
_AGAIN = """
CREATE OR REPLACE TEMP TABLE {name}_kept AS
SELECT cluster, first_item, size, CASE WHEN taken THEN attempt + 1 ELSE attempt END AS attempt,
    CASE WHEN taken THEN NULL ELSE id END AS id
FROM (SELECT *, is_minted AND (EXISTS (FROM {name}_known r WHERE r.id = k.id)
    OR row_number() OVER (PARTITION BY id ORDER BY is_minted, cluster) > 1) AS taken FROM {name}_kept k)
"""


def enter(con, name: str, key: str, minting_key: bytes, as_at: date, prefix: str = "") -> None:
    """Give every cluster of `<name>_items(item, cluster)` an identifier: leaves `<name>_ids(cluster, id, is_new)`.

    Needs `<name>_before(item, <key>, minted_on, is_first)`, who held what last and whether it was the item's first,
    `<name>_earlier(item, <key>, minted_on)`, who ever held what, and `<name>_known(id)`, every identifier ever given.
    Leaves `<name>_shares(cluster, old, items)` for the log of splits and merges.
    """
    try:
        lending.register(con, "registry_mint", minting_key)
    except Exception as error:  # DuckDB has no CREATE OR REPLACE for Python functions
        if "already" not in str(error).lower():
            raise
    for statement in (_INHERIT + ";" + _GIVE_BACK).format(name=name, key=key).split(";"):
        con.execute(statement)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name}_new AS SELECT cluster FROM {name}_kept WHERE id IS NULL")
    while True:
        con.execute(_MINT.format(name=name), {"prefix": prefix, "as_at": as_at.isoformat()})
        if not con.execute(_TAKEN.format(name=name)).fetchone()[0]:
            break
        con.execute(_AGAIN.format(name=name))
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {name}_ids AS
        SELECT k.cluster, k.id, n.cluster IS NOT NULL AS is_new FROM {name}_kept k LEFT JOIN {name}_new n USING (cluster)"""
    )
