"""The runs of Locust that a drill needs: short ones first, the usual length where those decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from verify.core.selectors import error_rate, headroom, latency, realtime
from verify.core.subjects import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRun:
    """
    One file of `loadtests/`, the claims it judges and where they are promised.

    `quick` are the words it is asked with, `whole` those of a second run for claims that the first leaves undecided.
    """

    file: str
    claims: frozenset[str]
    promised: Callable[[Environment], bool]
    quick: tuple[str, ...]
    whole: tuple[str, ...]


def loaded(environment: Environment) -> bool:
    """Whether the environment promises anything that a load run of both sides shows."""
    return bool(latency(environment) or error_rate(environment))


# Twenty triples, looked at after ten: with a quiet machine every defect of the twins is decided then.
BOTH_SIDES: Final = LoadRun(
    file="api.py", claims=frozenset({"load.latency mix/api", "success.error_rate mix/api"}), promised=loaded,
    quick=("--duration", "60"), whole=(),
)  # fmt: skip
CAPACITY: Final = LoadRun(
    file="capacity.py", claims=frozenset({"load.headroom headroom/candidate"}),
    promised=lambda environment: bool(headroom(environment)), quick=("--seconds", "1"), whole=("--seconds", "2"),
)  # fmt: skip
VISITORS: Final = LoadRun(
    file="realtime.py", claims=frozenset({"load.realtime realtime/visitors"}),
    promised=lambda environment: bool(realtime(environment)), quick=("--allow-writes",), whole=("--allow-writes",),
)  # fmt: skip
LOAD_RUNS: Final = (BOTH_SIDES, CAPACITY, VISITORS)
LOAD_CLAIMS: Final = frozenset().union(*(each.claims for each in LOAD_RUNS))
