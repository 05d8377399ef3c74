"""The review queue and the decisions people take on it.

Knows: which links a person should look at, and how a decision is put down: by whom, when, why, and in the ledger.
Refuses to know: values. What leaves the vault here is feed names, agreement levels and an item's number; whoever holds
the vault's key looks the two records up there.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
from datetime import datetime
from typing import Any

from fairview.contracts.catalogue import Catalogue
from fairview.errors import FairviewError
from fairview.identity import decisions, naming, schema
from fairview.identity.acts import acts
from fairview.store import ledger, opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

VERDICTS = ("must_link", "must_not_link")


class DecisionRefused(FairviewError):
    """A decision names no known record or item, or contradicts one in force."""

    exit_code = 2


def listing(
    places: Places, keyring: Keyring, kind: str | None = None, feed: str | None = None, most: int = 100, skip: int = 0
) -> list[dict[str, Any]]:
    """What waits for a person, the heaviest first: item, kind (uncertain, conflict, tie), reason, feeds, evidence, since when.

    Evidence is the level of agreement of each comparison. No reference numbers, no values. `kind` and `feed` narrow it;
    `most` and `skip` turn its pages.
    """
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "review_queue"):
            return []
        rows = con.execute(
            """SELECT item, kind, reason, feed_a, feed_b, round(weight, 1), evidence, raised_on FROM vault.identity.review_queue
            WHERE ($kind IS NULL OR kind = $kind) AND ($feed IS NULL OR $feed IN (feed_a, feed_b))
            ORDER BY weight DESC NULLS FIRST, item LIMIT $most OFFSET $skip""",
            {"kind": kind, "feed": feed, "most": most, "skip": skip},
        ).fetchall()
    return [
        {
            "item": item, "kind": what, "reason": reason, "feeds": [feed_a, feed_b], "weight": weight,
            "evidence": json.loads(evidence) if evidence else {}, "raised_on": raised_on,
        }
        for item, what, reason, feed_a, feed_b, weight, evidence, raised_on in rows
    ]  # fmt: skip


def waiting(places: Places, keyring: Keyring) -> dict[str, int]:
    """How many items wait, by kind."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "review_queue"):
            return {}
        return dict(
            con.execute("SELECT kind, count(*) FROM vault.identity.review_queue GROUP BY kind ORDER BY kind").fetchall()
        )


