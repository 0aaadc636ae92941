"""What the differences between two stores that are both written to mean: a write that never came, or one that was undone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from pydantic import JsonValue

from verify.compare.documents import DocumentRules, differences, parse_json
from verify.compare.json_paths import find
from verify.compare.json_values import described
from verify.compare.shown import show
from verify.core.datasets import Column
from verify.core.softening import soften
from verify.core.values import encode
from verify.core.verdicts import Conclusion, Difference, Observation, Problem, Verdict, failed, unheard

_NO_RECORD: Final = "no record"
# Of a kind, as `show` says it, and what its encoding begins with. Versions of other kinds have no order.
_KINDS: Final = {"instant": "T", "timestamp without zone": "t", "date": "d", "number": "#"}
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
# What is ordered: numbers or moments, by value and then by digits that a calendar does not hold.
_Rank: TypeAlias = tuple[Decimal | datetime, str]


def followed(found: Conclusion, *, version: str, rows: int, now: datetime, rule: Column | None = None) -> Conclusion:
    """
    The comparison of keys and versions, said in the words of dual writing.

    Each difference tells which side lacks the write, by the order of the versions as `rule` reads them; the summary
    adds the rate of disagreement over `rows`, and, of the differences that are shown, how many there are of each kind
    and the age of the oldest version. What is no FAIL, or names no record, stays as it is.
    """
    if found.verdict is not Verdict.FAIL or not found.differences:  # a FAIL without any says what is wrong itself
        return found
    read = _Versions(version, rule or Column())
    meant = tuple(replace(each, detail=read.detail(each)) for each in found.differences)
    total = len(found.differences) + found.omitted
    rate = f"{total:,} of {rows:,} records disagree ({100 * total / rows:.3g} %)" if rows else f"{total:,} disagree"
    kinds = Counter(each.detail.partition(";")[0] for each in meant if each.detail)
    words = [f"{count:,} {kind}" for kind, count in sorted(kinds.items())]
    if (oldest := read.oldest(found.differences)) is not None:
        words.append(f"the oldest is from {_age(now - oldest)} ago")
    if found.omitted and words:
        words = [f"of the first {len(meant):,} shown: {', '.join(words)}"]
    return replace(found, summary="; ".join([rate, *words]), differences=meant)


def _age(age: timedelta) -> str:
    """The largest unit and the one below it, where that is not 0: `2 d 3 h`, `5 min 10 s`."""
    left = max(0, round(age.total_seconds()))
    at = next((at for at, (_, size) in enumerate(_UNITS) if left >= size), len(_UNITS) - 1)
    parts = []
    for unit, size in _UNITS[at : at + 2]:
        number, left = divmod(left, size)
        parts.append(f"{number} {unit}")
    return " ".join(each for each in parts if not each.startswith("0 ")) or "0 s"


@dataclass(frozen=True, slots=True)
class _Versions:
    """The column of versions, and the rule by which its values are read."""

    name: str
    rule: Column

    def detail(self, difference: Difference) -> str:
        """What the difference means, before what was known of it already."""
        words = ""
        if difference.candidate == _NO_RECORD:
            words = "written on baseline only"
        elif difference.baseline == _NO_RECORD:
            words = "written on candidate only"
        elif difference.path == f"$.{self.name}":
            words = self._older(difference)
        return "; ".join(filter(None, (words, difference.detail)))

    def _older(self, difference: Difference) -> str:
        here, there = self._rank(difference.baseline), self._rank(difference.candidate)
        if here is None or there is None or type(here[0]) is not type(there[0]) or here == there:
            return "versions that cannot be put in order"
        return "updates lost on candidate" if here > there else "updates lost on baseline"

    def oldest(self, differences: Sequence[Difference]) -> datetime | None:
        """The earliest moment among the versions."""
        sides = (side for each in differences for side in (each.baseline, each.candidate))
        ranks = (rank[0] for side in sides if (rank := self._rank(side)))
        return min((rank for rank in ranks if isinstance(rank, datetime)), default=None)

    def _rank(self, shown: str) -> _Rank | None:
        encoding = _encoding(shown)
        return None if encoding is None else _rank(soften(self.rule, encoding)[0])


def _encoding(shown: str) -> str | None:
    """The encoding of what `show` made of it; None where it was cut, concealed, or is of no kind that has versions."""
    if shown.startswith("string "):
        try:
            return encode(str(json.loads(shown.removeprefix("string "))))
        except ValueError:
            return None
    return next(
        (mark + shown.removeprefix(f"{kind} ") for kind, mark in _KINDS.items() if shown.startswith(f"{kind} ")), None
    )


def _rank(encoding: str) -> _Rank | None:
    """What sorts versions; None for what has no order: other kinds, NaN, moments that no calendar holds."""
    kind, body = encoding[0], encoding[1:]
    try:
        if kind == "#":
            number = Decimal(body)
            return None if number.is_nan() else (number, "")
        if kind in "Ttd":
            moment = datetime.fromisoformat(body)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), body.removesuffix("+00")
    except (ValueError, InvalidOperation):
        return None
    return None


def unexpected(body: bytes, expect: Mapping[str, JsonValue]) -> dict[str, tuple[str, str]]:
    """Where a JSON answer does not say what is expected: path → (expected, said). ValueError when it is not JSON."""
    document = parse_json(body)
    found: dict[str, tuple[str, str]] = {}
    for path, value in expect.items():
        wanted, said = described(value), list(find(path, document).values())
        if len(said) != 1:
            found[path] = (show(wanted), f"{len(said)} values")
        elif differences(wanted, said[0], DocumentRules()).found:
            found[path] = (show(wanted), show(said[0]))
    return found


def with_statistics(found: Conclusion, said: Observation[Mapping[str, tuple[str, str]]], *, request: str) -> Conclusion:
    """
    The conclusion with what the application believes: what `unexpected` found in its answer.

    Statistics that do not say what is expected are a FAIL; statistics that are content while the stores
    disagree are named as such; statistics that cannot be heard leave nothing proven.
    """
    if isinstance(said, Problem):
        silent = unheard(said)
        return found if found.verdict is Verdict.FAIL or silent is None else silent
    wrong = [
        Difference(path=path, baseline=f"{expected} (expected)", candidate=told, detail=request)
        for path, (expected, told) in sorted(said.value.items())
    ]
    if not wrong:
        told = f"{request} says what is expected"
        if found.verdict is Verdict.FAIL:
            return replace(found, summary=f"{found.summary}; all the same {told}")
        return replace(found, receipt="; ".join(filter(None, (found.receipt, told))))
    return _disagreeing(found, wrong, request)


def _disagreeing(found: Conclusion, wrong: Sequence[Difference], request: str) -> Conclusion:
    words = f"{request} does not say what is expected"
    told = [found.summary, words] if found.verdict is not Verdict.PASS else [words]
    return failed(
        "; ".join(told), differences=[*wrong, *found.differences], omitted=found.omitted, receipt=found.receipt,
        normalised=found.normalised,
    )  # fmt: skip
