"""A load run's samples as what a page draws of them: three arms, their quantiles block by block, their errors."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from verify.core.decision import Decision, Settled
from verify.core.verdicts import Verdict
from verify.stats.quantiles import QuantileRule, block_quantiles, trimmed_interval

Floats = NDArray[np.float64]
ARMS: Final = ("baseline", "candidate", "baseline again")
FIRST, CANDIDATE, SECOND = 0, 1, 2
BINS: Final = 64
CURVE: Final = (0.0, 0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999)
_FEWEST: Final = 5
_JUDGED: Final = re.compile(
    r"(p[\d.]+) [\d.]+ ms against [\d.]+ ms \([\d.]+ x, ([\d.]+) to ([\d.]+) of its limit: (\w+)\)"
)


class Samples(Protocol):
    """Requests as columns; arms are 0, 1, 2 for baseline, candidate, baseline again; times are seconds."""

    @property
    def triple(self) -> NDArray[np.int64]:
        """Which triple of blocks."""

    @property
    def arm(self) -> NDArray[np.int64]:
        """Which arm."""

    @property
    def scheduled(self) -> Floats:
        """When it was to be sent."""

    @property
    def done(self) -> Floats:
        """When its answer was whole."""

    @property
    def error(self) -> NDArray[np.str_]:
        """Empty when the answer was whole and in range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One arm: how many requests, how many answers were good, their shares by bin, and `CURVE`'s quantiles in seconds."""

    name: str
    requests: int
    good: int
    shares: tuple[float, ...]
    curve: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    One quantile of the candidate beside the baseline's.

    `baseline` and `candidate` are seconds, `blocks` a block's times the baseline each and `ratio` their trimmed mean,
    `again` the same of the baseline's second arm, `limit` what is allowed. `interval` is the judge's own when `verdict`
    is not empty.
    """

    name: str
    baseline: float
    candidate: float
    ratio: float
    interval: tuple[float, float]
    limit: float | None
    verdict: str
    blocks: tuple[float, ...]
    again: tuple[float, ...]
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    One load run. `edges` are the bounds of the arms' bins, in seconds; `errors` counts each class by arm.

    `unjudged` says why the run gave no verdict about latency, empty when it did; `anew` that the verdict is a later one
    than the run's own, from the same samples.
    """

    run: str
    edges: tuple[float, ...]
    arms: tuple[Arm, ...]
    quantiles: tuple[Judged, ...]
    errors: tuple[tuple[str, tuple[int, int, int]], ...]
    triples: int
    unjudged: str = ""
    anew: bool = False


def rules_of(commitments: Mapping[str, str]) -> tuple[QuantileRule, ...]:
    """The latency limits that the decision was made with; the usual quantiles without a limit when there are none."""
    try:
        said = json.loads(commitments.get("objective latency", "null"))
    except ValueError:
        said = None
    found = []
    for name, limit in sorted(said.items()) if isinstance(said, dict) else ():
        if re.fullmatch(r"p\d+(\.\d+)?", name) and isinstance(limit, dict):
            margin, floor = float(limit.get("max_ratio", 1)) - 1, float(limit.get("floor_ms", 0)) / 1000
            found.append(QuantileRule(q=float(name[1:]) / 100, margin=margin, floor=floor))
    return tuple(found) or tuple(QuantileRule(q=q, margin=-1.0) for q in (0.5, 0.95, 0.99))


def load_claim(decision: Decision) -> Settled | None:
    """The claim that was judged from samples: latency, else errors; None when neither has a run."""
    found = {each.claim.check: each for each in decision.claims if each.run and each.claim.subject == "mix/api"}
    return found.get("load.latency") or found.get("success.error_rate")


