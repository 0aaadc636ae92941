"""How CloudWatch's metrics are written."""

from __future__ import annotations

import pytest

from verify.core.metric_names import metric_of, statistic_of


@pytest.mark.parametrize(
    ("text", "name", "dimensions"),
    [("CPU", "CPU", {}), ("CPU Service=api", "CPU", {"Service": "api"}), ("CPU A=b=c", "CPU", {"A": "b=c"}),
     ("'two words' 'A=b c' B=", "two words", {"A": "b c", "B": ""})],
)  # fmt: skip
def test_a_metric_is_written_as_a_shell_would_read_it(text, name, dimensions):
    """Names with spaces are quoted; everything after the first = is the value."""
    assert metric_of(text) == (name, frozenset(dimensions.items()))


@pytest.mark.parametrize("text", ["", " ", "CPU api", "CPU =api", "CPU 'A=b"])
def test_what_names_no_metric_is_told(text):
    """A mistake of the description, and no crash."""
    with pytest.raises(ValueError, match=r"metric|query|quote"):
        metric_of(text)


@pytest.mark.parametrize("query", ["CPU", "CPU Service=api", "CPU Average api", ""])
def test_a_query_names_a_statistic(query):
    """Without it nobody knows what is asked."""
    with pytest.raises(ValueError, match=r"metric|query|quote"):
        statistic_of(query)
    assert statistic_of("CPU Average 'A=b c'") == ("CPU", "Average", frozenset({("A", "b c")}))
