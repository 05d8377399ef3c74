"""Why two records are one person, or are not: the rules and weights, without a value.

Knows: what the last run wrote down of its reasons. Refuses to know: names, dates, numbers of the two.
"""

from __future__ import annotations

import hashlib
import html
import itertools
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairview.errors import FairviewError
from fairview.identity import model, naming, schema, weighing
from fairview.identity.declarations import declarations
from fairview.store import opening
from fairview.store.keys import Keyring
from fairview.store.places import Places

NOT_TOLD = "not told"  # the level of a comparison one of the two has no value for


class NotLinked(FairviewError):
    """No run has been made yet, so that nothing can be explained."""

    exit_code = 2


@dataclass(frozen=True)
class Step:
    """One tie on the way from one record to the other. `levels` is agreement by comparison, `weights` its log2 odds."""

    feed_a: str
    feed_b: str
    rule: str | None
    weight: float | None
    levels: dict[str, str] = field(default_factory=dict, hash=False)
    weights: dict[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Why:
    """The answer: one person or two, the shortest chain of ties, what speaks against, decisions about the pair."""

    same_person: bool
    steps: tuple[Step, ...]
    against: str | None
    decision: str | None


def why(places: Places, keyring: Keyring, feed_a: str, key_a: str, feed_b: str, key_b: str) -> Why:
    """Explain the last run's judgement on two records. Raises NoSuchRecord when one of them is not a linked record."""
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        a, b, people = _asked(con, feed_a, key_a, feed_b, key_b)
        same = people[0] == people[1]
        ways = _chain(con, people[0], a, b) if same else _between(con, people)
        steps = tuple(_step(con, first, second) for first, second in ways)
        return Why(same, steps, None if same else _against(con, people, steps), _decision(con, a, b))


def told(found: Why) -> str:
    """The answer in plain words, one line a sentence."""
    needed = declarations().limit("least_weight")
    lines = []
    if found.same_person:
        lines.append("These two records are one person.")
        if len(found.steps) > 1:
            lines.append(f"They are joined through {len(found.steps) - 1} more of that person's records:")
    else:
        lines.append("These two records are two people.")
        lines.append(f"Because: {found.against}.")
        if found.steps:
            lines.append("The strongest evidence there is between records of the two:")
    for number, step in enumerate(found.steps, start=1):
        lines.append(f"{number}. {step.feed_a} and {step.feed_b}")
        if step.rule:
            lines.append(f"   {'by' if found.same_person else 'tied by'} {_rule_told(step.rule)}")
        if step.weight is not None:
            lines.append(
                f"   likelihood: weight {step.weight:+.1f}, {odds_told(step.weight)}; joined from {needed:+.1f} on"
            )
            silent = [name.replace("_", " ") for name, level in step.levels.items() if level == NOT_TOLD]
            for name, weight in step.weights.items():
                level = step.levels.get(name, "")
                if level != NOT_TOLD:
                    lines.append(f"     {weight:+7.1f}  {name.replace('_', ' ')}{': ' if level else ''}{level}")
            if silent:
                lines.append(f"     one of the two does not tell: {', '.join(silent)}")
    if found.decision:
        lines.append(f"A person decided on these two: {found.decision}.")
    return "\n".join(lines)


def odds_told(weight: float) -> str:
    """A weight (log2 odds) as odds: 8 to 1 that they are one person, or against."""
    ratio = 2 ** min(abs(weight), 40)
    said = f"{ratio:,.0f}" if ratio >= 1.5 else "1"
    return f"{said} to 1 {'that they are' if weight >= 0 else 'against their being'} one person"


def _rule_told(rule: str) -> str:
    return rule if rule.startswith("decision") else f"the rule “{rule}”"


def waterfall(
    places: Places, keyring: Keyring, feed_a: str, key_a: str, feed_b: str, key_b: str, to: Path | None = None
) -> Path | None:
    """Write Splink's waterfall chart as a page that works offline, mode 0600. Returns where; None when nothing was scored.

    The pair itself where it was scored, else the weakest scored tie on the way between the two: what the answer hangs on.
    Weights only, no value. Without `to` it goes into `charts` beside the vault.
    """
    with opening.vault(places, keyring, read_only=True) as con:
        con.execute("USE memory")
        a, b, people = _asked(con, feed_a, key_a, feed_b, key_b)
        ways = _chain(con, people[0], a, b) if people[0] == people[1] else _between(con, people)
        pairs = [pair for pair in (_scored_pair(con, *way) for way in [(a, b), *ways]) if pair]
        if not pairs:
            return None
        direct = _scored_pair(con, a, b)
        pair = direct or min(pairs, key=lambda found: found["weight"])
        page = _page(con, pair, direct is not None)
    if to is None:
        folder = places.root / "charts"
        folder.mkdir(mode=0o700, exist_ok=True)
        name = hashlib.sha256(f"{a}>{b}".encode() + keyring.registry_key()).hexdigest()[:16]
        to = folder / f"link-{name}.html"
    draft = to.with_name(f".{to.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(page)
    draft.chmod(0o600)
    draft.replace(to)
    return to


_STYLE = """<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1b1b}
h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:.25rem 0}table{border-collapse:collapse;margin:1rem 0}
td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #ddd}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.chart{overflow-x:auto;margin-top:1rem}</style>"""


def _page(con, pair: dict[str, Any], is_direct: bool) -> str:
    from splink import DuckDBAPI, Linker

    con.execute("CREATE OR REPLACE TEMP TABLE nobody (unique_id VARCHAR)")
    linker = Linker(
        DuckDBAPI(connection=con).register("nobody"), _settings(con), log_level=None, validate_settings=False
    )
    page = linker.visualisations.waterfall_chart([pair], remove_sensitive_data=True).to_html(inline=True)
    # One pair, one picture: Splink's slider between pairs would lead to empty ones.
    page = re.sub(r',\s*"bind":\s*\{[^{}]*\}', "", page, count=1)
    rows = "".join(
        f"<tr><td>{html.escape(name.replace('_', ' '))}</td><td>{html.escape(_level(con, pair, name))}</td>"
        f'<td class="n">{weight:+.1f}</td></tr>'
        for name, weight in _weights_of(con, pair).items()
        if _level(con, pair, name) != NOT_TOLD
    )
    feeds = [html.escape(pair[side].split("|")[0]) for side in ("a", "b")]
    about = (
        "These are the two records asked about"
        if is_direct
        else "This is the weakest scored tie on the way between the two records asked about"
    )
    weight = pair["weight"]
    intro = (
        f"<h1>Why: {feeds[0]} and {feeds[1]}</h1><p>{about}. Weights add up; each step of 1 doubles the odds. "
        f"Their sum is <b>{weight:+.1f}</b>: {odds_told(weight)}. Records are joined from "
        f"{declarations().limit('least_weight'):+.1f} on, unless something makes them two people.</p>"
        f'<table><tr><th>what</th><th>how it agrees</th><th class="n">weight</th></tr>{rows}</table><div class="chart">'
    )
    page = page.replace(
        "<title>Splink chart</title>", f"<title>Why two records are, or are not, one person</title>{_STYLE}"
    )
    return page.replace("<body>", f"<body>{intro}", 1).replace("</body>", "</div></body>", 1)


def _asked(con, feed_a: str, key_a: str, feed_b: str, key_b: str):
    """The two records as they are called in `reasons`, and the person each is."""
    if not schema.exists(con, "reasons"):
        raise NotLinked("no run has been made yet")
    (a, first), (b, second) = (_person(con, feed, key) for feed, key in ((feed_a, key_a), (feed_b, key_b)))
    return a, b, [first, second]


def _settings(con) -> dict[str, Any]:
    size = con.execute("SELECT profiles FROM vault.identity.frozen").fetchone()[0]
    return weighing.fitted(model.committed(), size)


def _scored_pair(con, a: str, b: str) -> dict[str, Any] | None:
    """The scored pair of the two records' profiles: the heaviest between what the rules joined to each."""
    cursor = con.execute(
        """SELECT *, weight AS match_weight FROM vault.identity.scored
        WHERE (a = $a AND b = $b) OR (a = $b AND b = $a)""",
        {"a": _profile(con, a), "b": _profile(con, b)},
    )
    names = [column[0] for column in cursor.description]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def _profile(con, record: str) -> str | None:
    row = con.execute("SELECT profile FROM vault.identity.record_profile WHERE record = ?", [record]).fetchone()
    return row[0] if row else None


def _person(con, feed: str, key: str):
    whole = naming.find(con, feed, key)
    row = con.execute(
        "SELECT person_key FROM vault.identity.record_person WHERE feed = ? AND record_key = ?", [feed, whole]
    ).fetchone()
    return f"{feed}|{whole}", row[0]


def _chain(con, person, a: str, b: str) -> list[tuple[str, str]]:
    """The shortest way from one record to the other along the ties of their person; of several the first in name order."""
    ties = con.execute(
        """WITH mine AS (SELECT feed || '|' || record_key AS record FROM vault.identity.record_person WHERE person_key = ?)
        SELECT DISTINCT a, b FROM vault.identity.reasons WHERE is_tie AND a IN (FROM mine) AND b IN (FROM mine)""",
        [person],
    ).fetchall()
    beside: dict[str, set[str]] = {}
    for x, y in ties:
        beside.setdefault(x, set()).add(y)
        beside.setdefault(y, set()).add(x)
    came, waiting = {a: a}, [a]
    for here in waiting:
        for there in sorted(beside.get(here, ())):
            if there not in came:
                came[there] = here
                waiting.append(there)
    if b not in came:
        return []
    path = [b]
    while path[-1] != a:
        path.append(came[path[-1]])
    return list(itertools.pairwise(reversed(path)))


_TIE = """
SELECT rule, weight, evidence FROM vault.identity.reasons WHERE (a = $a AND b = $b) OR (a = $b AND b = $a)
ORDER BY rule IS NULL, NOT starts_with(coalesce(rule, ''), 'decision'), weight DESC, rule
"""


def _step(con, a: str, b: str) -> Step:
    rows = con.execute(_TIE, {"a": a, "b": b}).fetchall()
    rule = next((row[0] for row in rows if row[0]), None)
    scored = next((row for row in rows if row[2]), None)
    return Step(
        a.split("|")[0], b.split("|")[0], rule, scored[1] if scored else None,
        json.loads(scored[2]) if scored else {}, _weights(con, a, b) if scored else {},
    )  # fmt: skip


def _weights(con, a: str, b: str) -> dict[str, float]:
    pair = _scored_pair(con, a, b)
    return _weights_of(con, pair) if pair else {}


def _weights_of(con, pair: dict[str, Any]) -> dict[str, float]:
    """Log2 odds by comparison, with what two strangers start from; their sum is the pair's weight."""
    prior = _settings(con)["probability_two_random_records_match"]
    names = [comparison["output_column_name"] for comparison in model.committed()["settings"]["comparisons"]]
    weights = {name: pair[f"mw_{name}"] + (pair.get(f"mw_tf_adj_{name}") or 0.0) for name in names}
    return {
        "what two strangers start from": round(weighing.odds(prior), 2),
        **{name: round(weight, 2) for name, weight in weights.items()},
    }


def _level(con, pair: dict[str, Any], name: str) -> str:
    row = con.execute(
        "SELECT evidence FROM vault.identity.reasons WHERE a = ? AND b = ? AND rule IS NULL", [pair["a"], pair["b"]]
    ).fetchone()
    return json.loads(row[0]).get(name, "") if row and row[0] else ""


_BETWEEN = """
SELECT r.a, r.b FROM vault.identity.reasons r
JOIN vault.identity.record_person x ON x.feed || '|' || x.record_key = r.a
JOIN vault.identity.record_person y ON y.feed || '|' || y.record_key = r.b
WHERE (x.person_key = $first AND y.person_key = $second) OR (x.person_key = $second AND y.person_key = $first)
ORDER BY r.weight DESC NULLS FIRST, r.a, r.b LIMIT 1
"""


def _between(con, people: list) -> list[tuple[str, str]]:
    pair = con.execute(_BETWEEN, {"first": people[0], "second": people[1]}).fetchone()
    return [pair] if pair else []


def _against(con, people: list, steps: tuple[Step, ...]) -> str:
    """Why two records are two people: a decision, a clash, a tie between two, or too little evidence."""
    row = con.execute(
        """SELECT reason FROM vault.identity.bars
        WHERE (person_a = $first AND person_b = $second) OR (person_a = $second AND person_b = $first)
        ORDER BY NOT starts_with(reason, 'decision'), reason LIMIT 1""",
        {"first": people[0], "second": people[1]},
    ).fetchone()
    if row:
        return row[0]
    if _side_by_side(con, people):
        return "a source lists them side by side, as two people"
    if not steps:
        return "nothing ties them: no address, number, e-mail, telephone, date or name they share is worth comparing"
    needed = declarations().limit("least_weight")
    weight = steps[0].weight
    if weight is None:
        return "a rule ties them, but another record of one of the two fits better"
    if weight < needed:
        return f"the evidence is not enough: its weight is {weight:+.1f}, and {needed:+.1f} is needed"
    return "only their names agree, and names alone never make one person"


def _side_by_side(con, people: list) -> bool:
    """Whether a list (the parties of an account, the members of a claim) has both, in two places."""
    return con.execute(
        """WITH places AS (SELECT person_key, list, position FROM vault.identity.record_person
            JOIN vault.identity.record_profile ON record = feed || '|' || record_key WHERE list IS NOT NULL AND person_key IN ($first, $second))
        SELECT count(*) > 0 FROM places x JOIN places y USING (list) WHERE x.person_key = $first AND y.person_key = $second
            AND x.position <> y.position""",
        {"first": people[0], "second": people[1]},
    ).fetchone()[0]


def _decision(con, a: str, b: str) -> str | None:
    row = con.execute(
        """SELECT decision, verdict, decided_at, decided_by FROM vault.identity.decisions WHERE withdrawn_at IS NULL
        AND feed_a || '|' || key_a IN ($a, $b) AND feed_b || '|' || key_b IN ($a, $b)""",
        {"a": a, "b": b},
    ).fetchone()
    return f"{row[1].replace('_', ' ')}, by {row[3]} on {row[2]:%Y-%m-%d}, decision {row[0]}" if row else None
