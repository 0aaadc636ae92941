"""What only a person can say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from verify.core.verdicts import Conclusion, failed, passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """
    Who says what; `denies` that the claim is so; for how long it holds, or as long as evidence may age.

    `typed` names the builds that were given on the command line, so that nobody was asked which ones it is about.
    """

    by: str
    says: str
    denies: bool
    span: timedelta | None
    typed: str = ""


def conclusion(said: Statement) -> Conclusion:
    """What was said, with the speaker's name, as a verdict."""
    typed = f" (builds were typed, nobody was asked: {said.typed})" if said.typed else ""
    words = f"{said.by} says: {said.says}{typed}"
    return failed(words, confirmed=True) if said.denies else passed(words, receipt=f"the word of {said.by}")
