"""What is concluded from what visitors met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from loadtests.pulse import Vitals
from loadtests.samples import Row, Samples, samples_of
from loadtests.schedule import AGAIN, BASELINE, CANDIDATE
from loadtests.visitors.judging import Visits, judge_realtime
from loadtests.visitors.ledger import LEFT, MISSING, STRAY, TWICE, UNREACHABLE
from loadtests.visitors.plan import ACK, CONNECT, FANOUT
from tests.loadtests.test_realtime import PLAN, SPEC
from verify.core.verdicts import Cause, Conclusion, Verdict

WELL = Vitals(process="process 1 of 1", lag=0.001, step=0.0)


def sampled(
    *, factor: float = 1.0, errors: dict[tuple[int, int, int], str] | None = None, seed: int = 1, late: float = 0.0005,
    sigma: float = 0.35, drift: float = 1.0,
) -> Samples:  # fmt: skip
    """A whole run: the candidate takes `factor` times as long, A' `drift` times; `errors` by kind, arm and number."""
    random = np.random.default_rng(seed)
    found, wrong = [], errors or {}
    number: dict[tuple[int, int], int] = {}
    for arm in (BASELINE, CANDIDATE, AGAIN):
        times = {CANDIDATE: factor, AGAIN: drift}.get(arm, 1.0)
        sends = [(CONNECT, who, who) for who in range(12)]
        sends += [(kind, each, who) for each in range(10) for kind in (ACK, FANOUT) for who in range(12)]
        for kind, triple, who in sends:
            index = number[kind, arm] = number.get((kind, arm), -1) + 1
            error = wrong.get((kind, arm, index), "")
            taken = np.nan if error == MISSING else 0.012 * times * float(np.exp(sigma * random.normal()))
            at = 1.0 + triple
            found.append(
                Row(triple, 0, arm, who, kind, at, at + late, at, at + taken, at + taken, 0, 0, 0, error, 0)
            )  # fmt: skip
    return samples_of(found)


def visits(samples: Samples, **changes: object) -> Visits:
    """A run that was sent as planned."""
    whole = Visits(samples=samples, expected=PLAN.expected(10), rounds=10, vitals=(WELL,), seed=1)
    return replace(whole, **changes)


def judged(samples: Samples, **changes: object) -> Conclusion:
    """What is concluded about it."""
    return judge_realtime(visits(samples, **changes), SPEC)


def test_equal_sides_pass_with_both_numbers_and_what_was_counted() -> None:
    """PASS for each limit; the receipt counts visitors, acknowledgements and messages of each arm."""
    found = judged(sampled())
    assert found.verdict is Verdict.PASS, found
    assert found.summary.count("PASS") == 3
    assert "candidate 12 visitors, 120 acknowledged, 120 heard" in found.receipt


@pytest.mark.parametrize("factor", [3.0, 5.0])
def test_slower_beyond_doubt_fails(factor: float) -> None:
    """Three times as slow where twice is allowed: FAIL, with each limit that is broken."""
    found = judged(sampled(factor=factor))
    assert found.verdict is Verdict.FAIL
    assert {each.path for each in found.differences} >= {"ack p95", "fanout p95"}


def test_at_the_limit_nothing_passes() -> None:
    """Exactly twice as slow, twelve times drawn: never PASS."""
    verdicts = [judged(sampled(factor=2.0, seed=seed)).verdict for seed in range(12)]
    assert Verdict.PASS not in verdicts
    assert verdicts.count(Verdict.FAIL) <= 3


def test_an_absolute_limit_counts_beside_the_ratio() -> None:
    """As quick as the baseline and both slower than at_most_ms: FAIL."""
    limits = SPEC.limits.model_copy(update={"ack": SPEC.limits.ack.model_copy(update={"at_most_ms": 8.0})})
    found = judge_realtime(visits(sampled()), SPEC.model_copy(update={"limits": limits}))
    assert found.verdict is Verdict.FAIL
    assert [each.path for each in found.differences] == ["ack p95"]
    assert "never over 8 ms" in found.differences[0].detail


