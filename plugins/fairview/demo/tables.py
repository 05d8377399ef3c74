"""What a feed module hands to the writers: typed columns, who is behind each row, and deliberate misprints."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

NOBODY = -1


@dataclass
class Table:
    """Columns by header, all of one length: text (object or Arrow, None null), whole pence and whole numbers
    (int64), dates (datetime64[D], NaT null), date-times (datetime64[m]), yes or no (bool; Y, N or None).

    `people` holds the person's number behind each row, NOBODY where there is none.
    `misprints` replaces the written text of one value: (row, header, text).
    `page_break_after` repeats the header line after that many data rows, as a page break does.
    """

    columns: dict[str, np.ndarray | pa.Array]
    people: np.ndarray | None = None
    misprints: list[tuple[int, str, str]] = field(default_factory=list)
    page_break_after: int | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def rows(self, chosen: np.ndarray) -> Table:
        """The rows chosen by number or mask, in that order."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        taken = {
            name: column.take(pa.array(places)) if isinstance(column, (pa.Array, pa.ChunkedArray)) else column[places]
            for name, column in self.columns.items()
        }
        return Table(taken, None if self.people is None else self.people[places])

    def with_rows(self, other: Table) -> Table:
        """This table with the rows of another of the same columns after it."""
        columns = {name: _joined(column, other.columns[name]) for name, column in self.columns.items()}
        people = None
        if self.people is not None:
            behind = other.people if other.people is not None else np.full(len(other), NOBODY)
            people = np.concatenate([self.people, behind])
        return Table(columns, people, list(self.misprints), self.page_break_after)


def _joined(first, second):
    if isinstance(first, (pa.Array, pa.ChunkedArray)):
        return pa.concat_arrays([_flat(first), _flat(second)])
    return np.concatenate([first, second])


def _flat(column) -> pa.Array:
    if isinstance(column, np.ndarray):
        return pa.array(column, pa.string(), from_pandas=True)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def text(size: int, value: str | None = None) -> np.ndarray:
    """A text column of one value."""
    column = np.empty(size, dtype=object)
    column[:] = value
    return column


def texts(values) -> np.ndarray:
    """A text column from any sequence of text."""
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column


def numbered(prefix: str, numbers: np.ndarray, width: int) -> np.ndarray:
    """Reference numbers: a prefix and the number with leading zeros, as a text column."""
    return np.char.add(prefix, digits(numbers, width)).astype(object)


def digits(numbers: np.ndarray, width: int) -> np.ndarray:
    """Whole numbers with leading zeros, as fixed-width numpy text."""
    whole = np.asarray(numbers).astype(np.int64)
    return (
        np.char.zfill(whole.astype("U20"), width).astype(f"U{width}") if whole.size else np.zeros(0, dtype=f"U{width}")
    )


def chosen_from(rng: np.random.Generator, values: list, size: int, weights: list[float] | None = None) -> np.ndarray:
    """A text column drawn from a list, with weights which need not sum to one."""
    share = None if weights is None else np.asarray(weights, dtype=float) / np.sum(weights)
    return texts(values)[rng.choice(len(values), size, p=share)]


def where_text(mask: np.ndarray, yes, no) -> np.ndarray:
    """A text column of `yes` where the mask holds, else `no`; either may be one value or a column."""
    column = np.empty(len(mask), dtype=object)
    column[:] = no
    column[mask] = yes[mask] if isinstance(yes, np.ndarray) else yes
    return column


def joined_texts(*parts) -> np.ndarray:
    """Text columns and constants joined, value by value."""
    result = parts[0]
    for part in parts[1:]:
        result = result + part
    return result
