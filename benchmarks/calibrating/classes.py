"""How often load.latency is wrong about a mix of endpoint classes: the judge itself, on simulated runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from benchmarks.calibrating.latency import PARTS, WEATHERS
from benchmarks.calibrating.rates import Rate
from benchmarks.calibrating.systems import CALM, MIX, Answers, Candidate, Design, Endpoint, simulated
from loadtests.classes import Classes, ClassPlan
from loadtests.judge import judge_latency
from loadtests.samples import Samples
from loadtests.soundness import Run
from verify.core.model import Latency
from verify.core.verdicts import Conclusion, Verdict
from verify.stats.looks import shares

SEED: Final = 24
LIMITS: Final = Latency.model_validate(
    {"p50": {"max_ratio": 1.10}, "p95": {"max_ratio": 1.15}, "p99": {"max_ratio": 1.25, "floor_ms": 1.0}}
)
# One endpoint in twenty requests; 40 groups of three triples hold 60 of its requests each.
HIDDEN: Final = (Endpoint(weight=0.95, median=0.010), Endpoint(weight=0.05, median=0.010))
LONG: Final = 120


def concluded(design: Design, seed: tuple[int, ...]) -> Conclusion:
    """What the last look needed says about one simulated run; the whole run's resampling begins from one seed."""
    answers = simulated(design, np.random.default_rng(seed))
    run = _run(answers, design)
    looks = [round(design.triples * part) for part in PARTS]
    for number, (triples, share) in enumerate(zip(looks, shares(PARTS), strict=True)):
        seen = replace(
            run, samples=until(run.samples, triples), offered=run.offered[:triples], share=share, look=number + 1
        )
        found = judge_latency(seen, LIMITS)
        if found.verdict is not Verdict.INCONCLUSIVE:
            break
    return found


def _run(answers: Answers, design: Design) -> Run:
    """The answers as a perfect generator's run; every class asked as often as it was drawn."""
    count = len(answers.seconds)
    zeros = np.zeros(count)
    samples = Samples(
        triple=answers.triples, arm=answers.arms, pair=zeros.astype(np.int64), request=answers.endpoints,
        scheduled=zeros, started=zeros, sent=zeros, first=answers.seconds, done=answers.seconds,
        status=np.full(count, 200), reconnects=zeros.astype(np.int64), error=np.full(count, ""),
    )  # fmt: skip
    one = answers.arms == 0
    asked = np.bincount(answers.endpoints[one], minlength=len(design.endpoints)).tolist()
    plans = tuple(
        ClassPlan(name=f"class {place}", requests=each, triples=design.triples) for place, each in enumerate(asked)
    )
    offered = np.bincount(answers.triples[one], minlength=design.triples)
    return Run(samples=samples, offered=offered, looks=len(PARTS), seed=SEED,
               classes=Classes(plans=plans, of=tuple(range(len(plans)))))  # fmt: skip


def until(samples: Samples, triples: int) -> Samples:
    """The samples of the first so many triples."""
    kept = samples.triple < triples
    names = (
        "triple",
        "arm",
        "pair",
        "request",
        "scheduled",
        "started",
        "sent",
        "first",
        "done",
        "status",
        "reconnects",
    )
    return replace(samples, error=samples.error[kept], **{name: getattr(samples, name)[kept] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One simulated cell and its bars in per cent: PASS at most, PASS at least, FAIL at most, FAIL at least."""

    name: str
    design: Design
    most_pass: float | None = None
    least_pass: float | None = None
    most_fail: float | None = None
    least_fail: float | None = None


def cases() -> Iterator[_Case]:
    """Equal classes in runs of two lengths, one class at its margin, one 20 % slower, and one that a fast mix hides."""
    for name, weather in WEATHERS.items():
        equal = Design(endpoints=MIX, rate=400.0, weather=weather)
        calm = 90.0 if weather is CALM else None
        yield _Case(name=f"equal, mix and 3 classes, 120 s, {name}", design=equal, least_pass=calm, most_fail=2.0)
        longer = replace(equal, triples=80)
        bar = 90.0 if name != "stalls" else None
        yield _Case(name=f"equal, mix and 3 classes, 240 s, {name}", design=longer, least_pass=bar, most_fail=2.0)
        at = replace(equal, candidate=Candidate(slower=1.1, endpoint=2))
        yield _Case(name=f"p50 of one of 3 classes at its margin, {name}", design=at, most_pass=10.0)
        slower = replace(equal, candidate=Candidate(slower=1.2, endpoint=2))
        yield _Case(name=f"+20 % in one of 3 classes, {name}", design=slower, most_pass=0.0)
    for name, weather in WEATHERS.items():
        hidden = Design(endpoints=HIDDEN, rate=400.0, triples=LONG, weather=weather)
        twice = replace(hidden, candidate=Candidate(slower=2.0, endpoint=1))
        yield _Case(name=f"an endpoint of 5 % x2, {name}", design=twice, most_pass=0.0, least_fail=95.0)
        at = replace(hidden, candidate=Candidate(slower=1.1, endpoint=1))
        yield _Case(name=f"an endpoint of 5 % at its p50 margin, {name}", design=at, most_pass=10.0)


def measured(runs: int, seed: int = SEED) -> list[Rate]:
    """PASS and FAIL of every case, an eighth of so many runs each: the judge draws all its resamples in every one."""
    found = []
    runs = max(1, runs // 8)
    for number, case in enumerate(cases()):
        said = [concluded(case.design, (seed, number, run)).verdict for run in range(runs)]
        bars = {Verdict.PASS: (case.most_pass, case.least_pass), Verdict.FAIL: (case.most_fail, case.least_fail)}
        for word, (most, least) in bars.items():
            found.append(
                Rate(
                    case=case.name, counted=word.name, hits=said.count(word), runs=runs,
                    bar=least if most is None else most, at_most=least is None,
                )
            )  # fmt: skip
    return found
