"""Documents nobody wrote by hand: one change is found, none is silent."""

from __future__ import annotations

import copy
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpath_rfc9535 import find as reference_find

from verify.compare.documents import DocumentRules, differences
from verify.compare.json_paths import find

ABSENT = "absent"


def compared(baseline, candidate, **rules):
    return differences(baseline, candidate, DocumentRules(**rules))


def found(baseline, candidate, **rules):
    return [(each.path, each.baseline, each.candidate) for each in compared(baseline, candidate, **rules).differences]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
NAMES = st.sampled_from(["a", "b", "id", "two words"]) | st.text(max_size=3)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=15
)


def places(document, path="$"):
    """Every scalar place as (container, key, path)."""
    keys = list(document) if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else []
    for key in keys:
        here = next(iter(find(singular(key), document)))[1:]
        if isinstance(document[key], (dict, list)):
            yield from places(document[key], path + here)
        else:
            yield document, key, path + here


def singular(key):
    return f"$[{key}]" if isinstance(key, int) else f"$[{json.dumps(key)}]"


def rescaled(document):
    """The same document with every order of members reversed and every number written otherwise."""
    if isinstance(document, dict):
        return {name: rescaled(document[name]) for name in reversed(document)}
    if isinstance(document, list):
        return [rescaled(each) for each in document]
    if isinstance(document, (int, Decimal)) and not isinstance(document, bool):
        sign, digits, exponent = Decimal(document).as_tuple()
        return Decimal((sign, (*digits, 0, 0), exponent - 2))
    return document


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS)
def test_another_spelling_is_no_difference(document):
    """Reordered members and rescaled numbers are silent, in order and as multisets."""
    assert found(document, rescaled(document)) == []
    assert found(document, rescaled(document), unordered={"$..*": None, "$": None}) == []


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS, SCALARS, st.data())
def test_one_changed_value_is_found_where_it_is(document, value, data):
    """A value changed anywhere is the one difference, at its path."""
    spots = list(places(document))
    if not spots:
        return
    index = data.draw(st.integers(0, len(spots) - 1))
    other = copy.deepcopy(document)
    container, key, path = list(places(other))[index]
    before = container[key]
    same_kind = isinstance(before, bool) == isinstance(value, bool)
    container[key] = value
    expected = [] if same_kind and before == value and (before is None) == (value is None) else [path]
    assert [each for each, *_ in found(document, other)] == expected
    assert bool(found(document, other, unordered={"$..*": None, "$": None})) is bool(expected)


PATTERNS = ["$", "$.a", "$..a", "$.*", "$..*", "$[0]", "$[-1]", "$..[1]", "$[0:2]", "$..[::2]", "$..['a','b']",
            "$.a..b", "$..*..a", "$[?@.a]", "$..[?@ == null]", "$..[?@.id == 1].a", "$['two words']"]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=40, deadline=None)
@given(document=DOCUMENTS)
def test_patterns_select_what_the_reference_selects(pattern, document):
    """The automaton agrees with the RFC 9535 library on every document."""
    assert len({node.location for node in reference_find(pattern, document)}) == len(find(pattern, document))
    assert sorted(map(repr, find(pattern, document).values())) == sorted(
        repr(value) for value in {node.location: node.value for node in reference_find(pattern, document)}.values()
    )
