"""How often verdicts are wrong, on simulated systems with fixed seeds: the statistics held to what they promise."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.calibrating import classes, counts, failures, latency, series
from benchmarks.calibrating.rates import Rate
from benchmarks.measuring.figures import Figure, Ratio, Result, Sizes
from benchmarks.measuring.memory import peak, resident

Part = Callable[[int], list[Rate]]
PARTS: Final[dict[str, Part]] = {
    "latency": latency.measured,
    "latency by endpoint class": classes.measured,
    "failures, availability, split": counts.measured,
    "failures that come together": failures.measured,
    "trends, looks, tolerance, families": series.measured,
}


def measure(sizes: Sizes, folder: Path) -> Result:  # noqa: ARG001
    """Every rate of wrong and right verdicts, in per cent: 1,000 runs a case in full size, 10 when quick."""
    runs = max(1, sizes.sample * sizes.rounds // 10)
    figures, ratios = [], []
    for name, part in PARTS.items():
        before, started = resident(), time.process_time()
        rates = part(runs)
        took = time.process_time() - started
        memory = max(0, peak() - before) / 1e6
        figures.append(Figure(name=f"{name}, CPU time", role="ours", rounds=(took,), peak_mb=memory))
        ratios += [Ratio(name=each.name, value=each.percent, bar=each.bar, at_most=each.at_most) for each in rates]
    return Result(
        name="calibration",
        data=f"simulated systems with fixed seeds, up to {runs:,} runs a case",
        figures=tuple(figures),
        ratios=tuple(ratios),
        notes=("`bar` is in per cent; what has none is for comparison or cannot be had from so few runs",),
    )
