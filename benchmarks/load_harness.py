"""
The load harness against Locust's bare closed loop on the same server: its own closed loop with every request recorded,
and the highest open rate it sends on time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measuring.figures import BenchmarkError, Figure, Ratio, Result, Sizes
from benchmarks.measuring.locusts import locust, served
from loadtests.samples import read_samples
from loadtests.schedule import plan_schedule
from loadtests.soundness import Run, achieved, lateness, unsound

_LOOPBACK: Final = Path(__file__).with_name("loopback")
_SEED: Final = 7
_TRIPLES: Final = 10
_FIRST: Final = 0.45
_STEP: Final = 0.15
_WITHIN: Final = 60.0
_ONE_RUN: Final = 60.0
_BEGINNING: Final = 6.0
_DRAIN_ROUNDS: Final = 3
_AS_MANY: Final = 3  # arms


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One open run: requests/s offered, the part of them that was sent, p99 lateness (s), and why it is not valid."""

    rate: float
    share: float
    late: float
    why_not: str
    peak_mb: float

    @property
    def words(self) -> str:
        """The run in one line."""
        verdict = f"not valid: {self.why_not}" if self.why_not else "valid"
        return f"open, {self.rate:,.0f}/s: {self.share:.1%} sent, p99 {self.late * 1000:.1f} ms late, {verdict}"


def _locust(file: str, options: list[str], values: Mapping[str, str]) -> None:
    locust(_LOOPBACK / file, ["--only-summary", *options], values, within=_ONE_RUN)


def _left(path: Path) -> dict[str, float]:
    """What a locustfile left; BenchmarkError when it left nothing."""
    if not path.exists():
        raise BenchmarkError(f"locust left no {path.name}; run it by hand: locust -f benchmarks/loopback/…")
    found: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _closed(server: str, sizes: Sizes, folder: Path) -> tuple[float, float]:
    """Requests/s and peak memory (MB) of Locust's closed loop."""
    result = folder / "closed.json"
    result.unlink(missing_ok=True)
    options = ["--host", server, "-u", str(sizes.users), "-r", str(sizes.users), "-t", f"{sizes.closed_s:g}s"]
    _locust("closed.py", options, {"BENCHMARK_RESULT": str(result)})
    found = _left(result)
    if found["failures"] or found["seconds"] <= 0:
        raise BenchmarkError(f"the closed loop failed: {found}")
    return found["requests"] / found["seconds"], found["peak"] / 1e6


def _open(server: str, rate: float, sizes: Sizes, folder: Path) -> Attempt:
    """One run of our harness at that rate, whether valid or not."""
    folder.mkdir()
    duration = _TRIPLES * 3 * sizes.block_s
    options = ["--env", "loopback", "--rate", f"{rate:g}", "--duration", f"{duration:g}", "--seed", str(_SEED),
               "--block", f"{sizes.block_s:g}"]  # fmt: skip
    _locust("open.py", options, {"BENCHMARK_FOLDER": str(folder), "BENCHMARK_SERVER": server})
    memory = _left(folder / "memory.json")
    schedule = plan_schedule(seed=_SEED, rate=rate, duration=duration, weights=(1,), block=sizes.block_s)
    run = Run(samples=read_samples(folder.glob("samples-*.arrows")), offered=schedule.offered(_TRIPLES))
    wrong = unsound(run)
    failed = int((run.samples.error != "").sum())
    why_not = wrong.summary if wrong else (f"{failed:,} requests failed" if failed else "")
    share = min(achieved(run, arm) for arm in range(3)) / int(run.offered.sum())
    return Attempt(rate=rate, share=share, late=lateness(run.samples), why_not=why_not, peak_mb=memory["peak"] / 1e6)


def _drained(server: str, closed: float, sizes: Sizes, folder: Path) -> tuple[float, float]:
    """Requests/s and peak memory (MB) of our closed loop, for about as long as Locust's."""
    folder.mkdir()
    requests = max(sizes.users, round(closed * sizes.closed_s / _AS_MANY))
    options = ["--env", "loopback", "--drain", "--requests", str(requests), "-u", str(sizes.users)]
    _locust("open.py", options, {"BENCHMARK_FOLDER": str(folder), "BENCHMARK_SERVER": server})
    path = folder / "drain.json"
    if not path.exists():
        raise BenchmarkError(
            "our closed loop left no drain.json; run it by hand: locust -f benchmarks/loopback/open.py --drain"
        )
    arms = json.loads(path.read_text(encoding="utf-8"))["arms"]
    kept = read_samples(folder.glob("samples-*.arrows"))
    if kept.unsealed or kept.count != _AS_MANY * requests or any(each["failed"] for each in arms):
        raise BenchmarkError(
            f"our closed loop recorded {kept.count:,} of {_AS_MANY * requests:,} requests, or some failed"
        )
    seconds = sum(each["requests"] / each["per_second"] for each in arms)
    return kept.count / seconds, _left(folder / "memory.json")["peak"] / 1e6