@pytest.mark.parametrize(
    ("kind", "error", "said"),
    [
        (CONNECT, "refused: status 400", "connections refused: status 400"),
        (CONNECT, "stayed on polling", "connections stayed on polling"),
        (ACK, MISSING, "acknowledgements missing"),
        (FANOUT, MISSING, "messages of a room missing"),
    ],
)
def test_one_lost_on_the_candidate_alone_fails_and_on_the_baseline_concludes_nothing(
    kind: int, error: str, said: str
) -> None:
    """One of 252 is enough: FAIL for the candidate, unstable-baseline for either arm of the baseline."""
    found = judged(sampled(errors={(kind, CANDIDATE, 5): error}))
    assert found.verdict is Verdict.FAIL
    assert f"1 {said}" in found.summary
    for arm in (BASELINE, AGAIN):
        other = judged(sampled(errors={(kind, arm, 5): error, (kind, CANDIDATE, 5): error}))
        assert (other.verdict, other.cause) == (Verdict.INCONCLUSIVE, Cause.UNSTABLE_BASELINE)
        assert f"1 {said}" in other.summary


@pytest.mark.parametrize("error", [TWICE, STRAY, LEFT])
def test_what_nobody_planned_fails_on_the_candidate_alone(error: str) -> None:
    """Heard twice, heard by a stranger, thrown out: rows beyond those planned, and FAIL."""
    extra = Row(3, 0, CANDIDATE, 1, FANOUT, 4.0, 4.0, 4.0, 4.0, 4.0, 0, 0, 0, error, 0)
    found = judged(with_row(sampled(), extra))
    assert found.verdict is Verdict.FAIL
    assert error in found.summary
    other = judged(with_row(sampled(), extra._replace(arm=BASELINE)))
    assert other.cause is Cause.UNSTABLE_BASELINE


def with_row(samples: Samples, row: Row) -> Samples:
    """The samples with one more."""
    more = samples_of([row])
    columns = [name for name in Samples.__slots__ if name not in {"unsealed", "opening"}]
    return replace(samples, **{name: np.append(getattr(samples, name), getattr(more, name)) for name in columns})


def without(samples: Samples, drop: Callable[[Samples], object]) -> Samples:
    """The samples without some rows."""
    keep = ~np.asarray(drop(samples))
    columns = [name for name in Samples.__slots__ if name not in {"unsealed", "opening"}]
    return replace(samples, **{name: getattr(samples, name)[keep] for name in columns})


def test_no_visitors_prove_nothing() -> None:
    """Zero rows, and zero planned, are INCONCLUSIVE."""
    nothing = samples_of([])
    assert judged(nothing).cause is Cause.TOO_FEW
    assert judged(nothing, stopped="it was ended from outside").cause is Cause.INTERRUPTED
    assert judged(sampled(), expected={CONNECT: 0, ACK: 0, FANOUT: 0}).cause is Cause.TOO_FEW


@pytest.mark.parametrize("arm", [BASELINE, CANDIDATE, AGAIN])
@pytest.mark.parametrize("kind", [CONNECT, ACK, FANOUT])
def test_arms_with_other_counts_prove_nothing(arm: int, kind: int) -> None:
    """A row less of any kind in any arm: too-noisy, with the counts."""
    samples = sampled()
    first = np.flatnonzero((samples.arm == arm) & (samples.request == kind))[0]
    found = judged(without(samples, lambda each: np.arange(each.count) == first))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert "planned" in found.summary


@pytest.mark.parametrize(
    ("changes", "late", "said"),
    [
        ({}, 0.03, "the generator was over 25 ms late in 12 of 12 connections (limit 20 %)"),
        ({"vitals": (replace(WELL, lag=0.05),)}, 0.0, "the generator was starved"),
        ({"vitals": (replace(WELL, lag=float("nan")),)}, 0.0, "the generator was starved"),
        ({"vitals": (replace(WELL, step=9.0),)}, 0.0, "the clock was set by 9.0 s"),
        ({"vitals": ()}, 0.0, "nothing is known of the generator"),
    ],
)
def test_a_generator_that_is_unwell_judges_no_times(changes: dict[str, object], late: float, said: str) -> None:
    """Late, starved, with a clock that was set, or unknown: neither PASS nor FAIL; what was lost is lost all the same."""
    found = judged(sampled(factor=5.0, late=late), **changes)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert said in found.summary
    lost = judged(sampled(errors={(ACK, CANDIDATE, 5): MISSING}, late=late), **changes)
    assert lost.verdict is Verdict.FAIL


