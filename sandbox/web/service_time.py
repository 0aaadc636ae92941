"""How long a handler takes: a draw per request, so that latency is realistic and comparable between the sides."""

from __future__ import annotations

import math
import random

MEDIAN_S = 0.006
SIGMA = 0.25


def share(seed: int, purpose: str, index: int) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    return random.Random(f"{seed}:{purpose}:{index}").random()


def service_time(seed: int, side: str, index: int, median_s: float = MEDIAN_S) -> float:
    """Seconds that request `index` takes on that side: lognormal, sigma 0.25."""
    return random.Random(f"{seed}:{side}:{index}").lognormvariate(math.log(median_s), SIGMA)
