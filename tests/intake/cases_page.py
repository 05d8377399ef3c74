"""Writes docs/reference/door-cases.md from the cases the tests run: `python -m tests.intake.cases_page`."""

from __future__ import annotations

from tests.intake.cases import CASES
from tests.intake.deliveries import HOUSE
from tests.intake.house_list import CASES as HOUSE_CASES
from tests.intake.house_list import ELSEWHERE
from tests.intake.spoiling import DEFECTS

_HEAD = """# The door, case by case

Written by `python -m tests.intake.cases_page` from the cases the tests run; a test keeps it so.

What the door answers to every broken delivery of the feed specification (section 7, D01 to D68), and to the bad feeds of
the house's own list (1 to 108). Rows count from 1 for the header: the line of a text file, the record of a file with line
breaks in quotes, the row of a sheet. Messages carry file, row, column and rule, never a value.

`make cases` prints every case with the answer expected and the answer got, and ends in an error where one differs.
`make fuzz` shoots deliveries spoilt at random at the door.

## D01 to D68

Each is tested by `tests/intake/test_cases.py::test_a_broken_delivery_gets_the_specified_answer` on small deliveries made in
code, and, where it makes sense, put to feeds and columns the specification does not name
(`tests/intake/test_house_list.py::test_a_defect_is_answered_alike_in_feeds_the_specification_does_not_name`;
`python -m tests.intake.run_spoiling` puts every one to every feed: {trials} trials). The supplied samples and the pilot are
tested by `tests/intake/test_pilot.py` where they are at hand.

| case | what is wrong | feed | answer | rows | rule named |
|---|---|---|---|---|---|
"""
_HOUSE = """
## The house list

Each is tested by `tests/intake/test_house_list.py::test_a_bad_feed_of_the_house_list_gets_its_answer`.

| no | what is wrong | shown on | answer | rule named | note |
|---|---|---|---|---|---|
"""
_ELSEWHERE = """
Of the 108, these are not the door's to answer:

| no | what is wrong | who answers, or why nobody need |
|---|---|---|
"""
_CHOICES = """
## Choices the specification leaves open

- A row whose number of fields or length is wrong is set aside without its values: which field is which is not known, so
  a field that must be dropped cannot be told from one that may be kept.
- A row whose deciding code is blank or unknown (R2 to R4) is counted and not kept. For roles (R1) the whole file is refused.
- Exact copies of rows that are dropped unread are counted in quarantine (D30), by row number only.
- A parent is asked for among all rows sent, quarantined or not; of a refused parent file, among what is in force.
- A tie is not judged where transactions are refused, missing for a period, or in quarantine for that account.
- Blank shares count what was sent blank; an open end is not blank, a value that cannot be one is judged by its own rule.
- A month without change is believable for the feeds whose contract says so (`mayRepeat`), for some only while short.
- The very same delivery again changes nothing. The same number with another manifest refuses the delivery; a file damaged
  on the way may come again under the same manifest.
- What Unicode draws as nothing is taken out of every value, inside it too, and told; blanks of any kind around a value, line
  ends too, are no part of it. Keys that differ only by these are one key.
- An amount nobody can read as a number adds nothing to a control total, which is proved all the same. Only torn rows, of
  which no field can be told, leave it unproved (`control-unproved`).
- A day with a time other than midnight is no day (D34; a birth date D35): it was most likely moved by a time zone.
- A formula in a workbook is the value saved with it. Errors and formulas never worked out keep their row out; hidden rows are
  read and hidden sheets are not, and both are told. Days counted from 1904 are read as such.
- Dates of a homelessness case that contradict each other are told and kept: the case stands.
- A delivery is known by its names and bytes, so that a file put right is seen under any size. More than a hundred files in
  a folder are no delivery.
- A delivery is older (D13) when its date, or its number at the same date, is below the last accepted.
- A feed that is due but not even named in the manifest counts as refused, as if its file were missing.
- The specification says LF for `deaths`, every delivery came with CR LF: both are taken.
- A file whose every row is one and the same is refused (`one-row-repeated`), though copies alone would only be set aside.
- Amounts a hundred times those in force under the same keys refuse a snapshot (D46), also where nothing ties.
- Rows of victims and contacts that carry what only an alleged perpetrator's row may refuse the file (`roles-swapped`).
- The parts of a control total are told to the house only (`fairview receipts --totals`): a part that rests on one row would
  be that row's figure. Suppliers and task pages are told whether it adds up.
"""


def page() -> str:
    """The whole page."""
    trials = sum(1 for defect in DEFECTS for contract in HOUSE.feeds for _ in defect.trials(contract))
    lines = [_HEAD.format(trials=trials)]
    for case in CASES:
        rows = "" if case.rows is None else case.rows
        lines.append(f"| {case.id} | {case.title} | {case.feed} | {case.outcome} | {rows} | {case.rule or ''} |\n")
    lines.append(_HOUSE)
    for case in HOUSE_CASES:
        lines.append(f"| {case.id} | {case.title} | {case.feed} | {case.outcome} | {case.rule or ''} | {case.note} |\n")
    lines.append(_ELSEWHERE)
    lines += [f"| {one.id} | {one.title} | {_linked(one.why)} |\n" for one in ELSEWHERE]
    return "".join(lines) + _CHOICES


def _linked(why: str) -> str:
    words = why.split(" ")
    return " ".join(f"`{word.strip('()')}`" if word.strip("()").startswith("tests/") and word.strip("()").endswith(".py") else word for word in words)  # fmt: skip


def main() -> None:
    """Write the page."""
    (HOUSE.house / "docs" / "reference" / "door-cases.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
