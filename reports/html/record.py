"""The chain of decisions as rows: what was asked and decided, and what people put on record between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reports.html.texts import counted, line
from reports.html.wording import outcome, stamp
from verify.core.decision import Decision
from verify.core.links import Adopted, Link, Moved

_MARKS: Final = {"ADVANCE": "pass", "HOLD": "hold", "ROLL_BACK": "fail", "OVERRIDDEN": "fail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One link of the chain in words."""

    number: int
    when: str
    asked: str
    mark: str
    word: str
    build: str
    why: str
    current: bool


def row(link: Link, *, current: bool) -> Row:
    """The link as one row."""
    mark, word, asked, build, why = _told(link)
    return Row(
        number=link.sequence, when=stamp(link.decided_at), asked=line(asked, 120), mark=mark, word=word,
        build=line(build, 24), why=line(why, 260), current=current,
    )  # fmt: skip


def _decided(link: Decision) -> tuple[str, str, str, str, str]:
    asked = f"{'advance to' if link.question == 'advance' else 'stay at'} {link.step}"
    found = outcome(link)
    word = f"OVERRIDDEN, was {link.action.value}" if link.overridden_by else link.action.value
    rest = len(link.reasons) - 1
    why = " ".join(link.reasons[:1]) + (f" (and {counted(rest, 'more reason')})" if rest > 0 else "")
    return _MARKS[found], word.replace("_", " "), asked, link.candidate or "unknown", why


def _told(link: Link) -> tuple[str, str, str, str, str]:
    """Mark, word, what was asked, build and reason; what a person put on record proves nothing and is not green."""
    if isinstance(link, Moved):
        return "waived", "MOVED", f"traffic is at {link.to:g} %", "", f"{link.by}: {link.reason}"
    if isinstance(link, Adopted):
        return (
            "waived",
            "ADOPTED",
            f"step {link.step}",
            link.candidate or "unknown",
            f"{link.attested_by}: {link.reason}",
        )
    if isinstance(link, Decision):
        return _decided(link)
    people = " and ".join(link.approvers)
    return "fail", "OVERRIDE", f"step {link.step}", "", f"{people}, until {stamp(link.expires_at)}: {link.reason}"


def rows(links: Sequence[Link], decision: Decision, *, shown: int) -> list[Row]:
    """The last links up to the decision, at most `shown`, and all that came after it."""
    before = [link for link in links if link.sequence < decision.sequence]
    after = [link for link in links if link.sequence > decision.sequence]
    kept = before[max(0, len(before) + 1 - shown) :]
    return [
        *(row(link, current=False) for link in kept),
        row(decision, current=True),
        *(row(link, current=False) for link in after[:shown]),
    ]


def since(links: Sequence[Link], decision: Decision) -> list[str]:
    """What was put on record after the decision, in words, newest first."""
    later = [row(link, current=False) for link in links if link.sequence > decision.sequence]
    return [f"{each.word}: {each.asked}, {each.when}. {each.why}" for each in reversed(later)]
