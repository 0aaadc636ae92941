"""How often success.error_rate is wrong when failures come together: the judge itself, on simulated runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibrating.classes import until
from benchmarks.calibrating.latency import PARTS
from benchmarks.calibrating.rates import Rate
from loadtests.judge import judge_error_rate
from loadtests.samples import Samples
from loadtests.schedule import ARMS, CANDIDATE
from loadtests.soundness import Run
from verify.core.model import ErrorRate
from verify.core.verdicts import Verdict
from verify.stats.looks import shares

Floats = NDArray[np.float64]

SEED: Final = 25
LIMIT: Final = ErrorRate(at_most=1.0, margin=0.5)
RATE: Final = 200.0
# Of the requests in a spell, and of all others.
WITHIN: Final = 0.5
LONE: Final = 0.0002
QUIET: Final = 0.002
CLOSE: Final = 0.007
ENOUGH: Final = 6
SHARES: Final = shares(PARTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """
    A side that fails with `rate` in the long run: in spells of `spell` s in the mean (exponential, at random times), in
    which half of its requests fail; every request for itself where that is 0.
    """

    rate: float
    spell: float = 0.0

    def chances(self, when: Floats, span: float, random: np.random.Generator) -> Floats:
        """The chance of each request to fail, by its time (s) within the span."""
        if not self.spell:
            return np.full(len(when), self.rate)
        share = (self.rate - LONE) / (WITHIN - LONE)
        pause = self.spell * (1 - share) / share
        count = int(3 * span / (pause + self.spell)) + 30
        lengths = np.stack([random.exponential(pause, count), random.exponential(self.spell, count)], axis=1)
        lengths[0, 0] *= random.random() > share
        edges = np.cumsum(lengths.ravel())
        return np.where(np.searchsorted(edges, when) % 2, WITHIN, LONE)


def simulated(baseline: Failing, candidate: Failing, triples: int, random: np.random.Generator) -> Run:
    """A perfect generator's run; both baseline arms are one system, and meet the same spells."""
    counts = np.maximum(random.poisson(RATE, triples), 1)
    places = np.argsort(random.random((triples, len(ARMS))), axis=1)
    triple = np.repeat(np.arange(triples), counts)
    pair = np.arange(len(triple)) - np.repeat(np.cumsum(counts) - counts, counts)
    offsets, span = random.random(len(triple)), float(len(ARMS) * triples)
    when = np.concatenate([len(ARMS) * triple + places[triple, arm] + offsets for arm in range(len(ARMS))])
    arms = np.repeat(np.arange(len(ARMS)), len(triple))
    of_both, of_candidate = (each.chances(when, span, random) for each in (baseline, candidate))
    bad = random.random(len(when)) < np.where(arms == CANDIDATE, of_candidate, of_both)
    zeros = np.zeros(len(when), dtype=np.int64)
    samples = Samples(
        triple=np.tile(triple, len(ARMS)), arm=arms, pair=np.tile(pair, len(ARMS)), request=zeros,
        scheduled=when, started=when, sent=when, first=when, done=when, status=np.where(bad, 503, 200),
        reconnects=zeros, error=np.where(bad, "status 503", ""),
    )  # fmt: skip
    return Run(samples=samples, offered=counts, names=("one",), looks=len(PARTS))


def concluded(baseline: Failing, candidate: Failing, triples: int, seed: tuple[int, ...]) -> Verdict:
    """The verdict of the last look that one simulated run needs."""
    run = simulated(baseline, candidate, triples, np.random.default_rng(seed))
    looks = [round(triples * part) for part in PARTS]
    verdict = Verdict.INCONCLUSIVE
    for number, (look, share) in enumerate(zip(looks, SHARES, strict=True)):
        seen = replace(run, samples=until(run.samples, look), offered=run.offered[:look], share=share, look=number + 1)
        verdict = judge_error_rate(seen, LIMIT).verdict
        if verdict is not Verdict.INCONCLUSIVE:
            break
    return verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One simulated cell and its bars in per cent: PASS at most, PASS at least, FAIL at most, FAIL at least."""

    name: str
    baseline: Failing
    candidate: Failing
    triples: int = 40
    most_pass: float | None = None
    least_pass: float | None = None
    most_fail: float | None = None
    least_fail: float | None = None


def cases() -> Iterator[_Case]:
    """Equal sides, a candidate at what is promised, at the margin, and far over both; scattered and in spells."""
    for spell, triples in ((0.0, 40), (0.25, 40), (0.25, 120), (1.0, 40), (1.0, 120)):
        yield from _cases_of(spell, triples)


def _cases_of(spell: float, triples: int) -> Iterator[_Case]:
    """Bars for PASS are where a run meets six spells of the candidate or more: what it has not met, it cannot know."""
    name = f"{f'in spells of {spell:g} s' if spell else 'scattered'}, {len(ARMS) * triples} s"
    often = not spell or triples * (1 + 1 / spell) * CLOSE / WITHIN >= ENOUGH
    quiet, close, most, worse = (Failing(rate=rate, spell=spell) for rate in (QUIET, CLOSE, 0.01, 0.05))
    yield _Case(
        name=f"0.2 % fail on both, {name}", baseline=quiet, candidate=quiet, triples=triples, most_fail=2.0,
        least_pass=None if spell else 90.0,
    )  # fmt: skip
    bar = 10.0 if often else None
    yield _Case(name=f"1 % of at most 1 %, {name}", baseline=close, candidate=most, triples=triples, most_pass=bar)
    said = f"0.5 points of at most 0.5, {name}"
    yield _Case(name=said, baseline=quiet, candidate=close, triples=triples, most_pass=bar)
    least = 90.0 if often else None
    yield _Case(name=f"5 % against 0.2 %, {name}", baseline=quiet, candidate=worse, triples=triples, least_fail=least)


def measured(runs: int, seed: int = SEED) -> list[Rate]:
    """PASS and FAIL of every case, a quarter of so many runs each."""
    found = []
    runs = max(1, runs // 4)
    for number, case in enumerate(cases()):
        said = [concluded(case.baseline, case.candidate, case.triples, (seed, number, run)) for run in range(runs)]
        bars = {Verdict.PASS: (case.most_pass, case.least_pass), Verdict.FAIL: (case.most_fail, case.least_fail)}
        for word, (most, least) in bars.items():
            found.append(
                Rate(
                    case=case.name, counted=word.name, hits=said.count(word), runs=runs,
                    bar=least if most is None else most, at_most=least is None,
                )
            )  # fmt: skip
    return found
