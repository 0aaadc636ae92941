"""
What `locust -f loadtests/api.py` says of real servers whose truth is known: alike, 20 % slower, a tail of five times.

Each run is the command a team runs, with its defaults, between two processes of one server: one that works in an event
loop, and one with a thread for each connection. Then the two unlike servers stand against each other.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measuring.figures import BenchmarkError, Figure, Ratio, Result, Sizes
from benchmarks.measuring.locusts import locust, served
from benchmarks.measuring.memory import peak, resident
from benchmarks.measuring.race import ROOT
from verify.core.verdicts import Verdict

_FACTS: Final = {
    "system.yaml": """\
system: alike
data: {main: shared}
health: {request: GET /health}
endpoints: {list: {request: GET /list, weight: 1}}
objectives:
  latency:
    p50: {max_ratio: 1.10, floor_ms: 0.5}
    p95: {max_ratio: 1.15, floor_ms: 0.5}
    p99: {max_ratio: 1.25, floor_ms: 1.0}
  error_rate: {at_most: 0.5, margin: 0.5}
steps:
  - {name: "10", percent: 10, requires: [load], deferred: [health, parity, success]}
""",
    "one.yaml": "environment: one\nurls: {api: '${ONE_URL}'}\nload: {allowed: true, max_rate: 1000}\n",
    "other.yaml": (
        "environment: other\nbaseline: one\nurls: {api: '${OTHER_URL}'}\nload: {allowed: true, max_rate: 1000}\n"
    ),
}  # fmt: skip
_LATENCY: Final = "load.latency"
_ONE_RUN: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A pair of servers, how the second is slowed, how often it is tried, and what must (not) be said."""

    name: str
    kinds: tuple[str, str]
    factor: float = 1.0
    share: float = 0.0
    runs: int
    never: str = ""
    always: str = ""


def trials(runs: int) -> tuple[Trial, ...]:
    """The cases: `runs` of equal servers, half of them a kind; a tenth of that of each other case, if it is one or more."""
    half, few = -(-runs // 2), runs // 10
    found = []
    for kind in ("loop", "threads"):
        pair = (kind, kind)
        found += [
            Trial(name=f"{kind}, equal", kinds=pair, runs=half, never="FAIL"),
            Trial(name=f"{kind}, +20 %", kinds=pair, factor=1.2, share=1.0, runs=few, always="FAIL"),
            Trial(name=f"{kind}, 2 % take 5 times", kinds=pair, factor=5.0, share=0.02, runs=few, always="FAIL"),
        ]
    found.append(Trial(name="loop, then threads", kinds=("loop", "threads"), runs=few))
    return tuple(each for each in found if each.runs)


def _served(kind: str, factor: float, share: float, seed: int) -> AbstractContextManager[str]:
    return served("benchmarks.loopback.timed", kind, str(factor), str(share), str(seed))


def _asked(values: dict[str, str], seed: int, sizes: Sizes, folder: Path) -> None:
    """Locust ran to its end; what it found is in the folder."""
    options = ["--env", str(folder / "alike" / "other.yaml"), "--evidence", str(folder / "evidence"), "--seed", str(seed),
               "--duration", f"{sizes.verdict_s:g}", "--block", f"{sizes.verdict_s / 120:g}"]  # fmt: skip
    locust(ROOT / "loadtests" / "api.py", options, values, within=_ONE_RUN, folder=folder)


def _verdict(folder: Path) -> tuple[str, str]:
    """What the run says of latency, and its summary; BenchmarkError when it left no evidence."""
    for path in sorted((folder / "evidence").rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            found = json.loads(line)
            evidence = found["record"].get("evidence")
            if evidence and evidence["claim"][1] == _LATENCY:
                return Verdict(evidence["conclusion"]["verdict"]).name, evidence["conclusion"]["summary"]
    raise BenchmarkError(f"the load run left no evidence of {_LATENCY}")


def _run(trial: Trial, seed: int, sizes: Sizes, folder: Path) -> tuple[str, str]:
    """One run of that case."""
    (folder / "alike").mkdir(parents=True)
    for name, text in _FACTS.items():
        (folder / "alike" / name).write_text(text, encoding="utf-8")
    with ExitStack() as stack:
        one = stack.enter_context(_served(trial.kinds[0], 1.0, 0.0, 2 * seed))
        other = stack.enter_context(_served(trial.kinds[1], trial.factor, trial.share, 2 * seed + 1))
        _asked({"ONE_URL": one, "OTHER_URL": other}, seed, sizes, folder)
    return _verdict(folder)


def _judged(trial: Trial, said: Counter[str]) -> Ratio:
    """How many runs said what they must not, or did not say what they must; without either, how many failed."""
    if trial.always:
        return Ratio(name=f"{trial.name}: runs that said {trial.always}", value=said[trial.always], bar=trial.runs,
                     at_most=False)  # fmt: skip
    bar = 0.0 if trial.never else None
    return Ratio(name=f"{trial.name}: runs that said FAIL", value=said["FAIL"], bar=bar)


def measure(sizes: Sizes, folder: Path) -> Result:
    """Every case in turn; the verdicts counted, and each that surprises quoted."""
    before = resident()
    ratios, notes = [], []
    for trial in trials(sizes.verdict_runs):
        said: Counter[str] = Counter()
        for number in range(trial.runs):
            verdict, summary = _run(trial, number + 1, sizes, folder / f"{trial.name}-{number}".replace(" ", "-"))
            said[verdict] += 1
            if (
                verdict == trial.never
                or (trial.always and verdict != trial.always)
                or not (trial.never or trial.always)
            ):
                notes.append(f"{trial.name}, seed {number + 1}: {verdict}: {summary}")
        ratios.append(_judged(trial, said))
        notes.append(f"{trial.name}: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(said.items())))
    tried = float(sum(each.runs for each in trials(sizes.verdict_runs)))
    return Result(
        name="load_verdicts",
        data=f"real servers on loopback, median 6 ms an answer, 200 requests/s, at most {sizes.verdict_s:g} s a run",
        figures=(
            Figure(name="load runs", role="ours", rounds=(tried,), unit="runs", peak_mb=max(0, peak() - before) / 1e6),
        ),
        ratios=tuple(ratios),
        notes=tuple(notes),
    )
