"""How much the candidate bears alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from loadtests import capacity_session
from loadtests.capacity_session import CapacityCase, CapacityChoices, CapacitySession
from loadtests.climbing import Climb, plan_climb
from loadtests.headroom import Stand, judge_headroom, stand
from loadtests.pulse import Vitals
from loadtests.samples import Samples
from loadtests.schedule import CANDIDATE
from loadtests.target import Target, Terms
from tests.loadtests.kept import Kept
from verify.core.model import Headroom, LoadPermission
from verify.core.selectors import headroom
from verify.core.subjects import Environment, claim_digest
from verify.core.verdicts import Cause, Conclusion, Verdict
from verify.loading import load_environment

LIMIT = Headroom(peak=100.0, p95_ms=50.0, safety=1.5, errors=1.0, share=100.0)
WELL = Vitals(process="process 1 of 1", lag=0.001, step=0.0)


def climbed(
    *, knee: float, rungs: int = 7, ceiling: float = 1000, late: float = 0.0005, errors: float = 0.0, seconds: int = 10
) -> Climb:
    """A climb to 150/s and twice that; over `knee` requests/s every answer takes 100 ms, under it 10 ms."""
    schedule, all_rungs = plan_climb(seed=1, needed=LIMIT.needed, ceiling=ceiling, seconds=seconds, weights=(1,))
    chosen = all_rungs[:rungs]
    random = np.random.default_rng(4)
    triples, scheduled, taken = [], [], []
    for rung in chosen:
        for each in schedule.triples[rung.first : rung.last]:
            triples.append(np.full(each.count, each.index))
            scheduled.append(each.index + each.offsets)
            taken.append(np.full(each.count, 0.1 if rung.rate > knee else 0.01))
    at = np.concatenate(scheduled)
    count = len(at)
    bad = np.where(random.random(count) < errors, "status 500", "").astype("<U20")
    samples = Samples(
        triple=np.concatenate(triples), arm=np.full(count, CANDIDATE), pair=np.arange(count),
        request=np.zeros(count, dtype=np.int64), scheduled=at, started=at + late, sent=at + late,
        first=at + np.concatenate(taken), done=at + np.concatenate(taken), status=np.full(count, 200),
        reconnects=np.zeros(count, dtype=np.int64), error=bad,
    )  # fmt: skip
    planned = tuple(each.count for each in schedule.triples)
    return Climb(needed=LIMIT.needed, rungs=chosen, samples=samples, planned=planned, vitals=(WELL,))


def judged(climb: Climb) -> Conclusion:
    """What is concluded about it."""
    return judge_headroom(climb, LIMIT)


def test_a_candidate_that_bears_twice_as_much_passes_and_says_so() -> None:
    """PASS, with the highest rate that held and its part of what is needed."""
    found = judged(climbed(knee=1000))
    assert found.verdict is Verdict.PASS
    assert "bears 150/s" in found.summary
    assert "held up to 300/s, 2.00 x what is needed, and no rate that was asked was too much" in found.summary


def test_a_knee_beyond_what_is_needed_is_told() -> None:
    """PASS, and the rate at which it gave way is in the summary."""
    found = judged(climbed(knee=200, rungs=6))
    assert found.verdict is Verdict.PASS
    assert "held up to 188/s" in found.summary
    assert "gave way at 225/s: p95 100.0 ms" in found.summary


@pytest.mark.parametrize("knee", [20.0, 100.0, 140.0])
def test_a_knee_before_what_is_needed_fails(knee: float) -> None:
    """FAIL at the first rate that is too much, with both numbers."""
    rungs = {20.0: 1, 100.0: 3, 140.0: 4}[knee]
    found = judged(climbed(knee=knee, rungs=rungs))
    assert found.verdict is Verdict.FAIL
    assert "150/s are needed" in found.summary
    assert found.differences[0].baseline == "p95 at most 50 ms, at most 1 % failed"


def test_too_many_failures_fail() -> None:
    """5 % errors against 1 % allowed."""
    assert judged(climbed(knee=1000, rungs=1, errors=0.05)).verdict is Verdict.FAIL


def test_too_few_requests_do_not_prove_it() -> None:
    """Three seconds at 150/s cannot show 1 % of failures with a few of them: INCONCLUSIVE, with the remedy."""
    found = judged(climbed(knee=1000, errors=0.008, seconds=1))
    assert (found.verdict, found.cause, found.remedy) == (
        Verdict.INCONCLUSIVE, Cause.TOO_FEW, "choose more --seconds",
    )  # fmt: skip


def test_a_generator_that_gives_way_first_proves_nothing() -> None:
    """Late, starved or with a clock that was set: never FAIL for the candidate, never PASS."""
    slow = climbed(knee=20)
    for climb in (
        climbed(knee=20, late=0.02),
        replace(slow, vitals=(replace(WELL, lag=0.05),)),
        replace(slow, vitals=(replace(WELL, step=9.0),)),
    ):
        found = judged(climb)
        assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_NOISY)


@pytest.mark.parametrize("rungs", [1, 3])
def test_a_climb_that_ended_early_proves_nothing(rungs: int) -> None:
    """Without the rate that is needed there is no PASS."""
    found = judged(replace(climbed(knee=1000, rungs=rungs), stopped="it was ended from outside"))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.INTERRUPTED)


def test_an_interrupted_last_rate_proves_nothing() -> None:
    """Stopped while the needed rate was asked: what was seen of it is not all of it."""
    found = judged(replace(climbed(knee=1000, rungs=4), stopped="it was ended from outside"))
    assert found.verdict is Verdict.INCONCLUSIVE


def test_no_request_proves_nothing() -> None:
    """An empty climb is INCONCLUSIVE."""
    climb = climbed(knee=1000)
    nothing = {
        name: getattr(climb.samples, name)[:0]
        for name in Samples.__slots__
        if name not in {"unsealed", "opening", "bytes"}
    }
    found = judged(replace(climb, samples=Samples(**nothing)))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_a_climb_never_exceeds_the_ceiling_and_asks_the_candidate_alone() -> None:
    """No rate over load.max_rate, no block of another arm, the promised rate three times as long."""
    schedule, rungs = plan_climb(seed=1, needed=150, ceiling=200, seconds=5, weights=(1,))
    assert [each.rate for each in rungs] == [37.5, 75.0, 112.5, 150.0, 187.5]
    assert {each.order for each in schedule.triples} == {(CANDIDATE,)}
    assert rungs[3].last - rungs[3].first == 15
    assert schedule.duration == 35


def test_a_ceiling_under_what_is_needed_is_refused() -> None:
    """What may not be sent cannot be shown."""
    with pytest.raises(ValueError, match=r"150 requests/s have to be shown and load\.max_rate allows 100"):
        plan_climb(seed=1, needed=150, ceiling=100, seconds=5, weights=(1,))


def stood(climb: Climb, place: int) -> Stand:
    """How the rate at that place was borne."""
    return stand(climb, climb.rungs[place], LIMIT)


def unlucky(climb: Climb, failures: Sequence[int]) -> Climb:
    """The climb with so many failures at each of its rates."""
    errors = climb.samples.error.copy()
    for rung, count in zip(climb.rungs, failures, strict=False):
        errors[np.flatnonzero(climb.samples.triple >= rung.first)[:count]] = "timeout"
    return replace(climb, samples=replace(climb.samples, error=errors))


def test_chance_ends_no_climb_under_the_needed_rate() -> None:
    """6 of some 380 failures where 1 % are allowed: asked on under the needed rate, and the end from there on."""
    climb = unlucky(climbed(knee=1000), (6, 0, 0, 50))
    assert not stood(climb, 0).holds(LIMIT)
    assert not stood(climb, 0).ends(LIMIT.needed, LIMIT)
    assert not stood(climb, 3).broken(LIMIT)
    assert stood(climb, 3).ends(LIMIT.needed, LIMIT)
    assert not stood(climb, 2).ends(LIMIT.needed, LIMIT)


def test_what_is_broken_or_a_fault_ends_a_climb_at_once() -> None:
    """A rate broken beyond doubt, a late generator, and nothing sent at all."""
    assert stood(climbed(knee=20), 0).ends(LIMIT.needed, LIMIT)
    late = climbed(knee=1000, late=0.02)
    assert stood(late, 0).ends(LIMIT.needed, LIMIT)
    silent = replace(late.samples, triple=late.samples.triple + 10_000)
    assert stood(replace(late, samples=silent), 0).ends(LIMIT.needed, LIMIT)


@dataclass
class Sender:
    """A crew that sends nothing: the samples are there already."""

    asked: list[tuple[int, int]] = field(default_factory=list)
    reason: str = ""
    vitals: tuple[Vitals, ...] = ()
    paths: tuple[Path, ...] = (Path("samples-1.arrows"),)

    def ready(self) -> None:
        """Warm."""

    def send(self, first: int, last: int) -> None:
        """The blocks are noted."""
        self.asked.append((first, last))

    def end(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(("failures", "rates", "verdict"), [(6, 7, Verdict.PASS), (60, 1, Verdict.FAIL)])
def test_a_climb_goes_on_after_a_rate_that_misses_by_chance(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failures: int, rates: int, verdict: Verdict
) -> None:
    """6 failures at the first rate leave the needed one to be asked and passed; 60 end the climb with FAIL."""
    sender, climb = Sender(), unlucky(climbed(knee=1000), (failures,))
    monkeypatch.setattr(capacity_session, "Alone", lambda *_, **__: sender)
    monkeypatch.setattr(capacity_session, "read_samples", lambda _: climb.samples)
    terms = Terms(
        environment="shop/next", names=("one",), weights=(1,), latency=None, error_rate=None,
        permissions={"candidate": LoadPermission(allowed=True, max_rate=1000)},
    )  # fmt: skip
    case = CapacityCase(
        terms=terms, limit=LIMIT, prepare=lambda: Target(requests=()), begin=lambda _: Kept(tmp_path)
    )  # fmt: skip
    session = CapacitySession(case, CapacityChoices(seconds=10, seed=1), report=lambda *_, **__: None)
    session.run()
    assert len(sender.asked) == rates
    assert [each.verdict for _, _, each in session.results] == [verdict]


def declaring(**objective: object) -> Environment:
    """Lightsail with a headroom objective."""
    environment = load_environment("lightsail")
    objectives = environment.system.objectives.model_copy(
        update={"headroom": Headroom.model_validate({"peak": 100.0, "p95_ms": 50.0, **objective})}
    )
    return replace(environment, system=environment.system.model_copy(update={"objectives": objectives}))


def test_the_share_comes_from_the_steps_that_require_load() -> None:
    """Lightsail's step 10 requires load: 10 % of the peak times 1.5; a declared share is kept; both change the digest."""
    found = [headroom(declaring())[0], headroom(declaring(share=50.0))[0]]
    assert [each.spec.needed for each in found] == [pytest.approx(15.0), pytest.approx(75.0)]
    assert headroom(load_environment("lightsail")) == ()
    digests = {claim_digest(declaring(), "load.headroom", each) for each in found}
    assert len(digests) == 2
