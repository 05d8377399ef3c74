"""What the vault remembers of a source: deliveries accepted, files in force, periods covered. Counts, never rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from fairview.domain import periods
from fairview.intake.comparing import Before


@dataclass(frozen=True)
class Accepted:
    """A delivery of which something was loaded."""

    delivery_id: str
    extract_date: date
    number: int
    manifest_sha256: str
    files: dict[str, str] = field(hash=False)
    refused: bool = False


@dataclass(frozen=True)
class Past:
    """The accepted deliveries of one source, oldest first."""

    source: str
    accepted: tuple[Accepted, ...] = ()

    @property
    def last(self) -> Accepted | None:
        return self.accepted[-1] if self.accepted else None

    def of_day(self, day: date) -> tuple[Accepted, ...]:
        return tuple(one for one in self.accepted if one.extract_date == day)


def read(con, source: str) -> Past:
    """The past of a source."""
    files: dict[str, dict[str, str]] = {}
    loaded: set[str] = set()
    refused: set[str] = set()
    for delivery_id, feed, sha256, outcome in con.execute(
        "SELECT delivery_id, feed, sha256, outcome FROM intake.files WHERE source = ? AND feed IS NOT NULL", [source]
    ).fetchall():
        files.setdefault(delivery_id, {})[feed] = sha256
        (refused if outcome.startswith("reject") else loaded).add(delivery_id)
    rows = con.execute(
        "SELECT delivery_id, extract_date, number, manifest_sha256 FROM intake.deliveries "
        "WHERE source = ? AND outcome <> 'reject_delivery' ORDER BY extract_date, number, arrival",
        [source],
    ).fetchall()
    return Past(
        source, tuple(Accepted(*row, files.get(row[0], {}), row[0] in refused) for row in rows if row[0] in loaded)
    )


def before(con, feed: str, day: date) -> Before | None:
    """The file of a feed in force before an extract date."""
    row = con.execute(
        "SELECT received, row_hash, extract_date, covers_to, delivery_id FROM intake.files "
        "WHERE feed = ? AND extract_date < ? AND outcome NOT LIKE 'reject%' ORDER BY extract_date DESC, number DESC, "
        "delivery_id DESC LIMIT 1",
        [feed, day],
    ).fetchone()
    if row is None:
        return None
    shares = con.execute(
        "SELECT column_name, share FROM intake.blank_shares WHERE delivery_id = ? AND feed = ?", [row[4], feed]
    ).fetchall()
    earlier = con.execute(
        "SELECT DISTINCT row_hash FROM intake.files WHERE feed = ? AND extract_date < ? AND outcome NOT LIKE 'reject%'",
        [feed, day],
    ).fetchall()
    return Before(*row[:4], dict(shares), frozenset(found for (found,) in earlier))


def gap_since_first(con, feed: str, covers_from: date, covers_to: date) -> bool:
    """Whether the accepted files of an events feed, with one more, leave a day out between the first and the last."""
    spans = con.execute(
        "SELECT covers_from, covers_to FROM intake.files WHERE feed = ? AND outcome NOT LIKE 'reject%'", [feed]
    ).fetchall()
    spans = sorted([*spans, (covers_from, covers_to)])
    reached = spans[0][1]
    for begin, end in spans[1:]:
        if not periods.follows(reached, begin):
            return True
        reached = max(reached, end)
    return False