def _drains(server: str, sizes: Sizes, folder: Path) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Our closed loop and Locust's in turn, so that both meet the same weather; ours first, then Locust's."""
    ours: list[tuple[float, float]] = []
    closed = [_closed(server, sizes, folder)]
    for number in range(min(_DRAIN_ROUNDS, sizes.rounds)):
        ours.append(_drained(server, closed[-1][0], sizes, folder / f"drain-{number}"))
        closed.append(_closed(server, sizes, folder))
    return ours, closed


def _climb(server: str, sizes: Sizes, folder: Path, until: float) -> tuple[list[Attempt], list[tuple[float, float]]]:
    """
    Up from the bar's own rate until a run is not valid, or down until one is; at most `steps` runs.

    Before the first, between any two and after the last stands a round of the closed loop, so that both sorts meet
    the same weather.
    """
    found: list[Attempt] = []
    closed = [_closed(server, sizes, folder)]
    share = _FIRST
    for number in range(sizes.steps):
        if (number and time.monotonic() > until) or share < _STEP / 2:
            break
        found.append(_open(server, round(closed[0][0] * share), sizes, folder / f"open-{number}"))
        closed.append(_closed(server, sizes, folder))
        if bool(found[-1].why_not) is not bool(found[0].why_not):
            break
        share += -_STEP if found[-1].why_not else _STEP
    return found, closed


def _drain_figures(server: str, sizes: Sizes, folder: Path) -> tuple[Figure, Figure]:
    """Our closed loop and Locust's, measured in turn."""
    drains, between = _drains(server, sizes, folder)
    beside = Figure(name=f"Locust's FastHttpUser, {sizes.users} users, between the drains", role="peer",
                    unit="requests/s", rounds=tuple(rate for rate, _ in between),
                    peak_mb=max(peak for _, peak in between))  # fmt: skip
    drained = Figure(name=f"ours, {sizes.users} users, closed loop, every request recorded", role="ours",
                     unit="requests/s", rounds=tuple(rate for rate, _ in drains),
                     peak_mb=max(peak for _, peak in drains))  # fmt: skip
    return drained, beside


def measure(sizes: Sizes, folder: Path) -> Result:
    """Closed loop and open runs in turn, on one server; a rate counts when its run is valid."""
    # One more open run and closed round have to end in time, with the seconds that their processes take to begin.
    until = time.monotonic() + _WITHIN - _TRIPLES * 3 * sizes.block_s - sizes.closed_s - _BEGINNING
    with served("benchmarks.loopback.server") as server:
        attempts, rounds = _climb(server, sizes, folder, until)
        drained, beside = _drain_figures(server, sizes, folder)
    closed = Figure(name=f"Locust's FastHttpUser, {sizes.users} users, closed loop", role="peer", unit="requests/s",
                    rounds=tuple(rate for rate, _ in rounds), peak_mb=max(peak for _, peak in rounds))  # fmt: skip
    best = max((each for each in attempts if not each.why_not), key=lambda each: each.rate, default=None)
    rate = best.rate if best else 0.0
    ours = Figure(name="ours, open loop, highest valid rate", role="ours", rounds=(rate,), unit="requests/s",
                  peak_mb=(best or attempts[0]).peak_mb)  # fmt: skip
    notes = [each.words for each in attempts]
    if best is None:
        notes.append("no open run was valid: 0 stands for that")
    elif not attempts[-1].why_not and attempts[-1] is best:
        notes.append("every open run was valid, so the highest valid rate is this or more")
    return Result(
        name="load_harness",
        data=f"one asyncio server on loopback; each open run is {_TRIPLES} triples of 3 x {sizes.block_s:g} s",
        figures=(ours, closed, drained, beside),
        ratios=(
            Ratio(name="ours, open / closed loop", value=rate / closed.median, bar=0.45, at_most=False),
            Ratio(name="ours, closed / closed loop", value=drained.median / beside.median, bar=0.90, at_most=False),
        ),
        notes=tuple(notes),
    )
