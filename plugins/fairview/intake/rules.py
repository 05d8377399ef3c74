"""What each rule of the door says and asks of the supplier: one place, so that a message can never carry a value.

Rules D01 to D68 are the feed specification's, section 7; R1 to R4 its row rules; the others are the house's own, named
for what they find. Knows words only; where a rule applies and how severely is the contracts' and the checks' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# How many row numbers a message names before it says how many more there are.
NAMED_ROWS = 12


@dataclass(frozen=True)
class Rule:
    """`finds`: what is wrong, to stand after the file's name; `asks`: what the supplier should do."""

    finds: str
    asks: str


_CORRECT = "correct the rows and send them with the next delivery, or send a corrected delivery of the same date"
_RESEND = "send the whole delivery again for the same date under a higher delivery number"
RULES: dict[str, Rule] = {
    # manifest and presence
    "D01": Rule("the manifest names the file but it is not there", _RESEND),
    "D02": Rule(
        "the delivery holds a file the manifest does not name; it was left unread",
        "name every file in the manifest, or leave it out",
    ),
    "D10": Rule("there is no manifest", "send the delivery again with its manifest"),
    "D11": Rule(
        "the extract dates of manifest, folder and file names differ",
        "name all files and the manifest for one extract date and send again",
    ),
    "D13": Rule(
        "the delivery is older than the last one accepted",
        "send the newest state instead; deliveries are taken in date order",
    ),
    "D55": Rule(
        "the file nobody may publish without is missing; every publication waits for it",
        "send the delivery again with this file at once",
    ),
    "D64": Rule(
        "the manifest cannot be read as the specification says: it is no JSON, or a key is missing, stands twice or holds "
        "another kind of value",
        "send the delivery again with a manifest in the agreed JSON form",
    ),
    "too-many-files": Rule(
        "the folder or the manifest names far more files than any delivery has; none was read",
        "send the agreed files and their manifest alone",
    ),
    "wrong-source": Rule("the manifest speaks for another source", "send the delivery to the folder of its own source"),
    "number-reused": Rule(
        "this delivery number was used for other content before",
        "give a corrected delivery of the same date a higher number",
    ),
    "two-manifests": Rule("there is more than one manifest", "send one manifest with each delivery"),
    "replayed-delivery": Rule("this very delivery was received before; nothing was changed", "nothing needs doing"),
    "not-named": Rule("the feed is due but the manifest does not name it", _RESEND),
    "spec-version": Rule(
        "the manifest names another version of the specification",
        "agree the version with the platform before the next delivery",
    ),
    "file-name": Rule(
        "the file's name is not the agreed one", "name the file as the specification says and send again"
    ),
    "unusable-name": Rule(
        "a file's name holds characters no agreed name has; it was left unread", "send only files with agreed names"
    ),
    "not-a-file": Rule(
        "it is a link, a pipe or a device, or linked from elsewhere, not a plain file of its own", "send plain files"
    ),
    "unreadable-file": Rule("the file may not be read", "let the platform's account read the file and send again"),
    "still-growing": Rule("the file changed while it was read", "send again once the file is complete"),
    "too-large": Rule(
        "the file is larger than any agreed file can be", "ask the platform before sending files of this size"
    ),
    # bytes
    "D03": Rule("the file does not match the checksum in the manifest", _RESEND),
    "D04": Rule("the file is shorter than the manifest says: it was cut off on the way", _RESEND),
    "D05": Rule("the file has no bytes", _RESEND),
    # structure
    "D06": Rule(
        "the file has a header but no rows; a snapshot never falls to nothing",
        "find out why the extract came out empty and send again",
    ),
    "D07": Rule("the last line that closes the file is missing or not last", _RESEND),
    "D08": Rule(
        "the number of rows differs from the count in trailer or manifest", "count the rows as sent and send again"
    ),
    "D09": Rule(
        "the control total in trailer or manifest is not the sum of the rows",
        "find the rows lost or changed and send again",
    ),
    "control-unproved": Rule(
        "the control total could not be proved: which fields of the broken rows belong to it cannot be told", _CORRECT
    ),
    "D14": Rule(
        "there is a column that was never agreed; nothing unlisted is loaded", "take the column out and send again"
    ),
    "unnamed-columns": Rule(
        "columns without a name stand behind the last agreed one, as a spreadsheet leaves empty ones",
        "delete the empty columns, or send the extract as it leaves the system, and send again",
    ),
    "D15": Rule("an agreed column is missing", "put the column back and send again"),
    "D16": Rule("the columns stand in another order than agreed; they were read by name", "keep the agreed order"),
    "D17": Rule(
        "an agreed column is missing and an unknown one stands in the file, as if renamed",
        "use the agreed column names and send again",
    ),
    "D18": Rule("the first line is not the agreed header", "send the file with its header in the first line"),
    "D19": Rule("the fields are separated by another character than agreed", "use the agreed separator and send again"),
    "D20": Rule("the file is in UTF-16", "save it in the agreed encoding and send again"),
    "D21": Rule(
        "the file holds bytes the agreed encoding does not have", "save it in the agreed encoding and send again"
    ),
    "other-encoding": Rule(
        "the file is in UTF-8, not in the agreed encoding", "save it in the agreed encoding and send again"
    ),
    "wrong-kind": Rule("the content is of another kind than the name says", "send the agreed kind of file"),
    "D22": Rule("there is a byte order mark where none is agreed", "nothing needs doing"),
    "D23": Rule("the line ends are others than agreed", "use the agreed line ends"),
    "end-mark": Rule("an end-of-file mark (Ctrl-Z) stands behind the last line; it was ignored", "leave the mark out"),
    "D24": Rule(
        "the header comes again among the rows, as at a page break; the lines were ignored",
        "switch page breaks off in the extract",
    ),
    "D25": Rule(
        "rows are broken in two by line breaks, and the count no longer fits",
        "take line breaks out of the fields and send again",
    ),
    "D26": Rule("a row has a field too many, as from a stray separator", _CORRECT),
    "short-row": Rule("a row has a field too few", _CORRECT),
    "D27": Rule("a record does not have the agreed length or type", _CORRECT),
    "D28": Rule("the agreed worksheet is not in the workbook", "name the sheet as agreed and send again"),
    "hidden-sheet": Rule(
        "the workbook holds hidden sheets; only the agreed one was read", "send a workbook of the agreed sheets alone"
    ),
    "hidden-rows": Rule(
        "rows of the sheet are hidden, as by a filter; they were read",
        "take filters off, or delete rows not meant to go",
    ),
    "sheet-twice": Rule("two sheets of the workbook have one name", "name each sheet once and send again"),
    "error-cell": Rule("a cell holds a spreadsheet's error, as #N/A, in place of a value", _CORRECT),
    "formula-without-value": Rule(
        "a cell holds a formula that was never worked out", "let the spreadsheet calculate, save it and send again"
    ),
    "D29": Rule("the header of the sheet is not in the agreed row", "put the header back into its row and send again"),
    "D41": Rule("the archive or workbook is damaged", _RESEND),
    "D42": Rule(
        "the archive holds another number of files than one", "put exactly the one agreed file into the archive"
    ),
    "archive-path": Rule(
        "the archive holds a path that leads outside it", "pack the one agreed file without any folder"
    ),
    "archive-member": Rule(
        "the archive holds a file of another name than agreed", "pack the file under its agreed name"
    ),
    "archive-locked": Rule("the archive is locked by a password", "send it unlocked; the way itself is encrypted"),
    "archive-bomb": Rule("the archive unfolds to far more than any agreed file", "send the plain agreed file"),
    "macros": Rule("the workbook holds macros", "send a workbook without macros"),
    "header-twice": Rule("a column name stands twice in the header", "name each column once and send again"),
    "header-day": Rule("the header record tells another extract date", _RESEND),
    "unclosed-quote": Rule(
        "a quotation mark is opened and not closed, or stands where none may", "quote fields as agreed and send again"
    ),
    "unreadable": Rule("the file cannot be read as its agreed form", _RESEND),
    "blank-lines": Rule("there are blank lines among the rows; they were ignored", "leave blank lines out"),
    "does-not-add-up": Rule(
        "rows or control total received are not those staged, quarantined and dropped; the platform refuses to lose any",
        "nothing needs doing: the platform's own people look into it",
    ),
    "unnumbered-rule": Rule("a rule of the contract is broken", _CORRECT),
    # rows
    "D30": Rule("a row is there twice; one is kept", "send each row once"),
    "D31": Rule("a row's parent does not exist", _CORRECT),
    "D32": Rule(
        "one key stands over different rows; none of them is kept, since which is right cannot be known", _CORRECT
    ),
    "D33": Rule("a code is not in the agreed list", "use an agreed code, or agree the new one with the platform first"),
    "D34": Rule(
        "a date does not exist, is not written as agreed, or is a day that carries a time other than midnight", _CORRECT
    ),
    "D35": Rule(
        "a birth date cannot be one; the row is kept without it",
        "correct the birth date at its source: a real day, with no time but midnight",
    ),
    "D36": Rule("something ends before it starts", _CORRECT),
    "D37": Rule("an amount is not written as agreed: pounds, a point, two decimals", _CORRECT),
    "D38": Rule("dates are written month first", "write dates as agreed and send again"),
    "D39": Rule("open-ended dates are written otherwise than agreed", "use the agreed open-ended date and send again"),
    "D48": Rule(
        "account numbers were mangled by a spreadsheet: leading zeros gone, or powers of ten",
        "send the extract as it leaves the system, never through a spreadsheet",
    ),
    "D49": Rule("an event is dated after the extract", _CORRECT),
    "D51": Rule("a coded column holds text longer than any code", "put codes, not text, into the column"),
    "D52": Rule("a step of recovery stands without the one the law puts before it", _CORRECT),
    "D53": Rule(
        "a standard moratorium has no end date; it counts as frozen until its start plus 60 days", "tell the end date"
    ),
    "D54": Rule("a moratorium ends before it starts; it is kept frozen, to the safe side", "tell the right dates"),
    "D56": Rule(
        "a role outside the agreed list stands in the file; no row may pass unjudged",
        "use the agreed roles and send again",
    ),
    "D58": Rule("a field is longer than agreed", _CORRECT),
    "D59": Rule("a field holds control characters", _CORRECT),
    "D61": Rule(
        "a no-fault notice is dated on or after 1 May 2026; it is kept, but is no ground for a referral",
        "check the type and date of the notice",
    ),
    "D62": Rule("a duty starts before the application", _CORRECT),
    "relief-before-prevention-end": Rule("a relief duty starts before the prevention duty has ended", _CORRECT),
    "main-duty-before-relief-end": Rule("a main duty is dated before the relief duty has ended", _CORRECT),
    "before-application": Rule("a step of a homelessness case is dated before the application", _CORRECT),
    "outcome-without-end": Rule("a duty has an outcome but no end date", _CORRECT),
    "D63": Rule("ward codes are those of the map in force from 7 May 2026", "nothing needs doing"),
    "D66": Rule("the code that decides whether a row may be loaded at all is blank; the row was not read", _CORRECT),
    "blank-required": Rule("a field that must be filled is blank", _CORRECT),
    "not-a-number": Rule("a whole number is not written as one", _CORRECT),
    "uprn-shape": Rule(
        "an address number cannot be one; the row is kept without it",
        "send address numbers as text of up to twelve digits",
    ),
    "turning-marks": Rule("a field holds marks that turn the reading direction", _CORRECT),
    "widthless-marks": Rule(
        "a field or the header holds marks without width, as a second byte order mark; they were taken out",
        "take the marks out at the source",
    ),
    "two-alphabets": Rule(
        "a word mixes letters of two alphabets that look alike", "write each word in the letters of one alphabet"
    ),
    "roles-swapped": Rule(
        "rows whose role says victim or contact carry what only an alleged perpetrator's may",
        "find out whether roles were swapped and send the right ones again; nothing was loaded",
    ),
    "one-row-repeated": Rule(
        "every row of the file is the same one", "find out why the extract repeats one row and send again"
    ),
    "spoilt-letters": Rule("letters look twice encoded", "save the extract once, in the agreed encoding"),
    "reference-shape": Rule("a reference is shorter than agreed", _CORRECT),
    "too-many-rows": Rule("more rows than allowed would go to quarantine", "correct the extract and send again"),
    "nothing-left": Rule("no row of the snapshot is sound", "correct the extract and send again"),
    # ties and comparison
    "D46": Rule("amounts are in pence instead of pounds", "send amounts in pounds with two decimals"),
    "D47": Rule("a balance does not tie to its transactions, or to its own parts", _CORRECT),
    "tie-unproved": Rule(
        "the tie to the transactions could not be proved: transactions are missing, refused or in quarantine",
        "send the missing transactions",
    ),
    "coverage-gap": Rule("events of a period before this one never arrived", "send the missing period"),
    "D12": Rule("the content is that of an earlier delivery under a new name", "send this month's extract"),
    "D43": Rule(
        "the file has far fewer rows than the delivery before",
        "check the extract; if the fall is real, agree it with the platform first",
    ),
    "D44": Rule(
        "the file has far more rows than the delivery before",
        "check the extract; if the rise is real, agree it with the platform first",
    ),
    "D45": Rule("a column is blank on far more rows than in the delivery before", "check the extract and send again"),
    "D67": Rule("the rows are of another month than the delivery", "send this month's file"),
}


