"""Changes that break one expectation and nothing else, where no single cell does. `{t}` is a copy of the table."""

from __future__ import annotations

BY_HAND: dict[str, list[list[str]]] = {}

# Expectation → others that its change must break besides, since it says the same of fewer or of more.
NOT_ALONE: dict[str, set[str]] = {}

# Expectations no change of a council of 400 can break: they speak of tables of hundreds of rows. Why, each.
NOT_IN_A_SMALL_COUNCIL: dict[str, str] = {}
