"""One request asked of both sides, and the rules its answers are compared by."""

from __future__ import annotations

import random
from dataclasses import dataclass

from verify.compare.documents import DocumentRules
from verify.compare.responses import ReplyRules
from verify.core.asking import Conceal, Side
from verify.core.model import Endpoint, ErrorProbe
from verify.core.replies import Reply
from verify.core.scalars import seconds, split_request
from verify.core.subjects import Environment
from verify.core.verdicts import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both sides and how what they say is compared."""

    environment: Environment
    baseline: Side
    candidate: Side
    conceal: Conceal
    seed: int

    def rules(self, spec: Endpoint | ErrorProbe) -> ReplyRules:
        """The endpoint's own rules over the system's defaults."""
        defaults, own = self.environment.system.defaults, spec.compare
        document = DocumentRules(
            volatile={**defaults.volatile, **own.volatile},
            unordered=own.unordered,
            tolerance=own.tolerance,
            personal=defaults.personal,
            conceal=self.conceal,
        )
        return ReplyRules(
            expected=spec.status,
            headers=defaults.headers if own.headers is None else own.headers,
            document=document,
            baseline_url=self.baseline.base(spec.url),
            candidate_url=self.candidate.base(spec.url),
            method=split_request(spec.request)[0],
        )

    def one_place(self, url: str) -> bool:
        """True when baseline and candidate are the same address, which would agree with itself."""
        base = self.baseline.base(url)
        return bool(base) and base == self.candidate.base(url)

    def ask(self, spec: Endpoint | ErrorProbe, name: str) -> tuple[Observation[Reply], ...]:
        """Baseline, candidate and baseline again, asked in an order drawn from the seed."""
        deadline = seconds(spec.timeout or self.environment.system.defaults.timeout)
        order = [0, 1, 2]
        random.Random(f"{self.seed} {name}").shuffle(order)
        sides = (self.baseline, self.candidate, self.baseline)
        heard = {
            turn: sides[turn].exchange(
                spec.request, url=spec.url, deadline=deadline, as_=spec.as_, headers=spec.headers, body=spec.body
            )
            for turn in order
        }
        return heard[0], heard[1], heard[2]