def measured(samples: Samples, claim: Settled, commitments: Mapping[str, str]) -> Measured | None:
    """What the samples show; None when not one answer was good."""
    good = (samples.error == "") & ~np.isnan(samples.done)
    taken = np.maximum(np.asarray(samples.done - samples.scheduled, dtype=np.float64), 1e-6)
    whole = taken[good]
    if not len(whole):
        return None
    # The slowest in a thousand would squeeze everybody else; the last bin holds them.
    ends = np.log10([float(whole.min()), max(float(np.quantile(whole, 0.9995)), float(whole.min()) * 1.5)])
    edges = np.logspace(ends[0], ends[1], BINS + 1)
    mine = [good & (samples.arm == arm) for arm in range(3)]
    arms = tuple(_arm(name, int((samples.arm == arm).sum()), taken[mine[arm]], edges) for arm, name in enumerate(ARMS))
    return Measured(
        run=claim.run,
        edges=tuple(edges.tolist()),
        arms=arms,
        quantiles=_quantiles(samples, taken, good, rules_of(commitments), claim.why),
        errors=_errors(samples),
        triples=int(samples.triple.max()) + 1,
        unjudged=claim.why if claim.verdict is Verdict.INCONCLUSIVE or claim.claim.check != "load.latency" else "",
        anew=claim.kind == "rejudged",
    )


def _arm(name: str, requests: int, taken: Floats, edges: Floats) -> Arm:
    if not len(taken):
        return Arm(name=name, requests=requests, good=0, shares=(), curve=())
    counts, _ = np.histogram(np.clip(taken, edges[0], edges[-1]), bins=edges)
    shown = [q for q in CURVE if q < 1 - 1 / (len(taken) + 1)]
    return Arm(
        name=name,
        requests=requests,
        good=len(taken),
        shares=tuple((counts / len(taken)).tolist()),
        curve=tuple(np.quantile(taken, shown).tolist()),
    )


def _quantiles(
    samples: Samples, taken: Floats, good: NDArray[np.bool_], rules: Iterable[QuantileRule], why: str
) -> tuple[Judged, ...]:
    asked = tuple(rules)
    triples = int(samples.triple.max()) + 1
    blocks = samples.triple[good] * 3 + samples.arm[good]
    found = block_quantiles(taken[good], blocks, triples * 3, [each.q for each in asked]).reshape(
        triples, 3, len(asked)
    )
    whole = found[~np.isnan(found).any(axis=(1, 2))]
    if len(whole) < _FEWEST:
        return ()
    told = {name: (float(low), float(high), verdict) for name, low, high, verdict in _JUDGED.findall(why)}
    return tuple(_judged(rule, whole[:, :, index], told.get(rule.name)) for index, rule in enumerate(asked))


def _judged(rule: QuantileRule, blocks: Floats, told: tuple[float, float, str] | None) -> Judged:
    first, candidate, second = blocks[:, FIRST], blocks[:, CANDIDATE], blocks[:, SECOND]
    baseline = np.sqrt(first * second)
    ratios = candidate / baseline
    allowed = (baseline + np.maximum(rule.margin * baseline, rule.floor)) / baseline
    limit = float(np.exp(np.log(allowed).mean())) if rule.margin > -1 else None
    interval = trimmed_interval(np.log(ratios), error=0.025)
    return Judged(
        name=rule.name,
        baseline=float(np.exp(np.log(baseline).mean())),
        candidate=float(np.exp(np.log(candidate).mean())),
        ratio=float(np.exp(interval.estimate)),
        interval=_interval((interval.lower, interval.upper), limit, told),
        limit=limit,
        verdict=told[2] if told and limit else "",
        blocks=tuple(ratios.tolist()),
        again=tuple((second / first).tolist()),
        rule=f"{1 + rule.margin:.2f} x, or {rule.floor * 1000:g} ms more" if limit else "",
    )


def _interval(
    own: tuple[float, float], limit: float | None, told: tuple[float, float, str] | None
) -> tuple[float, float]:
    """The judge's interval where it was told, as times the baseline, else that of the logarithms."""
    if limit and told:
        return told[0] * limit, told[1] * limit
    return float(np.exp(own[0])), float(np.exp(own[1]))


def _errors(samples: Samples) -> tuple[tuple[str, tuple[int, int, int]], ...]:
    bad = samples.error != ""
    counts = Counter(zip(samples.error[bad].tolist(), samples.arm[bad].tolist(), strict=True))
    names = sorted({name for name, _ in counts}, key=lambda name: (-counts[name, CANDIDATE], name))
    return tuple((name, (counts[name, FIRST], counts[name, CANDIDATE], counts[name, SECOND])) for name in names)