def sentence(
    file: str,
    rule: str,
    rows: Sequence[int] = (),
    columns: Sequence[str] = (),
    count: int | None = None,
    positions: Sequence[int] = (),
    key: str | None = None,
) -> str:
    """One sentence for the supplier: file, rows, columns or key of a manifest, rule, what is wrong, what to do. Never a value."""
    where = [file]
    if rows:
        where.append(_rows(sorted(rows), count or len(rows)))
    elif count and count > 1:
        where.append(f"{count:,} times")
    if columns:
        where.append(("column " if len(columns) == 1 else "columns ") + ", ".join(columns))
    if positions:
        where.append("column number " + ", ".join(f"{position}" for position in positions[:NAMED_ROWS]))
    if key:
        where.append(f"key {key}")
    told = told_of(rule)
    return f"{', '.join(where)} ({rule}): {told.finds}; {told.asks}."


def told_of(rule: str) -> Rule:
    """What a rule says; the contract's own, where the rule has no words of its own."""
    return RULES.get(rule, RULES["unnumbered-rule"])


def _rows(rows: Sequence[int], count: int) -> str:
    named = [f"{row}" for row in rows[:NAMED_ROWS]]
    more = max(count, len(rows)) - len(named)
    if more > 0:
        return f"rows {', '.join(named)} and {more:,} more"
    return f"row {named[0]}" if len(named) == 1 else f"rows {', '.join(named[:-1])} and {named[-1]}"
