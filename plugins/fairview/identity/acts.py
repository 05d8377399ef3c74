"""Who may act on who is who, and for which reasons: roles, never names.

Reads `dags/identity/acts.yml`. Refuses to know: who a role's holder is, and what the act does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fairview.contracts.catalogue import HOUSE
from fairview.contracts.reading import read_yaml
from fairview.errors import DeclarationError, FairviewError

ACTS = ("decide", "let_through", "see_values", "close_objection")


class NotPermitted(FairviewError):
    """The role named may not do this, or is no declared role."""

    exit_code = 2


@dataclass(frozen=True)
class Acts:
    """What each role may do, and the reasons a form offers: code and sentence."""

    roles: dict[str, tuple[str, ...]]
    reasons: dict[str, str]

    def permitted(self, act: str) -> tuple[str, ...]:
        """The roles that may do something, in declared order."""
        return tuple(role for role, may in self.roles.items() if act in may)

    def demand(self, role: str, act: str) -> str:
        """The role, when it may act so. Raises NotPermitted naming the roles that may."""
        if role not in self.permitted(act):
            known = ", ".join(self.permitted(act))
            raise NotPermitted(
                f"{act.replace('_', ' ')}: this is for a role declared in dags/identity/acts.yml: {known}"
            )
        return role

    def told(self, reason: str) -> str:
        """A reason's sentence: that of its code, or the words themselves. Raises NotPermitted when there are none."""
        if not reason.strip():
            raise NotPermitted("an act needs its reason")
        return self.reasons.get(reason, reason.strip())


@lru_cache(maxsize=4)
def acts(house: Path = HOUSE) -> Acts:
    """The declared acts. Raises DeclarationError."""
    document = read_yaml(house / "dags" / "identity" / "acts.yml")
    try:
        roles = {item["role"]: tuple(item["may"]) for item in document["roles"]}
        reasons = {str(code): str(sentence) for code, sentence in document["reasons"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise DeclarationError(f"acts.yml makes no sense: {type(error).__name__}: {error}") from error
    if unknown := {may for mays in roles.values() for may in mays} - set(ACTS):
        raise DeclarationError(f"acts.yml: no such act: {', '.join(sorted(unknown))}")
    return Acts(roles, reasons)
