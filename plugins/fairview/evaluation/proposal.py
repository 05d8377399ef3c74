"""A proposed rule pack as a folder to be read, tried in shadow, and committed by a person or not.

Knows: how a proposal is laid out: the service's seeds with the new points dated ahead, and a before/after card. Writes there alone.
"""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

from fairview.contracts.catalogue import Catalogue
from fairview.domain import disclosure
from fairview.errors import FairviewError
from fairview.evaluation import packs
from fairview.evaluation.calibrate import SETTINGS, Held, Proposal
from fairview.evaluation.statistics import Rate

RULES = "homelessness_prevention_rules.csv"
SERVICE = "homelessness_prevention"


class FolderInUse(FairviewError):
    """The folder for a proposal lies in the house's own declarations, or holds something already."""


def write(proposal: Proposal, catalogue: Catalogue, to: Path, valid_from: date, factors: list[str]) -> list[Path]:
    """Write the pack and its card into `to`. `factors`: the feed columns points rest on, each found permitted. Raises FolderInUse.
    Returns the files."""
    home = packs.home(catalogue, SERVICE)
    target = to.resolve()
    if target == home.resolve() or (catalogue.house / "dbt_project").resolve() in [target, *target.parents]:
        raise FolderInUse("a proposal is not written among the packs in force; name another folder")
    if to.exists() and any(to.iterdir()):
        raise FolderInUse(f"{to.name} is not empty")
    to.mkdir(parents=True, exist_ok=True)
    written = [Path(shutil.copy(path, to / path.name)) for path in sorted(home.iterdir()) if path.is_file()]
    columns, rows = packs.read(home / RULES)
    packs.write(to / RULES, columns, _rows(rows, proposal, valid_from))
    (to / "card.md").write_text(card(proposal, valid_from, factors), encoding="utf-8")
    return [*written, to / "card.md"]


def _rows(rows: list[dict[str, str]], proposal: Proposal, valid_from: date) -> list[dict[str, str]]:
    """The pack with each changed tier's row in force ended the day before, and its successor after it."""
    changed = {(tier.rule_id, tier.tier_code): tier for tier in proposal.changed}
    in_force = packs.in_force(rows, proposal.snapshots[-1])
    found = []
    for row in rows:
        tier = changed.get((row["rule_id"], row["tier_code"])) if row in in_force else None
        if tier is None:
            found.append(row)
            continue
        found.append({**row, "valid_to": (valid_from - timedelta(days=1)).isoformat()})
        evidence = f"{row['parent']}; points fitted to outcomes as at {', '.join(map(str, proposal.snapshots))}, see the card of {valid_from}"
        found.append(
            {
                **row,
                "points": str(tier.proposed),
                "parent": evidence,
                "rule_version": _next(row["rule_version"]),
                "valid_from": valid_from.isoformat(),
            }
        )
    return found


def _next(version: str) -> str:
    year, _, number = version.partition(".")
    return f"{year}.{int(number) + 1}" if number.isdigit() else f"{version}.1"


def card(proposal: Proposal, valid_from: date, factors: list[str]) -> str:
    """The before/after card as Markdown: what would change, what stays and why, what it is worth on households held out."""
    held = proposal.held
    settings = "\n".join(f"| {name.replace('_', ' ')} | {value} | {why} |" for name, (value, why) in SETTINGS.items())
    lines = [
        "# Proposed points: early help against homelessness", "",
        f"Fitted to {proposal.outcomes} households with the outcome among {proposal.households:,}, as at {', '.join(map(str, proposal.snapshots))}. "
        f"Would be in force from {valid_from}. Nothing has been changed: a person reads this, tries the pack with "
        "`fairview shadow homelessness_prevention --pack FOLDER`, and commits the files, or does not.", "",
        "## Is it better?", "", _verdict(held), "",
        f"On {held.as_at}, every household scored by a fit that never saw it" + (" nor this date:" if held.is_split_in_time
            else ". There was one date alone, so there is no split in time: prefer a fit with several."), "",
        "| | shipped | proposed |", "|---|---|---|",
        f"| precision of the first {held.cut} | {_rate(held.shipped)} | {_rate(held.proposed)} |",
        f"| recall of the first {held.cut} | {_rate(held.shipped_recall)} | {_rate(held.proposed_recall)} |",
        f"| concordance | {held.shipped_concordance:.3f} | {held.proposed_concordance:.3f} |", "",
        f"Difference in precision {held.gained.value * 100:+.1f} points ({held.gained.low * 100:+.1f} to {held.gained.high * 100:+.1f}, 95 %, resampled households).", "",
        "## Points", "", "Household-months of all snapshots; \"it happened\" with a 95 % interval. Which way a tier moves is checked on resampled households.", "",
        "| rule | tier | shipped | proposed | met | it happened | same way in | why it stays |", "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for tier in proposal.tiers:
        small = tier.met.of < disclosure.THRESHOLD or tier.met.hits < disclosure.THRESHOLD
        shown = "hidden: few" if small else _rate(tier.met)
        moved = f"**{tier.proposed}**" if tier.proposed != tier.shipped else str(tier.proposed)
        why = tier.why_kept or ("" if tier.proposed != tier.shipped else "the evidence agrees with the shipped points")
        agreed = f"{tier.agreement:.0%}" if tier.proposed != tier.shipped else ""
        lines.append(
            f"| {tier.rule_id} | {tier.tier_code} | {tier.shipped} | {moved} | {disclosure.told(tier.met.of)} | {shown} | {agreed} | {why} |"
        )
    lines += ["", "Statutory rules (direct referral) have no points and are not fitted. No factor was added: each is a rule in force.", "",
        "## What points rest on", "", f"{len(factors)} feed columns, followed through the compiled models by value and by filter. Each is permitted "
        "for this service's purpose (feed specification, sections 4 and 5); none is kept for monitoring alone, as sex and ethnic group are "
        "(Equality Act 2010).", "", *(f"- `{name}`" for name in factors), "", "## How the fit is held back", "",
        "| setting | value | why |", "|---|---|---|", settings]  # fmt: skip
    return "\n".join(lines) + "\n"


def _verdict(held: Held) -> str:
    if held.gained.low > 0:
        return "Yes, on the households held out: the interval of the difference is above zero."
    if held.gained.high < 0:
        return "**No: it is worse on the households held out. Do not commit it.**"
    return "**Not shown.** The interval of the difference spans zero: on this evidence the shipped points are as good. Collect more outcomes first."


def _rate(rate: Rate) -> str:
    return f"{rate.value * 100:.1f} % ({rate.low * 100:.1f} to {rate.high * 100:.1f})"
