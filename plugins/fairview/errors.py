"""Every failure Fairview can name: what it means and the exit code the console gives it.

Messages here and below never carry a value from a file: file, row number, column and rule, no more.
"""


class FairviewError(Exception):
    """Something Fairview can name went wrong; the message is fit for a screen in the lobby."""

    exit_code = 1


class DeclarationError(FairviewError):
    """A contract, service card, rule pack or suite does not make sense; names file and place."""

    exit_code = 2


class KeyMissing(FairviewError):
    """A key file is absent, unreadable or open to others; nothing is opened without it."""

    exit_code = 5


class StoreError(FairviewError):
    """A database, generation or ledger file is missing, damaged or not what it should be."""

    exit_code = 6


class Refused(FairviewError):
    """A delivery or file was refused at the door. Carries only rule identifiers and places."""

    exit_code = 4


class Blocked(FairviewError):
    """A candidate may not be published: blocked or not judged. The published generation stays."""

    exit_code = 3


class Waiting(Blocked):
    """A candidate may not be published yet: it is held for a person's decision."""