def records_of(places: Places, keyring: Keyring, item: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two records of a queue's item, as (feed, record key); they stay with the caller. Raises DecisionRefused."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        row = None
        if schema.exists(con, "review_queue"):
            row = con.execute(
                "SELECT feed_a, key_a, feed_b, key_b FROM vault.identity.review_queue WHERE item = ?", [item]
            ).fetchone()
    if not row:
        raise DecisionRefused("no such item waits in the queue; `fairview review` lists those that do")
    return (row[0], row[1]), (row[2], row[3])


def values(
    places: Places, keyring: Keyring, catalogue: Catalogue, item: str, by: str, at: datetime
) -> list[dict[str, Any]]:
    """The two records' columns permitted for linking, side by side: column, first, second. For the key holder's own eyes.

    The ledger is written first: item and role. Raises NotPermitted for a role that may not see values, DecisionRefused.
    """
    acts(catalogue.house).demand(by, "see_values")
    pair = records_of(places, keyring, item)
    ledger.append(places, "link_values_shown", at, item=item, by=by)
    sides = []
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        for feed, key in pair:
            contract = next(contract for contract in catalogue.feeds if contract.feed == feed)
            names = [column.staged_name for column in contract.loaded if "LNK" in column.purposes]
            listed = ", ".join(f'"{name}"' for name in names)
            row = con.execute(f"SELECT {listed} FROM vault.staged.{feed} WHERE record_key = ?", [key]).fetchone()
            sides.append(dict(zip(names, row or (), strict=bool(row))))
    columns = list(dict.fromkeys([*sides[0], *sides[1]]))
    return [{"column": name, "first": sides[0].get(name), "second": sides[1].get(name)} for name in columns]


def decide(
    places: Places,
    keyring: Keyring,
    verdict: str,
    first: tuple[str, str],
    second: tuple[str, str],
    reason: str,
    by: str,
    at: datetime,
) -> str:
    """Decide that two records (feed, record key) must or must not be one person. Returns the decision's number.

    `by` is a role declared to decide, `reason` a declared code or words of its own (they stay in the vault). The decision
    holds from the next run on, through every training, until withdrawn. Raises DecisionRefused when a record is not
    known to the registry, when the verdict is no verdict, or when decisions in force say the opposite, be it through others;
    NotPermitted when the role may not decide.
    """
    if verdict not in VERDICTS:
        raise DecisionRefused(f"a verdict is one of {', '.join(VERDICTS)}")
    acts().demand(by, "decide")
    told = acts().told(reason)
    with opening.vault(places, keyring) as con:
        con.execute("USE memory")
        schema.ensure(con)
        (feed_a, key_a), (feed_b, key_b) = sorted((feed, _known(con, feed, key)) for feed, key in (first, second))
        if (feed_a, key_a) == (feed_b, key_b):
            raise DecisionRefused("a decision is about two records")
        standing = con.execute(
            """SELECT decision FROM vault.identity.decisions
            WHERE withdrawn_at IS NULL AND verdict = ? AND feed_a = ? AND key_a = ? AND feed_b = ? AND key_b = ?""",
            [verdict, feed_a, key_a, feed_b, key_b],
        ).fetchone()
        if standing:
            return standing[0]
        if against := decisions.contradicted(con, verdict, f"{feed_a}|{key_a}", f"{feed_b}|{key_b}"):
            raise DecisionRefused(
                f"decisions in force say the opposite: {', '.join(against)}; revoke what is wrong among them first"
            )
        decision = number(keyring, "decision", verdict, feed_a, key_a, feed_b, key_b, at.isoformat())
        con.execute(
            "INSERT INTO vault.identity.decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
            [decision, verdict, feed_a, key_a, feed_b, key_b, told, by, at],
        )
    ledger.append(
        places,
        "link_decision",
        at,
        decision=decision,
        verdict=verdict,
        feeds=[feed_a, feed_b],
        by=by,
        reason=_digest(told),
    )
    return decision


def _known(con, feed: str, key: str) -> str:
    try:
        return naming.find(con, feed, key, "registry_record")
    except naming.NoSuchRecord:
        raise DecisionRefused(f"the registry knows no such record of {feed}") from None


def number(keyring: Keyring, *parts: str) -> str:
    """The number of a decision or a task: keyed, so that nobody can find the records by trying reference numbers."""
    return hmac.new(keyring.registry_key(), "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()[:12]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def settle(places: Places, keyring: Keyring, item: str, verdict: str, reason: str, by: str, at: datetime) -> str:
    """Decide an item of the queue by its number. Returns the decision's number. Raises DecisionRefused."""
    return decide(places, keyring, verdict, *records_of(places, keyring, item), reason, by, at)


def withdraw(places: Places, keyring: Keyring, decision: str, reason: str, by: str, at: datetime) -> None:
    """Take a decision back; it stays on record with which role did so, when and why.

    Raises DecisionRefused when none is in force, NotPermitted.
    """
    acts().demand(by, "decide")
    told = acts().told(reason)
    with opening.vault(places, keyring) as con:
        con.execute("USE memory")
        schema.ensure(con)
        found = con.execute(
            "SELECT count(*) FROM vault.identity.decisions WHERE decision = ? AND withdrawn_at IS NULL", [decision]
        ).fetchone()
        if not found[0]:
            raise DecisionRefused("no such decision is in force")
        con.execute(
            "UPDATE vault.identity.decisions SET withdrawn_by = ?, withdrawn_at = ?, withdrawn_reason = ? WHERE decision = ?",
            [by, at, told, decision],
        )
    ledger.append(places, "link_decision_withdrawn", at, decision=decision, by=by, reason=_digest(told))


def decided(places: Places, keyring: Keyring) -> list[dict[str, Any]]:
    """Every decision ever taken: number, verdict, feeds, which role, when, withdrawn or not. No reference numbers, no words of reason."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        if not schema.exists(con, "decisions"):
            return []
        cursor = con.execute(
            """SELECT decision, verdict, feed_a, feed_b, decided_by, decided_at, withdrawn_by, withdrawn_at
            FROM vault.identity.decisions ORDER BY decided_at, decision"""
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Links to decide</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#1b1b1b;background:#fff}}
table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #ddd}}
code{{font-size:.95em}}td.n{{text-align:right;font-variant-numeric:tabular-nums}}ul{{margin:0;padding-left:1.1rem}}</style>
<h1>Links to decide</h1><p>{told}</p>
<p>Evidence is how far two records agree; no name, date or number is shown. To decide one, run the DAG <code>decide_link</code> with its
number, or <code>fairview decide</code>. Who holds the vault's key can look the two up with <code>fairview review show</code>.</p>
<table><tr><th>item</th><th>kind</th><th>why it is asked</th><th>from</th><th>how they agree</th><th>weight</th><th>since</th></tr>{rows}</table></html>
"""
_ON_THE_PAGE = 500


def write_page(places: Places, keyring: Keyring) -> None:
    """Write the queue as a page for Airflow's UI: what `listing` tells, no more. Whole or not at all, mode 0600."""
    rows = []
    for item in listing(places, keyring, most=_ON_THE_PAGE):
        agree = "".join(
            f"<li>{html.escape(name.replace('_', ' '))}: {html.escape(level)}</li>"
            for name, level in item["evidence"].items()
            if level != "not told"
        )
        weight = "" if item["weight"] is None else f"{item['weight']:+.1f}"
        rows.append(
            f"<tr><td><code>{item['item']}</code></td><td>{item['kind']}</td><td>{html.escape(item['reason'])}</td>"
            f"<td>{'<br>'.join(item['feeds'])}</td><td><ul>{agree}</ul></td><td class=n>{weight}</td><td>{item['raised_on']}</td></tr>"
        )
    counts = waiting(places, keyring)
    total = sum(counts.values())
    told = (
        f"{total:,} wait: " + ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
        if total
        else "Nothing waits."
    )
    if total > _ON_THE_PAGE:
        told += f" The {_ON_THE_PAGE} heaviest are shown."
    folder = places.root / "review"
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = folder / ".index.html.draft"
    draft.write_text(_PAGE.format(told=told, rows="".join(rows)), encoding="utf-8")
    draft.chmod(0o600)
    draft.replace(folder / "index.html")
