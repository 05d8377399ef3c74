"""Who is who: one run from staged records to persons and households in the vault.

Knows: the order of the walk and what is written at its end, in one transaction: either all of `vault.identity` follows
from this run or nothing does.
Refuses to know: how each step is done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fairview.identity import (
    changes,
    clusters,
    decisions,
    guards,
    households,
    model,
    people,
    profiles,
    records,
    registry,
    rules,
    schema,
    weighing,
)
from fairview.identity.declarations import Declarations, declarations
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

# Pairs lighter than this are not even kept for the next run; far below anything reviewed.
_LEAST_KEPT = -5.0


@dataclass(frozen=True)
class LinkReceipt:
    """What a run did, in counts only. `new`, `merged`, `split`, `retired` are persons against the run before."""

    as_at: date
    records: int
    profiles: int
    people: int
    households: int
    new: int
    merged: int
    split: int
    retired: int
    to_review: int
    scored_anew: int
    first: bool
    model: str


def link_people(
    places: Places,
    keyring: Keyring,
    as_at: date,
    at: datetime,
    *,
    full: bool = False,
    allowed: Mapping[str, int] | None = None,
    threads: int | None = None,
    memory: str | None = None,
) -> LinkReceipt:
    """Link every staged record as at a date and write `vault.identity.*`. Returns counts.

    `full` scores every pair anew instead of those the deliveries changed; the result is the same.
    `allowed` lets through what a role has looked at, as people by kind (new, merged, split).
    Raises TooManyChanged before anything is written, StoreError when the vault is held, DeclarationError.
    """
    declared = declarations()
    with opening.vault(places, keyring, threads=threads, memory=memory) as con:
        con.execute("USE memory")
        schema.ensure(con)
        found = cluster_records(con, declared, as_at, full=full)
        found |= _register(con, keyring, as_at)
        guards.check(found, found["known"], allowed=allowed, because=changes.because(con))
        _household(con, keyring, declared, as_at)
        people.weigh(con)
        _queue(con, declared, as_at)
        _write(con, as_at, at, found)
        counts = {
            name: con.execute(f"SELECT count(*) FROM vault.identity.{name}").fetchone()[0]
            for name in ("people", "households")
        }
        return LinkReceipt(
            as_at=as_at, records=found["records"], profiles=found["profiles"], people=counts["people"], households=counts["households"],
            new=found["new"], merged=found["merged"], split=found["split"], retired=found["retired"],
            to_review=found["to_review"],
            scored_anew=found["scored_anew"], first=not found["known"], model=found["model"],
        )  # fmt: skip


def fingerprint(committed: dict[str, Any]) -> str:
    """What a committed model is known by in the vault: the SHA-256 of its settings, shortened."""
    return hashlib.sha256(json.dumps(committed, sort_keys=True).encode()).hexdigest()[:16]


def cluster_records(con, declared: Declarations, as_at: date, *, full: bool = False) -> dict[str, Any]:
    """From `vault.staged` to `person_of(record_id, cluster)` in temporary tables. Returns counts and the model's name."""
    committed = model.committed()
    name = fingerprint(committed)
    records.gather(con, declared, as_at)
    decisions.bring(con)
    rules.apply(con, declared.limit("margin"))
    profiles.fold(con, declared.limit("crowd"))
    size = _thaw(con, declared, name, as_at, _count(con, "profiles"))
    anew = _score(con, weighing.fitted(committed, size), name, full)
    join(con, declared, committed["settings"])
    return {
        "records": _count(con, "records"),
        "profiles": _count(con, "profiles"),
        "scored_anew": anew,
        "model": name,
        "size": size,
    }


