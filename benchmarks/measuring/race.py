"""Contestants measured in turn: each in a process of its own, round after round, so that all meet the same weather."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

from benchmarks.measuring.figures import BenchmarkError, Figure, Role

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """
    What is measured: `function` of `module` prepares with `arguments` and gives what one round calls.

    A round's answer must begin with `expected`: a fast wrong answer is no measurement. What a peer answers wrongly is
    told beside its figure. One that is run `once` has one round, after all others had theirs.
    """

    name: str
    role: Role
    module: str
    function: str
    expected: str
    arguments: Mapping[str, object] = field(default_factory=dict, repr=False)
    python: str = sys.executable
    once: bool = False


class _Worker:
    """The process of one contestant; ended with the block."""

    def __init__(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self._process = subprocess.Popen(
            [contestant.python, "-m", "benchmarks.measuring.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT,
        )  # fmt: skip
        self.seconds: list[float] = []
        self._wrong = self._why_not = ""

    def __enter__(self) -> _Worker:
        with self._forgiving():
            wanted = {"module": self._contestant.module, "function": self._contestant.function,
                      "arguments": dict(self._contestant.arguments)}  # fmt: skip
            self._write(json.dumps(wanted))
            self._reply()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        """A peer that cannot go on is left out; for every other contestant that is an error."""
        try:
            yield
        except BenchmarkError as error:
            if self._contestant.role != "peer":
                raise
            self._why_not = str(error)

    def round(self) -> None:
        """One more round is measured; none of a peer that could not go on."""
        if self._why_not:
            return
        with self._forgiving():
            self._write("go")
            reply = self._reply()
            self._check(str(reply["said"]))
            self.seconds.append(float(str(reply["seconds"])))

    def _check(self, said: str) -> None:
        if said.startswith(self._contestant.expected):
            return
        wrong = f"{said!r}; {self._contestant.expected!r} was expected"
        if self._contestant.role != "peer":
            raise BenchmarkError(f"{self._contestant.name} said {wrong}: a wrong answer has no speed; repair it first")
        self._wrong = wrong

    def figure(self) -> Figure:
        """Every round, and the peak memory; the process has no more to do."""
        peak = None
        with self._forgiving():
            if not self._why_not:
                peak = self._ended_well()
        if self._why_not:
            self.seconds.clear()
        return Figure(name=self._contestant.name, role=self._contestant.role, rounds=tuple(self.seconds), peak_mb=peak,
                      wrong=self._wrong, why_not=self._why_not)  # fmt: skip

    def _ended_well(self) -> float:
        if self._process.stdin is not None:
            self._process.stdin.close()
            self._process.stdin = None
        return float(str(self._reply()["peak"])) / 1e6

    def _write(self, line: str) -> None:
        if self._process.stdin is None:
            raise BenchmarkError(f"{self._contestant.name}: its process takes no orders any more")
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _reply(self) -> dict[str, object]:
        stdout = self._process.stdout
        if stdout is None or not select.select([stdout], [], [], PATIENCE)[0]:
            raise BenchmarkError(f"{self._contestant.name} did not answer within {PATIENCE:g} s; choose fewer --rows")
        line = stdout.readline()
        if not line:
            raise self._ended()
        reply: dict[str, object] = json.loads(line)
        return reply

    def _ended(self) -> BenchmarkError:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdin = None
        _, trace = self._process.communicate(timeout=PATIENCE)
        last = (trace or "").strip().splitlines()[-1:] or ["it said nothing"]
        return BenchmarkError(f"{self._contestant.name} ended with {self._process.returncode}: {last[0]}")


def race(contestants: Sequence[Contestant], *, rounds: int, within: float) -> tuple[Figure, ...]:
    """
    Each contestant's rounds, in seconds, in the order given; a first round of each is thrown away as warm-up.

    Who begins changes from round to round. No round begins once `within` seconds have passed, but each contestant
    has at least one, and all but those that run `once` have equally many. BenchmarkError when one that is no peer
    ends, hangs or answers wrongly.
    """
    figures = iter(_often([each for each in contestants if not each.once], rounds=rounds, within=within))
    return tuple(_once(each) if each.once else next(figures) for each in contestants)


def _once(contestant: Contestant) -> Figure:
    with _Worker(contestant) as worker:
        worker.round()
        return worker.figure()


def _often(contestants: Sequence[Contestant], *, rounds: int, within: float) -> tuple[Figure, ...]:
    with ExitStack() as stack:
        workers = [stack.enter_context(_Worker(each)) for each in contestants]
        started = time.monotonic()
        _turn(workers, first=0)
        # A warm-up that used up all the time is the one round there is.
        if time.monotonic() - started <= within:
            for worker in workers:
                worker.seconds.clear()
            for number in range(rounds):
                if number and time.monotonic() - started > within:
                    break
                _turn(workers, first=number)
        return tuple(worker.figure() for worker in workers)


def _turn(workers: Sequence[_Worker], *, first: int) -> None:
    begin = first % len(workers)
    for worker in (*workers[begin:], *workers[:begin]):
        worker.round()
