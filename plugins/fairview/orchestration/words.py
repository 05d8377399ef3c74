"""The plain words shown on each DAG's page, rendered from its declarations."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from fairview.contracts.catalogue import Catalogue
from fairview.contracts.feed import FeedContract
from fairview.contracts.service import ServiceCard

if TYPE_CHECKING:
    from fairview.publication.holding import Held  # a DAG file is read cheaply: no store behind its words

PUBLISH, KEEP = "Publish", "Keep what is published"
# More figures than these side by side are not read at a glance.
_MOST_COLUMNS = 4

_SERVICES = {"HSG": "homelessness prevention", "CSF": "ASB victim support", "REV": "informed debt collection"}


def of_delivery_dag(source: str, contracts: tuple[FeedContract, ...]) -> str:
    """What arrives, whose it is, what stops it, how to run it again."""
    lines = [
        f"# Deliveries of {contracts[0].document['dataProduct']}",
        "",
        "Takes what waits in the inbox, checks it against the contracts and stages it in the encrypted vault.",
        "Every row received is staged, quarantined or dropped by a declared rule; a refused file changes nothing.",
        "The log and the return value of `receive` tell each file's account in words: rows received = staged + quarantined +",
        "dropped, and whether its control total adds up. `fairview receipts --totals` shows the figures.",
        "",
        "| feed | what it is | kind | used by |",
        "|---|---|---|---|",
    ]
    for contract in contracts:
        purposes = sorted(set().union(*(column.purposes for column in contract.loaded)) & _SERVICES.keys())
        used = ", ".join(_SERVICES[code] for code in purposes) or "linking and control only"
        lines.append(f"| `{contract.feed}` | {contract.title} | {contract.kind} | {used} |")
    lines += [
        "",
        "**Run it by hand** with the play button; `up_to` leaves later deliveries waiting.",
        "**Run it again** safely: a delivery already received is recognised by its content.",
        "**When it is red**, `say_what_was_refused` names file, rows, column and rule, never a value: fit to be sent back as it is.",
        "A report for the supplier, a page and a table without a value, lies in the state folder under `reports/`.",
        "`fairview check FOLDER` tells a supplier the same beforehand. What was in force stays so until a corrected delivery comes.",
    ]
    return "\n".join(lines)


def of_people_dag(catalogue: Catalogue) -> str:
    """What the spine is and what stops it."""
    bearing = sum(contract.is_person_bearing for contract in catalogue.feeds)
    return f"""# People

Links the records of {bearing} person-bearing feeds into people and households, inside the vault: deterministic rules first,
Splink with a committed model for the rest. Then dbt builds the warehouse: the same facts without identifiers.

Starts when any source has delivered. A run that finds nothing new skips.
**It stops** before the warehouse when too many people are new, merged or split for one run; the limits and their
reasons are declared in `dags/identity/`. The services then keep what they published, and the public record says so. The red
task says what to look at. **To let it through**, press play and choose the role in *Let a stopped linking through, as*.

Links nobody can be sure of wait in the review queue (Browse → Links to decide); decide them with the DAG `decide_link`."""


def of_service_dag(card: ServiceCard) -> str:
    """Whose mart, on what basis, from what, what is published and what never is."""
    lines = [
        f"# {card.title}",
        "",
        f"**For** {card.department}. **Purpose:** {card.purpose}",
        "",
        f"**Lawful basis:** {card.lawful_basis}",
        "",
        "**Reads:** " + ", ".join(f"`{feed}`" for feed in card.feeds),
        "",
        "| table | role | one row per | what it holds |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{t.name}` | {t.role} | {', '.join(t.key)} | {t.description} |" for t in card.tables]
    if card.never:
        lines += ["", "**Never:**", ""] + [f"- {never}" for never in card.never]
    lines += [
        "",
        "Built beside what is published, judged by every suite under `expectations/`, moved in whole or not at all; the old",
        "generation's key is destroyed. **When it waits at `decide`**, something is out of the ordinary: whoever may decide finds the",
        "question and the figures under *Required actions*; no answer in time means not published.",
        "**When it is red**, what was published before is still there; the failed task says why,",
        "and so does the public record.",
    ]
    return "\n".join(lines)


def of_question(card: ServiceCard, held: Held) -> str:
    """What a person has to decide about a held candidate, with the figures: Markdown for Airflow's page."""
    as_at = date.fromisoformat(held.verdict.as_at)
    lines = [
        f"The new version of **{card.title}**, as at {as_at.day} {as_at:%B %Y}, has been judged. Nothing forbids publishing it, but it "
        "is out of the ordinary.",
        "",
    ]
    by_reason: dict[str, list] = {}
    for table, why, figures in held.question():
        by_reason.setdefault(why.rstrip("."), []).append((table, figures))
    for number, (why, tables) in enumerate(by_reason.items(), start=1):
        lines += [f"{number}. Usual, but not so this time: **{why}.**", "", *_figures(tables), ""]
    until = datetime.fromisoformat(held.until)
    lines += [
        f"**{PUBLISH}** replaces what officers of {card.department} see now. **{KEEP}** leaves it as it is; the next run builds anew and, if "
        "it is still so, asks again. Every rule and its result: Browse → Data Docs of the gate.",
        "",
        f"Without an answer by {until.day} {until:%B %Y, %H:%M} UTC it is **not** published. Your name, your answer and your reason go into "
        "the ledger, which everyone may read; an answer without a reason in words is not taken. Figures are counts and shares; small ones are not told.",
    ]
    return "\n".join(lines)


def _figures(tables: list[tuple[str, tuple[tuple[str, str], ...]]]) -> list[str]:
    """One row a table where all have the same figures to tell, else one row a figure."""
    heads = {tuple(what for what, _ in figures) for _, figures in tables}
    if len(heads) == 1 and (head := heads.pop()) and len(head) <= _MOST_COLUMNS:
        lines = [f"| table | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
        return lines + [f"| {table} | {' | '.join(figure for _, figure in figures)} |" for table, figures in tables]
    lines = ["| table | what | figure |", "|---|---|---|"]
    return lines + [f"| {table} | {what} | {figure} |" for table, figures in tables for what, figure in figures]


PUBLIC_RECORD = """# Public record

After every publication, and every morning: withdraws what rests on a source silent for longer than declared, then writes
the public record: what was received, refused, published or kept back and why, and an answer to each of the eleven
questions residents asked. Counts under 10 are suppressed, the rest rounded to 5."""

DECIDE_LINK = """# Decide a link

Records the linking could not judge wait in a queue: **Browse → Links to decide**, or `fairview review`. Each has a number, the
levels at which the two records agree, and no value. Who may look the two up does so with the vault's key
(`fairview review show ITEM --values`). Press play, paste the number, choose the verdict, your role and the reason.

The decision outlives every run and every training, takes effect at the next run of `people`, and the marts follow. It can
be revoked by its own number. One that contradicts others in force is refused, with their numbers."""

RETENTION = """# Retention

Every Sunday: landing copies past the time their contract gives them, quarantined rows past theirs, and candidates a
crash left behind are destroyed."""

LEDGER = """# Ledger

Every morning the hash chain of the ledger is walked. Red means an entry was edited, removed or re-ordered."""

REIDENTIFY = """# Re-identify

The one way from a service's pseudonym back to a person. Press play, choose the service, paste the person id from its list,
choose the purpose. Two other people approve under *Required actions*; requester and approvers must be three different
people. The ledger is written **before** anything is looked up; the identity is sealed under the service's key and opened
with `fairview reveal SERVICE TICKET`, for seven days. No name ever appears in Airflow."""