def stalled(samples: Samples, rounds: int) -> Samples:
    """One send of the candidate's in each of the last rounds was 90 ms late, and every answer of those rounds slow."""
    hit = (samples.request != CONNECT) & (samples.triple >= 10 - rounds) & (samples.arm == CANDIDATE)
    started, done = samples.started.copy(), samples.done + 0.5 * hit
    for each in range(10 - rounds, 10):
        started[np.flatnonzero(hit & (samples.triple == each))[0]] += 0.09
    return replace(samples, started=started, done=done)


def test_a_stall_of_the_generator_costs_its_rounds_and_not_the_run() -> None:
    """Two of ten rounds are set aside for all arms, and told; three are too many; what was lost in them is lost."""
    found = judged(stalled(sampled(), 2))
    assert found.verdict is Verdict.PASS, found
    assert "2 rounds set aside, the generator was late" in found.receipt
    many = judged(stalled(sampled(), 3))
    assert (many.verdict, many.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert "late in 3 of 10 rounds" in many.summary
    lost = judged(stalled(sampled(errors={(ACK, CANDIDATE, 119): MISSING}), 2))
    assert lost.verdict is Verdict.FAIL
    slow = judged(stalled(sampled(factor=3.0), 2))
    assert slow.verdict is Verdict.FAIL


def test_a_baseline_that_disagrees_with_itself_judges_no_times() -> None:
    """A' twice as slow as A, the candidate between them: too-noisy."""
    found = judged(sampled(drift=2.5))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)
    assert "the baseline disagrees with itself" in found.summary


def test_what_ended_early_is_no_pass() -> None:
    """Stopped, aborted, or a file cut short: interrupted; what the candidate lost until then is still FAIL."""
    for changes in ({"stopped": "it was ended"}, {"aborted": "abort rule: slow"}):
        assert judged(sampled(), **changes).cause is Cause.INTERRUPTED
        assert judged(sampled(errors={(ACK, CANDIDATE, 5): MISSING}), **changes).verdict is Verdict.FAIL
    assert judged(replace(sampled(), unsealed=("samples-1.arrows",))).cause is Cause.INTERRUPTED


def test_too_few_for_a_quantile_is_said() -> None:
    """p99 of 120 is only their slowest."""
    limits = SPEC.limits.model_copy(update={"ack": SPEC.limits.ack.model_copy(update={"quantile": "p99"})})
    found = judge_realtime(visits(sampled()), SPEC.model_copy(update={"limits": limits}))
    assert (found.cause, found.remedy != "") == (Cause.TOO_FEW, True)


@pytest.mark.parametrize("arms", [(BASELINE, AGAIN), (CANDIDATE,)])
def test_where_nobody_listens_nothing_is_concluded(arms: tuple[int, ...]) -> None:
    """No visitor reached a server: no-answer; one who did makes the rest a fault of that side."""
    errors = {(CONNECT, arm, number): UNREACHABLE for arm in arms for number in range(12)}
    assert judged(sampled(errors=errors)).cause is Cause.NO_ANSWER
    del errors[CONNECT, arms[0], 4]
    found = judged(sampled(errors=errors))
    assert found.verdict is (Verdict.FAIL if CANDIDATE in arms else Verdict.INCONCLUSIVE)
    assert found.cause is not Cause.NO_ANSWER


def test_without_limits_delivery_alone_is_judged() -> None:
    """Five times as slow and nothing lost: PASS, and the summary speaks of no time."""
    bare = SPEC.model_copy(update={"limits": type(SPEC.limits)()})
    found = judge_realtime(visits(sampled(factor=5.0)), bare)
    assert found.verdict is Verdict.PASS
    assert " ms" not in found.summary
