"""What the templates show of claims: grouped, cut to the page's caps, and what is left out counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reports.html.causes import Cause, is_open, place
from reports.html.material import Material
from reports.html.record import rows, since
from reports.html.sides import Parts, side_by_side
from reports.html.texts import Caps, cut, line
from verify.core.decision import Decision, Settled
from verify.core.verdicts import Difference, Verdict

# Past this many at one place, the next ones teach a reader nothing.
_ALIKE: Final = 4
_MARKS: Final = {Verdict.PASS: "pass", Verdict.INCONCLUSIVE: "unknown", Verdict.FAIL: "fail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One difference on the page."""

    key: str
    path: str
    baseline: Parts
    candidate: Parts
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """One claim on the page; `alike` counts, by place, differences like those shown, `left_out` all others not shown."""

    claim: Settled
    anchor: str
    mark: str
    word: str
    why: str
    differences: tuple[Shown, ...] = ()
    alike: tuple[tuple[str, int], ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """One cause on the page with the claims that are shown of it."""

    cause: Cause
    claims: tuple[ClaimView, ...]
    left_out: int = 0


class View:
    """A decision's claims in the order of the page; `left_out` counts claims that are not shown at all."""

    def __init__(self, material: Material, caps: Caps, found: Sequence[Cause]) -> None:
        decision = material.decision
        self._caps = caps
        self._room = caps.claims
        self._differences = caps.all_differences
        self._anchors = {each.claim: f"claim-{index}" for index, each in enumerate(decision.claims, start=1)}
        self.open = sum(is_open(each) for each in decision.claims)
        self.causes = [self._cause(each) for each in found[: caps.claims]]
        self.causes_left_out = len(found) - len(self.causes)
        self.required = [each for each in self.causes if each.cause.counts]
        self.others = [each for each in self.causes if not each.cause.counts]
        self.waived = self._claims([each for each in decision.claims if each.waived])
        self.proven = self._proven(decision)
        shown = sum(len(each.claims) for each in self.causes) + len(self.waived) + sum(map(len, self.proven.values()))
        self.left_out = len(decision.claims) - shown
        self.links = rows(material.links, decision, shown=caps.links)
        self.links_left_out = len({link.sequence for link in material.links} | {decision.sequence}) - len(self.links)
        self.since = since(material.links, decision)
        self.families = sorted({each.claim.family for each in decision.claims})

    def _proven(self, decision: Decision) -> dict[str, list[ClaimView]]:
        found: dict[str, list[ClaimView]] = {}
        for each in sorted(decision.claims, key=lambda each: (each.claim.family, each.claim)):
            if each.verdict is Verdict.PASS and not each.waived and self._room > 0:
                found.setdefault(each.claim.family, []).extend(self._claims([each]))
        return found

    def _cause(self, cause: Cause) -> CauseView:
        shown = tuple(self._claims(cause.claims))
        return CauseView(cause=cause, claims=shown, left_out=len(cause.claims) - len(shown))

    def _claims(self, claims: list[Settled] | tuple[Settled, ...]) -> list[ClaimView]:
        shown = claims[: max(self._room, 0)]
        self._room -= len(shown)
        return [self._claim(each) for each in shown]

    def _claim(self, each: Settled) -> ClaimView:
        chosen, alike = self._chosen(each.differences)
        self._differences -= len(chosen)
        return ClaimView(
            claim=each,
            anchor=self._anchors[each.claim],
            mark="waived" if each.waived else _MARKS[each.verdict],
            word=f"WAIVED ({each.verdict.name})" if each.waived else each.verdict.name,
            why=line(each.why, self._caps.text),
            differences=tuple(self._shown(one) for one in chosen),
            alike=alike,
            left_out=each.omitted + len(each.differences) - len(chosen) - sum(count for _, count in alike),
        )

    def _chosen(self, differences: Sequence[Difference]) -> tuple[list[Difference], tuple[tuple[str, int], ...]]:
        """The first few of each place, within the caps, and how many more like them there are at which place."""
        room = max(0, min(self._caps.differences, self._differences))
        seen: Counter[tuple[str, str, str]] = Counter()
        chosen: list[Difference] = []
        for each in differences:
            seen[place(each)] += 1
            if seen[place(each)] <= _ALIKE and len(chosen) < room:
                chosen.append(each)
        shown = Counter(place(each) for each in chosen)
        more = [(path, seen[path, one, two] - count) for (path, one, two), count in sorted(shown.items())]
        return chosen, tuple((cut(path, self._caps.value // 2), count) for path, count in more if count)

    def _shown(self, one: Difference) -> Shown:
        baseline, candidate = side_by_side(one.baseline, one.candidate, longest=self._caps.value)
        longest = self._caps.value // 2
        return Shown(
            key=cut(one.key, longest),
            path=cut(one.path, longest),
            baseline=baseline,
            candidate=candidate,
            detail=cut(one.detail, longest),
        )
