"""From text to type, in SQL: what a column's text becomes by its contract, and which texts break the contract.

Builds expressions only; never sees a row. A text column is first stripped and blanks and null words made null
(`stripped`); typed values and faults are then expressions over those names. Specification, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairview.contracts.feed import Column, FeedContract
from fairview.domain import identifiers

# Dates from here on can only stand for "open"; specification section 2 rule 4 names the agreed ones.
FIRST_OPEN_DAY = "DATE '2099-12-31'"
# No council record is older; what claims to be is a two-digit year or a slip.
FIRST_DAY = "DATE '1850-01-01'"
# Specification D35 and section 2 rule 4: births before 1900 are wrong, 1 January 1900 is unknown.
FIRST_BIRTH = "DATE '1900-01-01'"
# How a spreadsheet set to American habits writes the days a feed should write one of these ways.
_MONTH_FIRST = {"%d/%m/%Y": "%m/%d/%Y", "%Y-%m-%d": "%m/%d/%Y"}


@dataclass(frozen=True)
class Fault:
    """A condition over stripped text that is true for a bad value, and what becomes of it.

    `treatment`: quarantine_rows, blank_value, accept_with_warning, or `suspect` (counted to judge the whole file).
    """

    column: str
    rule: str
    condition: str
    treatment: str = "quarantine_rows"
    hint: str | None = None

    @property
    def flag(self) -> str:
        """A cheaper condition, true whenever the fault is: for the pass over every row. Empty where another implies it."""
        return self.condition if self.hint is None else self.hint


def name(text: str) -> str:
    """An identifier, quoted."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text of the contract, quoted; values of files never go this way."""
    return "'" + str(text).replace("'", "''") + "'"


def stripped(contract: FeedContract, relation: str, is_padded: bool = True) -> str:
    """SELECT of row_number and every loaded column as stripped text, null where blank; unpadded texts are so already."""
    columns = []
    for column in contract.loaded:
        text = f"nullif(trim({name(column.name)}), '')" if is_padded else name(column.name)
        for token in contract.facts.get("nullTokens") or ():
            text = f"nullif({text}, {literal(token)})"
        if column.kind == "M" and contract.facts.get("moneySign") == "trailing":
            text = f"CASE WHEN {text} LIKE '%-' THEN '-' || trim({text}[:-2]) ELSE {text} END"
        if column.facts.get("powersOfTen") == "blank":
            text = f"CASE WHEN NOT {_power_of_ten(text)} THEN {text} END"
        columns.append(f"{text} AS {name(column.name)}")
    return f"SELECT row_number, {', '.join(columns)} FROM {relation}"


def typed(contract: FeedContract, column: Column, extract_date: date) -> str:
    """The staged value of a column as an expression over its stripped text; null where it cannot be one."""
    text = name(column.name)
    if column.is_birth_date:
        day = _day(contract, column)
        return f"CASE WHEN {day} > {FIRST_BIRTH} AND {day} <= DATE '{extract_date}' THEN {day} END"
    if column.kind == "D":
        day = _day(contract, column)
        sentinel = contract.facts.get("openEnd")
        return f"CASE WHEN {text} <> {literal(sentinel)} THEN {day} END" if sentinel else day
    return {"C": _text, "I": _whole, "M": _pence, "T": _moment, "F": _flag}[column.kind](column)


def is_blank(contract: FeedContract, column: Column) -> str:
    """Whether nothing was sent: a condition over stripped text. An unknown birth date says nothing either."""
    text = name(column.name)
    if column.required and column.may_be_open:
        return "false"  # nothing there can only mean open
    if column.is_birth_date:
        return f"({text} IS NULL OR coalesce({_day(contract, column)} = {FIRST_BIRTH}, false))"
    return f"{text} IS NULL"