def _count(con, table: str) -> int:
    return con.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def _thaw(con, declared: Declarations, name: str, as_at: date, size: int) -> int:
    """The frequencies frozen with this model, or frozen now when the model is new to this vault. Returns the frozen size."""
    kept = con.execute("SELECT profiles FROM vault.identity.frozen WHERE model = ?", [name]).fetchone()
    con.execute(
        "CREATE OR REPLACE TEMP TABLE freezing AS SELECT ? AS model, ? AS frozen_on, ? AS profiles",
        [name, as_at, kept[0] if kept else size],
    )
    con.execute("CREATE OR REPLACE TEMP TABLE is_thawed AS SELECT ? AS kept", [bool(kept)])
    if not kept:
        weighing.freeze(con, declared.limit("namesakes"))
        return size
    weighing.thaw(con)
    return kept[0]


def _score(con, settings: dict[str, Any], name: str, full: bool) -> int:
    """Leave `scored` for all pairs: kept where neither profile changed, scored anew otherwise. Returns pairs scored anew."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE profile_now AS SELECT unique_id AS profile, md5(CAST(profiles AS VARCHAR)) AS fingerprint FROM profiles"
    )
    thawed = con.execute("SELECT kept FROM is_thawed").fetchone()[0]
    keep = thawed and not full and schema.exists(con, "scored")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unchanged AS SELECT profile FROM profile_now "
        + ("SEMI JOIN vault.identity.profile_state USING (profile, fingerprint)" if keep else "WHERE false")
    )
    weighing.candidates(con)
    con.execute(
        """CREATE OR REPLACE TEMP TABLE candidate_pairs AS FROM candidate_pairs
        WHERE NOT (l IN (SELECT profile FROM unchanged) AND r IN (SELECT profile FROM unchanged))"""
    )
    weighing.score(con, settings, _LEAST_KEPT)
    if keep:
        con.execute(
            """INSERT INTO scored BY NAME SELECT * FROM vault.identity.scored
            WHERE a IN (SELECT profile FROM unchanged) AND b IN (SELECT profile FROM unchanged)"""
        )
    return _count(con, "candidate_pairs")


def join(con, declared: Declarations, settings: dict[str, Any]) -> None:
    """From `scored` to `person_of(record_id, cluster)`: heavy enough, with more than names behind it, and nobody beside it."""
    weighing.name_at_home(con, settings, declared.limit("least_weight"))
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE pairs AS SELECT a, b, weight
        FROM scored JOIN profiles x ON x.unique_id = a JOIN profiles y ON y.unique_id = b
        WHERE weight >= $1 AND {weighing.supported(settings)}""",
        [declared.limit("least_weight")],
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE held_back AS SELECT a, b, weight
        FROM scored ANTI JOIN pairs USING (a, b) JOIN profiles x ON x.unique_id = a JOIN profiles y ON y.unique_id = b
        WHERE weight >= $1 AND {weighing.supported(settings, doubted=True)} AND lived_apart(x.stays, y.stays)""",
        [declared.limit("least_weight")],
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE facets AS
        SELECT DISTINCT profile AS node, f.* EXCLUDE (node) REPLACE (
            coalesce(f.birth_date, u.birth_date) AS birth_date, coalesce(f.nino, u.nino) AS nino,
            coalesce(f.email, u.emails[1]) AS email, coalesce(f.phone, u.phones[1]) AS phone, coalesce(f.sex, u.sex) AS sex)
        FROM record_facets f JOIN profile_of p ON p.record_id = f.node JOIN profiles u ON u.unique_id = p.profile"""
    )
    decisions.tie(con)
    clusters.join(con, declared.limit("margin"))
    con.execute(
        """CREATE OR REPLACE TEMP TABLE person_of AS
        SELECT record_id, cluster FROM profile_of JOIN membership ON node = profile"""
    )


