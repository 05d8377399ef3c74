"""One vault with two good months at which every case is shown, nothing ever loaded: quick enough for hundreds of cases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.intake.deliveries import HOUSE, Draft
from tests.intake.house_list import SOURCE, HouseCase

from fairview.intake import answering, deliveries, doorway, past
from fairview.intake.casting import name
from fairview.intake.receipts import REFUSALS, FileReceipt, Receipt
from fairview.store import opening


class Showing:
    """The door as it stands after two good months; `show` answers a draft without letting it in."""

    def __init__(self, con, folder: Path) -> None:
        self.con, self.folder = con, folder
        self.found: doorway.Examined | None = None

    def show(self, draft: Draft, harm=None) -> Receipt:
        shutil.rmtree(self.folder, ignore_errors=True)
        written = draft.write(self.folder)
        if harm:
            harm(written)
        (delivery,) = deliveries.find(self.folder)
        known = past.read(self.con, draft.source)
        self.found = doorway.examine(self.con, delivery, HOUSE, doorway.Keeping(), known)
        staged = {
            file.feed: (self.con.execute(file.good("count(*)")).fetchone()[0], 0)
            for file in self.found.files
            if file.is_typed and not file.is_refused
        }
        return answering.receipt(self.con, self.found, "shown", staged)

    def line(self, case: HouseCase) -> FileReceipt:
        """The answer to a case of the house list, as the receipt tells it of the feed, or of a stranger beside it."""
        draft = Draft(SOURCE[case.feed], 3)
        if case.spoil:
            case.spoil(draft)
        receipt = self.show(draft, case.folder)
        lines = {file.feed: file for file in receipt.files}
        return lines[None] if None in lines and case.rule in lines[None].rules else lines[case.feed]

    def staged(self, feed: str, column: str) -> list:
        """What a column of the file just shown would hold."""
        (file,) = [one for one in self.found.files if one.feed == feed]
        return [value for (value,) in self.con.execute(file.good(name(column))).fetchall()]


@contextmanager
def showing(door, folder: Path) -> Iterator[Showing]:
    with opening.vault(door.places, door.keyring) as con:
        yield Showing(con, folder)


def is_right(case: HouseCase, line: FileReceipt) -> bool:
    """Whether a line is the answer the case asks for, with its rule named and every row accounted for."""
    if line.outcome != case.outcome or (case.rule and case.rule not in line.rules):
        return False
    if line.outcome in REFUSALS:
        return (line.staged, line.quarantined, line.dropped) == (0, 0, 0)
    return line.received == line.staged + line.quarantined + line.dropped