def open_ends(contract: FeedContract) -> list[tuple[Column, str]]:
    """Columns whose open end, null as a date, must not count as a blank; each with a condition over stripped text."""
    sentinel = contract.facts.get("openEnd")
    dates = [
        column for column in contract.loaded if column.kind == "D" and not column.is_birth_date and not column.required
    ]
    return [(column, f"coalesce({name(column.name)} = {literal(sentinel)}, false)") for column in dates if sentinel]


def open_mark(column: Column) -> str:
    """The name under which a typed row says that a date is the agreed open end."""
    return f"{column.name} is open"


def record_key(contract: FeedContract) -> str:
    """Key columns of a staged row joined by a stroke; the row number where a feed has no key."""
    if not contract.key:
        return "row_number::VARCHAR"
    return " || '|' || ".join(f"coalesce({name(column.staged_name)}::VARCHAR, '')" for column in contract.key)


def faults(contract: FeedContract, column: Column, extract_date: date) -> list[Fault]:
    """What can be wrong with one value, the gravest first."""
    text = name(column.name)
    found = list(_shape_faults(contract, column, text, extract_date))
    if column.required:
        treatment, rule = "quarantine_rows", "blank-required"
        if column.on_blank:
            treatment, rule = column.on_blank["outcome"], column.on_blank["rule"]
        found.append(Fault(column.name, rule, f"{text} IS NULL", treatment))
    return found


def _shape_faults(contract: FeedContract, column: Column, text: str, extract_date: date):
    value = typed(contract, column, extract_date)
    if column.is_birth_date:
        yield from _birth_faults(contract, column, text, extract_date)
    elif column.kind == "D":
        yield from _day_faults(contract, column, text, value)
    elif column.kind == "C":
        yield from _text_faults(column, text, value)
    else:
        rule = {"I": "not-a-number", "M": "D37", "T": "D34", "F": "D33"}[column.kind]
        yield Fault(column.name, rule, f"{text} IS NOT NULL AND {value} IS NULL")
        if column.kind == "I" and column.codes:
            yield Fault(column.name, "D33", f"{value}::VARCHAR NOT IN ({_listed(column)})")
        if column.kind == "T":
            yield Fault(column.name, "D34", f"{value} < {FIRST_DAY} OR {value} >= {FIRST_OPEN_DAY}")
            yield from _month_first(contract, column, text, value)


def _power_of_ten(text: str) -> str:
    """Whether a spreadsheet has turned a long number into one like 1.23E+07; the plain search first, it is cheap."""
    return f"(contains({text}, 'E+') AND regexp_full_match({text}, '[0-9](\\.[0-9]+)?E\\+[0-9]+'))"


def _listed(column: Column) -> str:
    return ", ".join(literal(code) for code in column.codes or ())


def _text(column: Column) -> str:
    text = name(column.name)
    forms = {"postcode": identifiers.postcode_sql, "uprn": identifiers.uprn_sql, "nino": identifiers.nino_sql}
    form = column.facts.get("normalise")
    return forms[form](text) if form else text


def _text_faults(column: Column, text: str, value: str):
    if column.facts.get("normalise") == "uprn":
        ruled = column.on_invalid or {"outcome": "quarantine_rows", "rule": "uprn-shape"}
        yield Fault(column.name, ruled["rule"], f"{text} IS NOT NULL AND {value} IS NULL", ruled["outcome"])
        return
    too_long = f"length({text}) > {column.length}"
    if column.codes and not column.dated_codes:
        unlisted = f"{text} NOT IN ({_listed(column)})"
        yield Fault(column.name, "D51", too_long, hint="")
        yield Fault(column.name, "D33", f"length({text}) <= {column.length} AND {unlisted}", hint=unlisted)
        return
    # A text has at least as many bytes as characters, and bytes need no counting.
    yield Fault(column.name, "D58", too_long, hint=f"strlen({text}) > {column.length}")
    if column.sensitivity == "REF":
        yield Fault(column.name, "D48", _power_of_ten(text), "suspect", hint=f"contains({text}, 'E+')")
        if column.min_length:
            short = f"length({text}) < {column.min_length}"
            yield Fault(column.name, "reference-shape", short, hint=f"strlen({text}) < {column.min_length}")


