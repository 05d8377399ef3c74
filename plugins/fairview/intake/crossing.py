"""Judges the files of a delivery against each other and against what is in force: parents, earlier steps, ties.

A refused file is replaced by what the vault holds of its feed. Whether a parent exists is asked of the rows as sent,
quarantined or not: a child is no orphan because its parent's row has a bad date. Runs again from the start whenever it
refuses a file, since the others were judged by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import FeedContract, RecordRule, Relationship
from fairview.intake import casting, judging
from fairview.intake.casting import literal, name
from fairview.intake.comparing import UNIT_FACTOR, UNIT_SHARE
from fairview.intake.judging import Judged

# A quarantined row whose account cannot be read explains at most one balance that does not tie.


@dataclass
class Crossing:
    """The files of one delivery that have been typed, and the connection on which the vault's tables lie.

    `replaces`: ids of deliveries of the same date that this one takes the place of. `gaps`: feeds with missing periods.
    """

    con: object
    catalogue: Catalogue
    files: dict[str, Judged]
    extract_date: date
    replaces: tuple[str, ...]
    gaps: frozenset[str]
    has_past: bool

    def judge(self) -> None:
        """Judge until no further file is refused."""
        own = "SELECT * FROM finding"
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE finding_alone AS {own}")
        warned = {feed: list(file.warnings) for feed, file in self.files.items()}
        while True:
            refused = {feed for feed, file in self.files.items() if file.is_refused}
            for file in self._standing():
                self._judge_parents(file)
            for file in self._standing():
                self._judge_dated_codes(file)
                self._judge_needs(file)
            for file in self._standing():
                self._judge_ties(file)
            for file in self._standing():
                judging.hold_to_limits(self.con, file)
            if {feed for feed, file in self.files.items() if file.is_refused} == refused:
                return
            self.con.execute("CREATE OR REPLACE TEMP TABLE finding AS SELECT * FROM finding_alone")
            for feed, file in self.files.items():
                file.warnings = list(warned[feed])

    def _standing(self) -> list[Judged]:
        return [file for file in self.files.values() if not file.is_refused and file.is_typed]

    # --- parents ---

    def _judge_parents(self, file: Judged) -> None:
        for relation in file.contract.relationships:
            if relation.orphans == "quarantine_rows":
                rows = self._orphans(file, relation)
                judging.add_findings(
                    self.con, file, [(row, relation.rule) for row in rows], relation.orphans, relation.columns[0]
                )

    def _orphans(self, file: Judged, relation: Relationship) -> list[int]:
        here = [file.contract.column(column).staged_name for column in relation.columns]
        parents = self._parents(relation)
        if parents is None:
            return []
        same = " AND ".join(f"child.{name(a)} = parent.{name('k' + str(i))}" for i, a in enumerate(here))
        given = " AND ".join(f"child.{name(column)} IS NOT NULL" for column in here)
        rows = self.con.execute(
            f"SELECT row_number FROM ({file.good()}) AS child ANTI JOIN ({parents}) AS parent ON {same} "
            f"WHERE {given} ORDER BY 1"
        ).fetchall()
        return [row for (row,) in rows]

    def _parents(self, relation: Relationship) -> str | None:
        """Keys that exist, as a SELECT of k0, k1, …; None where nothing can be told."""
        contract = self.catalogue.feed(relation.parent)
        if contract.kind == "events" and not self.has_past:
            return None
        names = [contract.column(column).staged_name for column in relation.parent_columns]
        keys = ", ".join(f"{name(column)} AS {name('k' + str(i))}" for i, column in enumerate(names))
        file = self.files.get(relation.parent)
        sent = file if file and not file.is_refused and file.is_typed else None
        held = f"SELECT {keys} FROM staged.{name(relation.parent)}"
        if sent is None:
            return held if self._has_rows(f"staged.{name(relation.parent)}") else None
        parts = [f"SELECT {keys} FROM {sent.table}"]
        if contract.kind == "events" or sent.unread:
            parts.append(held)  # a parent row that could not be read is given the benefit of the doubt
        return " UNION ALL ".join(parts)

    def _has_rows(self, table: str) -> bool:
        return bool(self.con.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1)").fetchone()[0])

    # --- code lists by date ---

    def _judge_dated_codes(self, file: Judged) -> None:
        """D63: a code outside the list of the ended basis is judged by its successor's shape, once that is in force."""
        for column in file.contract.columns:
            if not column.dated_codes:
                continue
            ended, following = column.dated_codes
            listed = self._listed(ended["listedIn"])
            if listed is None:
                continue
            code = name(column.staged_name)
            begun = self.extract_date >= date.fromisoformat(str(following["from"]))
            shaped = f"regexp_full_match({code}, {literal(following['shape'])})" if begun else "false"
            rows = self.con.execute(
                f"SELECT row_number, {shaped} FROM ({file.good()}) WHERE {code} NOT IN ({listed}) ORDER BY 1"
            ).fetchall()
            newer = [(row, following["rule"]) for row, is_newer in rows if is_newer]
            judging.add_findings(self.con, file, newer, "accept_with_warning", column.name)
            unknown = [(row, "D33") for row, is_newer in rows if not is_newer]
            judging.add_findings(self.con, file, unknown, "quarantine_rows", column.name)

    def _listed(self, place: str) -> str | None:
        """SELECT of the codes another feed lists; None while that feed has not come."""
        feed, column = place.split(".")
        contract = self.catalogue.feed(feed)
        code = name(contract.column(column).staged_name)
        file = self.files.get(feed)
        if file and file.is_typed and not file.is_refused:
            return f"SELECT {code} FROM {file.table} WHERE {code} IS NOT NULL"
        held = f"staged.{name(feed)}"
        return f"SELECT {code} FROM {held} WHERE {code} IS NOT NULL" if self._has_rows(held) else None

    # --- events in force ---

    def _events(self, contract: FeedContract) -> str:
        """SELECT of an events feed as it will be in force once this delivery is loaded."""
        columns = ", ".join(name(column.staged_name) for column in contract.loaded) + ", record_key"
        held = f"SELECT {columns} FROM staged.{name(contract.feed)}"
        if self.replaces:
            held += f" WHERE delivery_id NOT IN ({', '.join(map(literal, self.replaces))})"
        file = self.files.get(contract.feed)
        if file is None or file.is_refused or not file.is_typed:
            return held
        return (
            f"SELECT * FROM ({held}) WHERE record_key NOT IN ({file.good('record_key')}) UNION ALL {file.good(columns)}"
        )

    def _held_back(self, contract: FeedContract) -> str:
        """SELECT of an events feed's rows in quarantine, typed as far as they can be; row_number of this file or null."""
        texts = ", ".join(f"content[{literal(column.name)}] AS {name(column.name)}" for column in contract.loaded)
        values = ", ".join(
            f"{casting.typed(contract, column, self.extract_date)} AS {name(column.staged_name)}"
            for column in contract.loaded
        )
        past = (
            f"SELECT NULL::BIGINT AS row_number, {texts} FROM intake.quarantine WHERE feed = {literal(contract.feed)}"
        )
        if self.replaces:
            past += f" AND delivery_id NOT IN ({', '.join(map(literal, self.replaces))})"
        kept = f"SELECT {values} FROM ({casting.stripped(contract, f'({past})')})"
        file = self.files.get(contract.feed)
        if file is None or not file.is_typed:
            return kept
        columns = ", ".join(name(column.staged_name) for column in contract.loaded)
        rows = f"SELECT row_number FROM finding WHERE feed = {literal(contract.feed)} AND treatment = 'quarantine_rows'"
        return f"{kept} UNION ALL SELECT {columns} FROM {file.table} WHERE row_number IN ({rows})"

    # --- earlier steps ---

    def _judge_needs(self, file: Judged) -> None:
        for rule in file.contract.record_rules:
            if rule.needs and self.has_past:
                rows = self._without_step(file, rule)
                judging.add_findings(self.con, file, [(row, rule.rule) for row in rows], rule.outcome, rule.columns[0])

    def _without_step(self, file: Judged, rule: RecordRule) -> list[int]:
        needs = rule.needs or {}
        same = " AND ".join(f"earlier.{name(column)} = later.{name(column)}" for column in needs["same"])
        order = f"earlier.{name(needs['notAfter'])} <= later.{name(needs['notAfter'])}"
        steps = f"SELECT * FROM ({self._events(file.contract)}) WHERE {needs['where']}"
        asked = f"SELECT * FROM ({file.good()}) WHERE {rule.rows}"
        query = f"SELECT * FROM ({asked}) AS later ANTI JOIN ({steps}) AS earlier ON {same} AND {order}"
        if needs.get("heldBack"):
            held = f"SELECT * FROM ({self._held_back(file.contract)}) WHERE {needs['where']}"
            query = f"SELECT * FROM ({query}) AS later ANTI JOIN ({held}) AS earlier ON {order} AND {needs['heldBack']}"
        return [row for (row,) in self.con.execute(f"SELECT row_number FROM ({query}) ORDER BY 1").fetchall()]

    # --- ties ---

    def _judge_ties(self, file: Judged) -> None:
        for rule in file.contract.record_rules:
            if rule.tie:
                self._judge_tie(file, rule)

    def _judge_tie(self, file: Judged, rule: RecordRule) -> None:
        tie = rule.tie or {}
        other = self.catalogue.feed(tie["feed"])
        sent = self.files.get(other.feed)
        if not self.has_past:
            return
        if sent is None or sent.is_refused or other.feed in self.gaps:
            file.warn("tie-unproved", columns=[tie["column"]])
            return
        self._compare(file, rule, other)
        untied, times = self.con.execute(
            f"SELECT count(*), count(*) FILTER (WHERE stated = {UNIT_FACTOR} * summed AND summed <> 0) FROM untied"
        ).fetchone()
        if not untied:
            return
        unread = self._unread(other)
        if rule.whole_file and times > UNIT_SHARE * untied and times > 1:
            file.refuse(rule.whole_file, columns=list(rule.columns), count=times)
        elif untied <= unread:
            file.warn("tie-unproved", columns=[tie["column"]], count=untied)
        else:
            rows = [row for (row,) in self.con.execute("SELECT row_number FROM untied ORDER BY 1").fetchall()]
            judging.add_findings(self.con, file, [(row, rule.rule) for row in rows], rule.outcome, tie["column"])

    def _compare(self, file: Judged, rule: RecordRule, other: FeedContract) -> None:
        """Fill `untied`: sound rows whose figure is not the sum, unless a row in quarantine could explain it."""
        tie = rule.tie or {}
        stated = name(file.contract.column(tie["column"]).staged_name)
        summed = name(other.column(tie["sum"]).staged_name)
        by = ", ".join(name(column) for column in tie["by"])
        same = " AND ".join(f"a.{name(column)} = b.{name(column)}" for column in tie["by"])
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE untied AS "
            f"WITH sums AS (SELECT {by}, sum({summed}) AS summed FROM ({self._events(other)}) GROUP BY ALL), "
            f"stated AS (SELECT row_number, {by}, {stated} AS stated FROM ({file.good()})), "
            f"apart AS (SELECT a.*, coalesce(b.summed, 0) AS summed FROM stated AS a LEFT JOIN sums AS b ON {same} "
            f"WHERE a.stated <> coalesce(b.summed, 0)) "
            f"SELECT a.* FROM apart AS a ANTI JOIN ({self._held_back(other)}) AS b ON {same}"
        )

    def _unread(self, contract: FeedContract) -> int:
        """Rows of a feed in quarantine of which not even the account could be read."""
        file = self.files.get(contract.feed)
        apart = f" AND delivery_id NOT IN ({', '.join(map(literal, self.replaces))})" if self.replaces else ""
        past = self.con.execute(
            f"SELECT count(DISTINCT (delivery_id, row_number)) FROM intake.findings AS f WHERE feed = ? "
            f"AND treatment IN ('quarantine_rows', 'destroyed') AND NOT EXISTS (SELECT 1 FROM intake.quarantine AS q "
            f"WHERE q.delivery_id = f.delivery_id AND q.feed = f.feed AND q.row_number = f.row_number){apart}",
            [contract.feed],
        ).fetchone()[0]
        return past + (file.unread if file else 0)
