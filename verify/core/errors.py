"""
Everything that can go wrong on purpose.

    CutoverError
    ├── InvalidEnvironment      the description is wrong: all its problems, each with its remedy
    ├── StoreError              a store could not be heard            → Problem → INCONCLUSIVE
    │   ├── StoreUnavailable    refused, timed out, went away
    │   ├── StoreRefused        credentials or permission
    │   ├── CollectionMissing   it answered: there is no such table, index or path
    │   └── StoreUnreadable     it answered with something that cannot be read whole
    ├── ClientError             an endpoint could not be heard        → Problem → INCONCLUSIVE
    │   ├── Unreachable         refused, reset, name not found, TLS not agreed
    │   │   └── Unsent          this machine could not send: no network, no file, no port left
    │   ├── DeadlineExceeded    the total deadline passed
    │   ├── BudgetExceeded      more bytes than the cap allows
    │   ├── AnswerMalformed     the answer is cut short or not what its framing promises
    │   └── HostNotDeclared     the address is not one the description names
    ├── EvidenceError           evidence unreadable, or of another schema version
    └── CheckDefect             a check broke our rules: no verdict, two verdicts, duplicate id

A difference is never an exception. Only StoreError and ClientError become a Problem; any other exception
is a crash with its traceback, leaves no evidence, and so holds the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CutoverError(Exception):
    """Base of everything raised on purpose; for `except` at the command line."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One wrong place of a description: where it is, what is wrong, what to do."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class InvalidEnvironment(CutoverError):
    """
    The description is wrong, so nothing was checked.

    This says nothing about the migration. `mistakes` holds every problem, sorted by place.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class UnresolvedReference(CutoverError):
    """A `${NAME}` has no value; the message names every place that needs it and the remedy."""


class StoreError(CutoverError):
    """A store could not be heard."""


class StoreUnavailable(StoreError):
    """The store refused the connection, timed out or went away."""


class StoreRefused(StoreError):
    """The store answered: these credentials or permissions do not suffice."""


class CollectionMissing(StoreError):
    """The store answered: there is no such table, index, file or path."""


class StoreUnreadable(StoreError):
    """The store answered with something that cannot be read whole (cut short, changed while read, malformed)."""


class ClientError(CutoverError):
    """An endpoint could not be heard."""


class Unreachable(ClientError):
    """No connection: refused, reset, name not found, TLS not agreed."""


class Unsent(Unreachable):
    """This machine could not send the question, which says nothing about who was to be asked."""


class DeadlineExceeded(ClientError):
    """The total deadline of the exchange passed before the answer was whole."""


class BudgetExceeded(ClientError):
    """The answer holds more bytes than the cap allows; reading stopped there."""


class AnswerMalformed(ClientError):
    """The answer is cut short or is not what its framing promises."""


class HostNotDeclared(ClientError):
    """The address is not one the description names; it was not contacted."""


class EvidenceError(CutoverError):
    """Evidence or a decision is unreadable, edited, or was written by another schema version."""


class CheckDefect(CutoverError):
    """A check broke our rules: it ended without a verdict, judged twice, or shares an id."""