def _whole(column: Column) -> str:
    text, digits = name(column.name), column.length or 18
    # Casting alone would round 1.5 and read 1e3; the text must say the number it becomes.
    return (
        f"CASE WHEN TRY_CAST({text} AS BIGINT)::VARCHAR = {text} OR regexp_full_match({text}, '-?[0-9]{{1,18}}') "
        f"THEN CASE WHEN TRY_CAST({text} AS BIGINT) BETWEEN {1 - 10**digits} AND {10**digits - 1} "
        f"THEN TRY_CAST({text} AS BIGINT) END END"
    )


def _pence(column: Column) -> str:
    text = name(column.name)
    return (
        f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,12}}\\.[0-9]{{2}}') "
        f"THEN TRY_CAST(replace({text}, '.', '') AS BIGINT) END"
    )


def _flag(column: Column) -> str:
    text = name(column.name)
    return f"CASE {text} WHEN 'Y' THEN true WHEN 'N' THEN false END"


def _moment(column: Column) -> str:
    moment = _parsed(name(column.name), column.facts["dateTimeFormat"])
    return _midnight(moment) if column.facts.get("wholeDays") else moment


def _day(contract: FeedContract, column: Column) -> str:
    written = column.facts["dateTimeFormat"] if column.kind == "T" else contract.facts["dateFormat"]
    day = _parsed(name(column.name), written)
    return f"{_midnight(day) if '%H' in written else day}::DATE"


def _midnight(moment: str) -> str:
    """A moment where it is the beginning of a day, else null: 23:00 is most likely the next day, moved by a time zone."""
    return f"CASE WHEN {moment} = date_trunc('day', {moment}) THEN {moment} END"


def _parsed(text: str, written: str) -> str:
    # The length guard keeps out what the parser would forgive: one-digit days, two-digit years.
    width = len(date(2000, 10, 10).strftime(written))
    return f"CASE WHEN length({text}) = {width} THEN try_strptime({text}, {literal(written)}) END"


def _day_faults(contract: FeedContract, column: Column, text: str, value: str):
    day, sentinel = _day(contract, column), contract.facts.get("openEnd")
    agreed = f"{text} = {literal(sentinel)}" if sentinel else "false"
    yield Fault(column.name, "D34", f"{text} IS NOT NULL AND NOT ({agreed}) AND ({day} IS NULL OR {day} < {FIRST_DAY})")
    if sentinel and column.required and not column.may_be_open:
        yield Fault(column.name, "D34", agreed)
    yield Fault(column.name, "D39", f"NOT ({agreed}) AND {day} >= {FIRST_OPEN_DAY}", "suspect")
    yield from _month_first(contract, column, text, day)


def _birth_faults(contract: FeedContract, column: Column, text: str, extract_date: date):
    day = _day(contract, column)
    ruled = column.on_invalid or {"outcome": "quarantine_rows", "rule": "D35"}
    wrong = f"{text} IS NOT NULL AND ({day} IS NULL OR {day} < {FIRST_BIRTH} OR {day} > DATE '{extract_date}')"
    yield Fault(column.name, ruled["rule"], wrong, ruled["outcome"])
    yield from _month_first(contract, column, text, day)


def _month_first(contract: FeedContract, column: Column, text: str, day: str):
    agreed = column.facts["dateTimeFormat"] if column.kind == "T" else contract.facts["dateFormat"]
    for written, swapped in _MONTH_FIRST.items():
        if agreed.startswith(written):
            turned = _parsed(text, agreed.replace(written, swapped))
            yield Fault(column.name, "D38", f"{day} IS NULL AND {turned} IS NOT NULL", "suspect", hint="")
