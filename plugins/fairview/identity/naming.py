"""How a person names a record, FEED:KEY, and how the vault finds it.

Knows: that a file of links shortens some feeds' keys (`linkKey` in their contract). Refuses to know: what is asked about it.
"""

from __future__ import annotations

from fairview.errors import FairviewError


class NoSuchRecord(FairviewError):
    """What was named is no record of a person: no such feed or key, not a person, or gone. The key is not repeated."""

    exit_code = 2


def parse(text: str) -> tuple[str, str]:
    """FEED:KEY as (feed, key). Raises NoSuchRecord when it has no such form."""
    feed, colon, key = text.partition(":")
    if not (feed and colon and key):
        raise NoSuchRecord(
            "a record is named FEED:KEY, as in a file of links, for instance council_tax_accounts:1234567"
        )
    return feed, key


def find(con, feed: str, key: str, table: str = "record_person") -> str:
    """The whole record key, in `vault.identity.<table>`, of what a key or its leading columns name. Raises NoSuchRecord."""
    row = con.execute(
        f"""SELECT record_key FROM vault.identity.{table} WHERE feed = $feed AND (record_key = $key OR starts_with(record_key, $key || '|'))
        ORDER BY record_key <> $key, record_key LIMIT 1""",
        {"feed": feed, "key": key},
    ).fetchone()
    if not row:
        raise NoSuchRecord(f"that record of {feed} is no linked record: not a person, or gone")
    return row[0]