def _register(con, keyring: Keyring, as_at: date) -> dict[str, Any]:
    """Give every cluster its person key; leave `changes`. Returns counts."""
    con.execute("CREATE OR REPLACE TEMP TABLE person_items AS SELECT record_id AS item, cluster FROM person_of")
    con.execute(
        """CREATE OR REPLACE TEMP TABLE person_before AS
        SELECT feed || '|' || record_key AS item, person_key, minted_on,
            person_key = first_value(person_key) OVER (PARTITION BY feed, record_key ORDER BY since, until NULLS LAST, person_key) AS is_first
        FROM vault.identity.registry_record JOIN vault.identity.registry USING (person_key)
        QUALIFY row_number() OVER (PARTITION BY feed, record_key ORDER BY since DESC, until DESC NULLS FIRST) = 1"""
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE person_earlier AS
        SELECT DISTINCT feed || '|' || record_key AS item, person_key, minted_on
        FROM vault.identity.registry_record JOIN vault.identity.registry USING (person_key)"""
    )
    con.execute("CREATE OR REPLACE TEMP TABLE person_known AS SELECT person_key AS id FROM vault.identity.registry")
    registry.enter(con, "person", "person_key", keyring.registry_key(), as_at)
    return changes.find(con, _is_retrained(con))


def _is_retrained(con) -> bool:
    """Whether runs were made before, and none with this model."""
    thawed = con.execute("SELECT kept FROM is_thawed").fetchone()[0]
    return not thawed and _count(con, "vault.identity.runs") > 0


def _household(con, keyring: Keyring, declared: Declarations, as_at: date) -> None:
    households.gather(con, declared.limit("institution"))
    con.execute(
        """CREATE OR REPLACE TEMP TABLE household_before AS
        SELECT item, household_key, minted_on, true AS is_first FROM vault.identity.household_item JOIN vault.identity.household_registry USING (household_key)"""
    )
    con.execute("CREATE OR REPLACE TEMP TABLE household_earlier AS FROM household_before WHERE false")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE household_known AS SELECT household_key AS id FROM vault.identity.household_registry"
    )
    registry.enter(con, "household", "household_key", keyring.registry_key(), as_at, prefix="household|")


def _queue(con, declared: Declarations, as_at: date) -> None:
    """Leave `queue`, what a person should look at: uncertain pairs, refused ones, ties between two people.

    Who is listed side by side, or was decided on, needs no second look.
    """
    _explain(con)
    con.execute(
        """CREATE OR REPLACE TEMP TABLE queue AS
        WITH raised AS (
            SELECT 'uncertain' AS kind, 'evidence neither for nor against' AS reason, a, b, weight FROM scored
            WHERE weight >= $review_from AND weight < $least
            UNION ALL SELECT 'conflict', reason, a, b, weight FROM refused WHERE reason <> 'listed side by side'
            UNION ALL SELECT 'conflict', reason, a, b, NULL FROM rules_refused WHERE reason <> 'listed side by side'
            UNION ALL SELECT 'conflict', 'two homes at once', a, b, weight FROM held_back
            UNION ALL SELECT 'tie', 'two people fit equally well', cluster, unnest([a, b]), weight FROM torn
        ), placed AS (
            SELECT r.*, x.cluster AS cluster_a, y.cluster AS cluster_b FROM raised r
            JOIN person_of x ON x.record_id = r.a JOIN person_of y ON y.record_id = r.b WHERE x.cluster <> y.cluster
        ), settled AS (
            SELECT unnest([x.cluster, y.cluster]) AS cluster_a, unnest([y.cluster, x.cluster]) AS cluster_b
            FROM decided d JOIN person_of x ON x.record_id = d.a JOIN person_of y ON y.record_id = d.b WHERE d.verdict = 'must_not_link'
        ), once AS (
            SELECT * FROM placed ANTI JOIN settled USING (cluster_a, cluster_b) QUALIFY row_number() OVER (
                PARTITION BY least(cluster_a, cluster_b), greatest(cluster_a, cluster_b) ORDER BY kind = 'tie' DESC, weight DESC NULLS FIRST, a, b) = 1
        )
        SELECT left(registry_mint('item|' || least(o.a, o.b) || '>' || greatest(o.a, o.b)), 16) AS item, o.kind, o.reason, o.weight, e.evidence,
            p.feed AS feed_a, p.record_key AS key_a, q.feed AS feed_b, q.record_key AS key_b, i.id AS person_a, j.id AS person_b,
            coalesce(before.raised_on, $as_at) AS raised_on
        FROM once o JOIN records p ON p.record_id = o.a JOIN records q ON q.record_id = o.b
        JOIN person_ids i ON i.cluster = o.cluster_a JOIN person_ids j ON j.cluster = o.cluster_b
        LEFT JOIN evidence e ON e.a = least(o.a, o.b) AND e.b = greatest(o.a, o.b)
        LEFT JOIN vault.identity.review_queue before ON before.item = left(registry_mint('item|' || least(o.a, o.b) || '>' || greatest(o.a, o.b)), 16)""",
        {"review_from": declared.limit("review_from"), "least": declared.limit("least_weight"), "as_at": as_at},
    )


def _explain(con) -> None:
    """Leave `evidence(a, b, evidence)`: for each scored pair the agreement level of every comparison, as JSON, no values."""
    fields = []
    for comparison in model.committed()["settings"]["comparisons"]:
        name = comparison["output_column_name"]
        told = [
            level["label_for_charts"] for level in comparison["comparison_levels"] if not level.get("is_null_level")
        ]
        cases = " ".join(f"WHEN {len(told) - 1 - place} THEN '{label}'" for place, label in enumerate(told))
        fields.append(f"'{name}', CASE gamma_{name} {cases} ELSE 'not told' END")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE evidence AS SELECT a, b, CAST(json_object({', '.join(fields)}) AS VARCHAR) AS evidence FROM scored"
    )


_RESULTS = {
    "record_person": "SELECT r.source, r.feed, r.record_key, i.id AS person_key FROM records r JOIN person_of USING (record_id) JOIN person_ids i USING (cluster)",
    "people": """SELECT i.id AS person_key, f.birth_date, CASE WHEN regexp_full_match(f.place, '[0-9]+') THEN f.place END AS uprn, f.postcode, h.id AS household_key
        FROM person_ids i JOIN best_facts f USING (cluster) LEFT JOIN (
            SELECT person, household FROM household_members_found
            QUALIFY row_number() OVER (PARTITION BY person ORDER BY to_on IS NULL DESC, to_on DESC, from_on DESC NULLS LAST, household) = 1) m
            ON m.person = i.cluster AND m.person IN (SELECT person FROM household_members_found WHERE to_on IS NULL)
        LEFT JOIN household_ids h ON h.cluster = m.household""",
    "households": """SELECT h.id AS household_key, CASE WHEN regexp_full_match(k.place, '[0-9]+') THEN k.place END AS uprn, k.is_shared, k.is_institution
        FROM household_kinds k JOIN household_ids h ON h.cluster = k.household""",
    "household_members": """SELECT h.id AS household_key, i.id AS person_key, m.from_on, m.to_on
        FROM household_members_found m JOIN household_ids h ON h.cluster = m.household JOIN person_ids i ON i.cluster = m.person""",
    "review_queue": "FROM queue",
    "reasons": """SELECT a, b, rule, true AS is_tie, NULL::DOUBLE AS weight, NULL::VARCHAR AS evidence FROM rule_pairs
        UNION ALL SELECT a, b, 'decision ' || decision || ': must link', true, NULL, NULL FROM decided WHERE verdict = 'must_link'
        UNION ALL SELECT s.a, s.b, NULL, p.a IS NOT NULL, s.weight, e.evidence
        FROM scored s JOIN evidence e USING (a, b) LEFT JOIN pairs p USING (a, b)""",
    # What makes two people two: between whoever the sides ended in.
    "bars": """WITH clashes AS (FROM refused UNION ALL FROM rules_refused), found AS (
            SELECT a, b, CASE reason WHEN 'listed side by side' THEN 'a source lists them side by side, as two people' ELSE 'they clash: ' || reason END AS reason, weight FROM clashes
            UNION ALL SELECT cluster, unnest([a, b]), 'one of them fits two people equally well, and choosing is for a person', weight FROM torn
            UNION ALL SELECT a, b, 'decision ' || decision || ': must not link', NULL FROM decided WHERE verdict = 'must_not_link')
        SELECT DISTINCT i.id AS person_a, j.id AS person_b, f.reason, f.weight FROM found f
        JOIN person_of x ON x.record_id = f.a JOIN person_of y ON y.record_id = f.b
        JOIN person_ids i ON i.cluster = x.cluster JOIN person_ids j ON j.cluster = y.cluster WHERE i.id <> j.id""",
    "record_profile": "SELECT record_id AS record, profile, list, position FROM profile_of LEFT JOIN slots USING (record_id)",
    "scored": "FROM scored",
    "profile_state": "SELECT profile, fingerprint FROM profile_now",
    # Spells that are gone keep their household's key, for the day they come back.
    "household_item": """WITH kept AS (SELECT item, h.id AS household_key FROM household_items JOIN household_ids h USING (cluster))
        FROM kept UNION ALL SELECT item, household_key FROM vault.identity.household_item ANTI JOIN kept USING (item)""",
}  # fmt: skip


def _write(con, as_at: date, at: datetime, found: dict[str, Any]) -> None:
    """Everything into the vault in one transaction; it writes to the vault alone, since DuckDB allows one database per transaction."""
    thawed = con.execute("SELECT kept FROM is_thawed").fetchone()[0]
    found["to_review"] = _count(con, "queue")
    con.execute("BEGIN TRANSACTION")
    try:
        _remember(con, as_at, at, found)
        for table, query in _RESULTS.items():
            con.execute(f"CREATE OR REPLACE TABLE vault.identity.{table} AS {query}")
        if not thawed:
            con.execute("DELETE FROM vault.identity.frozen")
            con.execute("INSERT INTO vault.identity.frozen FROM freezing")
            weighing.keep_frozen(con)
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise


def _remember(con, as_at: date, at: datetime, found: dict[str, Any]) -> None:
    """Carry the registry, its history and its events forward; before `record_person` is replaced."""
    changes.remember(con, as_at, at, found)
    con.execute("INSERT INTO vault.identity.registry SELECT id, ?, NULL, NULL FROM person_ids WHERE is_new", [as_at])
    con.execute(
        """UPDATE vault.identity.registry SET retired_on = $as_at, merged_into = c.id FROM
        (SELECT r.person_key, (SELECT max(id) FROM changes WHERE old = r.person_key AND kind = 'merge') AS id FROM vault.identity.registry r
         WHERE r.retired_on IS NULL AND r.person_key NOT IN (SELECT id FROM person_ids)) c WHERE c.person_key = registry.person_key""",
        {"as_at": as_at},
    )
    con.execute(
        "UPDATE vault.identity.registry SET retired_on = NULL, merged_into = NULL WHERE retired_on IS NOT NULL AND person_key IN (SELECT id FROM person_ids)"
    )
    con.execute(
        """UPDATE vault.identity.registry_record h SET until = $as_at WHERE until IS NULL AND NOT EXISTS (
            FROM records r JOIN person_of p USING (record_id) JOIN person_ids i USING (cluster)
            WHERE r.feed = h.feed AND r.record_key = h.record_key AND i.id = h.person_key)""",
        {"as_at": as_at},
    )
    con.execute(
        """INSERT INTO vault.identity.registry_record
        SELECT r.source, r.feed, r.record_key, i.id, $as_at, NULL FROM records r JOIN person_of USING (record_id) JOIN person_ids i USING (cluster)
        WHERE NOT EXISTS (FROM vault.identity.registry_record h WHERE h.until IS NULL AND h.feed = r.feed AND h.record_key = r.record_key)""",
        {"as_at": as_at},
    )
    con.execute("INSERT INTO vault.identity.household_registry SELECT id, ? FROM household_ids WHERE is_new", [as_at])
    con.execute(
        "INSERT INTO vault.identity.runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [as_at, at, found["model"], found["records"], found["profiles"], _count(con, "person_ids"), found["new"], found["merged"],
         found["split"], found["retired"], found["to_review"], found["scored_anew"]],
    )  # fmt: skip
