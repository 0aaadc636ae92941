"""Error classes by endpoint that only the candidate produces: shown in every case, whatever the rates say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.schedule import CANDIDATE
from loadtests.soundness import Run
from verify.core.verdicts import Conclusion, Difference

# A summary names so many; all are among the differences of a FAIL.
MOST_NAMED: Final = 8


def new_classes(run: Run) -> list[Difference]:
    """
    Error classes by endpoint that the baseline never produced there: first those that it produced nowhere, then those
    that it produced at other endpoints only, most frequent first.
    """
    arm, failed = run.samples.arm, run.samples.error != ""
    candidate, baseline = (_counted(run, failed & mine) for mine in (arm == CANDIDATE, arm != CANDIDATE))
    elsewhere = Counter[str]()
    for (error, _), count in baseline.items():
        elsewhere[error] += count
    fresh = sorted(
        (bool(elsewhere[error]), -count, error, name)
        for (error, name), count in candidate.items()
        if (error, name) not in baseline
    )
    asked = _asked(run) if fresh else Counter[str]()
    return [
        Difference(
            key=name,
            path=error,
            baseline=f"0 times{_elsewhere(elsewhere[error])}",
            candidate=f"{-count:,} of {asked[name]:,} requests",
            detail="new at this endpoint" if known else "new",
        )
        for known, count, error, name in fresh
    ]


def shown_with(conclusion: Conclusion, shown: Sequence[Difference]) -> Conclusion:
    """The conclusion with the error classes that the baseline never produced: they are told whatever became of the run."""
    return replace(conclusion, summary=conclusion.summary + named(shown))


def named(shown: Sequence[Difference]) -> str:
    """The classes in words, each beginning with `; `."""
    more = len(shown) - MOST_NAMED
    said = "".join(f"; {each.detail} on the candidate: {_words(each)}" for each in shown[:MOST_NAMED])
    return said + (f"; and {more:,} more such classes and endpoints" if more > 0 else "")


def _words(each: Difference) -> str:
    _, comma, elsewhere = each.baseline.partition(", ")
    return f"{each.path}, {each.candidate} to {each.key}" + (f" (baseline: {elsewhere})" if comma else "")


def _elsewhere(count: int) -> str:
    return f", {count:,} at other endpoints" if count else ""


def _counted(run: Run, chosen: NDArray[np.bool_]) -> Counter[tuple[str, str]]:
    """The chosen requests, all of which failed, by class and endpoint."""
    pairs = zip(run.samples.error[chosen].tolist(), run.samples.request[chosen].tolist(), strict=True)
    return Counter((str(error), _name(run, int(request))) for error, request in pairs)


def _asked(run: Run) -> Counter[str]:
    """The candidate's requests by endpoint."""
    samples = run.samples
    return Counter(_name(run, int(each)) for each in samples.request[samples.arm == CANDIDATE])


def _name(run: Run, request: int) -> str:
    return run.names[request] if request < len(run.names) else f"request {request}"
