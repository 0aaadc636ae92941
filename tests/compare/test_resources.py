"""Figures that may not grow."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from verify.compare.resources import judge_resource
from verify.core.figures import Series, Told
from verify.core.successes import Resource
from verify.core.verdicts import Answer, Problem, Verdict

END = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PASS, INCONCLUSIVE, FAIL = Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL


def series(*, grows=0.0, noise=0.01, keep=None, late=0.0, value=None):
    """Samples of an hour every 15 s around 200, growing by a share over the hour."""
    draw = random.Random(3)
    last = END.timestamp() - late
    places = [place / 240 for place in range(241) if keep is None or keep(place / 240)]
    values = [200 * (1 + grows * place) * (1 + draw.gauss(0, noise)) for place in places]
    return Series(
        name="memory", times=tuple(last - 3600 * (1 - place) for place in places),
        values=tuple(value(index, each) if value else each for index, each in enumerate(values)),
    )  # fmt: skip


def judged(*found, **spec):
    """The conclusion about these series."""
    told = Told(series=found, start=END - HOUR, end=END, every=15.0)
    resource = Resource.model_validate({"source": "p", "query": "m", "growth": 50.0, **spec})
    return judge_resource(Answer(source="metrics p", value=told), resource)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [(series(), PASS), (series(grows=0.2), FAIL), (series(grows=-0.2), PASS), (series(noise=0.5), INCONCLUSIVE),
     (series(late=300), INCONCLUSIVE), (series(keep=lambda place: place > 0.5), INCONCLUSIVE),
     (series(keep=lambda place: not 0.2 < place < 0.6), INCONCLUSIVE),
     (series(value=lambda index, each: math.nan if index == 7 else each), INCONCLUSIVE),
     (series(value=lambda *_: math.nan), INCONCLUSIVE), (series(value=lambda *_: math.inf), INCONCLUSIVE),
     (Series(name="memory", times=(), values=()), INCONCLUSIVE), (series(value=lambda *_: 200.0), PASS),
     (series(value=lambda *_: 0.0), PASS)],
    ids=["steady", "leak", "shrinks", "noisy", "stale", "half", "hole", "one-nan", "nan", "inf", "empty", "flat", "zero"],
)  # fmt: skip
def test_growth_is_judged_and_missing_data_is_no_pass(found, verdict):
    """A leak fails; samples that are old, few, holed, or no numbers prove nothing."""
    assert judged(found).verdict is verdict


def test_no_series_and_no_answer_prove_nothing():
    """A query that is misspelt gives no series, and that is not 0."""
    assert judged().verdict is INCONCLUSIVE
    silent = Problem(source="metrics p", reason="refused")
    assert judge_resource(silent, Resource.model_validate({"source": "p", "query": "m"})).verdict is INCONCLUSIVE


def test_a_level_may_be_capped():
    """One sample over the cap is enough."""
    assert judged(series(), at_most=190.0).verdict is FAIL
    assert judged(series(), at_most=300.0).verdict is PASS


def test_the_worst_series_counts():
    """One pod that leaks is not hidden by two that do not."""
    assert judged(series(), series(grows=0.2), series()).verdict is FAIL
    assert judged(series(), Series(name="x", times=(), values=())).verdict is INCONCLUSIVE
    assert "3 series" in judged(series(), series(), series()).receipt
