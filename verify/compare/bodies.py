"""Two bodies of one answer compared: as typed JSON where it is promised, else byte by byte."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from verify.compare.documents import DocumentRules, JsonDocument, differences, parse_json
from verify.compare.shown import cut
from verify.core.replies import Reply
from verify.core.verdicts import Difference

_JSON: Final = re.compile(r"(?:application|text)/(?:[\w.+-]+\+)?json")
_TEXT: Final = re.compile(r"text/.*|application/(?:[\w.+-]+\+)?(?:xml|javascript|yaml|x-ndjson|x-www-form-urlencoded)")
_ADDRESS: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_AROUND: Final = 60
_PARAMETER: Final = re.compile(
    r";\s*+([^\s=;\"]+)\s*+(?:=\s*+(\"(?:[^\"\\]|\\.)*+\"|[^;\"]*+))?\s*+(?=;|\Z)|;\s*+(?=;|\Z)", re.DOTALL
)


class UnreadableBaselineError(Exception):
    """The trusted side promises JSON and does not send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyComparison:
    """
    What comparing two bodies found.

    `what` says for the receipt what was compared; `softened_away` that there were values and rules excuse every one.
    """

    differences: tuple[Difference, ...] = ()
    omitted: int = 0
    normalised: Mapping[str, int] = field(default_factory=dict)
    what: str
    softened_away: bool = False


def media_type(reply: Reply) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Media type and parameters of an answer in one spelling: lower case, unquoted, sorted (RFC 9110 8.3.1)."""
    return split_media_type(reply.header("content-type") or "")


def split_media_type(written: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """
    Media type and sorted parameters of one header value; a charset's case does not count.

    What is no list of parameters stays as written, under an empty name. `charset*` (RFC 2231) is a parameter of its
    own name: HTTP does not use it for media types.
    """
    kind, mark, _ = written.partition(";")
    rest = written[len(kind) :]
    found = list(_PARAMETER.finditer(rest)) if mark else []
    if sum(len(each[0]) for each in found) != len(rest):
        return kind.strip().lower(), (("", rest.strip()),)
    pairs = [(each[1].lower(), unquoted((each[2] or "").strip())) for each in found if each[1]]
    parameters = ((name, value.lower() if name == "charset" else value) for name, value in pairs)
    return kind.strip().lower(), tuple(sorted(parameters))


def unquoted(value: str) -> str:
    """The text that a token or a quoted string (RFC 9110 5.6.4) stands for."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)


def promises_json(reply: Reply) -> bool:
    """True when the content type says JSON."""
    return _JSON.fullmatch(media_type(reply)[0]) is not None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def compare_bodies(baseline: Reply, candidate: Reply, rules: DocumentRules) -> BodyComparison:
    """
    Every difference of two bodies.

    JSON when baseline's content type promises it, else bytes. Raises UnreadableBaselineError when baseline's JSON
    cannot be read; a candidate that cannot be read is a difference.
    """
    if not promises_json(baseline) or (not baseline.body and not candidate.body):
        return _bytes(baseline, candidate, rules.conceal)
    try:
        trusted = parse_json(baseline.body)
    except ValueError as error:
        raise UnreadableBaselineError(f"promises JSON that cannot be read: {error}") from None
    try:
        tried: JsonDocument = parse_json(candidate.body)
    except ValueError as error:
        found = Difference(path="$", baseline="JSON", candidate=f"not JSON: {error}")
        return BodyComparison(differences=(found,), what=_count(len(baseline.body), "byte"))
    compared = differences(trusted, tried, rules)
    return BodyComparison(
        differences=compared.differences,
        omitted=compared.omitted,
        normalised=compared.normalised,
        what=f"{_count(len(candidate.body), 'byte')}, {_count(compared.compared, 'value')}",
        softened_away=not compared.compared and trusted not in ({}, []),
    )


def _bytes(baseline: Reply, candidate: Reply, conceal: Callable[[str], str]) -> BodyComparison:
    what = _count(len(candidate.body), "byte")
    if baseline.body == candidate.body:
        return BodyComparison(what=what)
    texts = _as_text(baseline), _as_text(candidate)
    if texts[0] is None or texts[1] is None:
        found = Difference(path="body", baseline=_digest(baseline.body), candidate=_digest(candidate.body))
    else:
        found = _first_line(texts[0], texts[1], conceal)
    return BodyComparison(differences=(found,), what=what)


def _as_text(reply: Reply) -> str | None:
    kind, parameters = media_type(reply)
    if not _TEXT.fullmatch(kind) and not _JSON.fullmatch(kind):
        return None
    try:
        return reply.body.decode(dict(parameters).get("charset", "utf-8"))
    except (ValueError, LookupError):  # not in that charset, or no charset of text at all: `undefined`, `idna`
        return None


def _digest(body: bytes) -> str:
    return f"{len(body):,} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"


def _first_line(baseline: str, candidate: str, conceal: Callable[[str], str]) -> Difference:
    """The first place where two texts differ, by line and column, with e-mail addresses concealed."""
    shortest = min(len(baseline), len(candidate))
    # Halving finds the first difference with a few comparisons of whole slices.
    low, high = 0, shortest
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if baseline[:middle] == candidate[:middle] else (low, middle - 1)
    line = baseline.count("\n", 0, low) + 1
    start = baseline.rfind("\n", 0, low) + 1
    return Difference(
        path=f"body line {line} column {low - start + 1}",
        baseline=_excerpt(baseline, low, start, conceal),
        candidate=_excerpt(candidate, low, start, conceal),
        detail=f"{len(baseline):,} and {len(candidate):,} characters",
    )


def _excerpt(text: str, at: int, start: int, conceal: Callable[[str], str]) -> str:
    if at >= len(text):
        return "end of text"
    end = text.find("\n", at)
    line = text[max(start, at - _AROUND) : min(len(text) if end < 0 else end + 1, at + _AROUND)]
    return f'string "{cut(_ADDRESS.sub(lambda found: conceal(found[0]), line))}"'
