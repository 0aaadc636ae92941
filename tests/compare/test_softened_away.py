"""Answers whose rules excuse every value: nothing was compared, so nothing passes."""

from __future__ import annotations

import pytest

from tests.compare.answers import FAIL, INCONCLUSIVE, PASS, judge, reply
from verify.compare.documents import DocumentRules
from verify.compare.responses import compare_errors
from verify.core.verdicts import Cause

ALL = ({"$": "any"}, {"$.*": "any"}, {"$..*": "any"})


def softened(one, two, volatile, **rules):
    """The conclusion about two bodies under volatile rules."""
    return judge(reply(one), reply(two), document=DocumentRules(volatile=volatile), **rules)


@pytest.mark.parametrize("volatile", ALL)
@pytest.mark.parametrize("candidate", [{"a": 1, "b": [1]}, {"a": "other", "b": {}}], ids=["alike", "unlike"])
def test_a_body_whose_every_value_is_excused_proves_nothing(volatile, candidate):
    """Whether the values happen to be alike or not; the rule and what to do are named."""
    found = softened({"a": 1, "b": [1]}, candidate, volatile)
    assert (found.verdict, found.cause) == (INCONCLUSIVE, Cause.TOO_FEW)
    assert "0 values" in found.receipt
    assert f"{next(iter(volatile))}: any" in found.remedy


@pytest.mark.parametrize("value", [7, "text", None, True])
def test_a_body_that_is_one_excused_scalar_proves_nothing(value):
    """A scalar is a value, too."""
    assert softened(value, "something else", {"$": "any"}).cause is Cause.TOO_FEW


def test_only_the_rules_that_excuse_whatever_comes_are_named():
    """A rule that holds values to a kind is no part of the remedy."""
    found = softened({"a": 1, "b": 2}, {"a": 2, "b": 3}, {"$.a": "any", "$.b": "any", "$.at": "timestamp"})
    assert found.cause is Cause.TOO_FEW
    assert "$.a: any, $.b: any" in found.remedy
    assert "$.at" not in found.remedy


def test_an_excused_refusal_proves_nothing_either():
    """What must be refused alike is compared by its body, too."""
    one, two = (reply({"detail": text}, status=404) for text in ("gone", "missing"))
    rules = DocumentRules(volatile={"$.detail": "any"})
    assert judge(one, two, compare=compare_errors, expected="404", document=rules).cause is Cause.TOO_FEW


def test_one_value_that_is_held_to_something_is_enough():
    """One value compared, or one held to its kind, passes; the receipt counts those alone."""
    found = softened({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"$.b": "any"})
    assert found.verdict is PASS
    assert ", 1 value," in found.receipt
    assert softened({"a": 1}, {"a": 2}, {"$.a": "number"}).verdict is PASS
    assert softened({"a": 1, "b": 1}, {"a": 2, "b": 2}, {"$.a": "any", "$.b": "number"}).verdict is PASS


@pytest.mark.parametrize("body", [{}, []])
def test_a_body_that_is_really_empty_passes(body):
    """There was nothing to excuse."""
    assert softened(body, body, {"$": "any"}).verdict is PASS
    assert softened(body, body, {"$..*": "any"}).verdict is PASS


def test_what_is_no_json_is_compared_as_before():
    """The bytes of a text, and a HEAD without a body, are no matter of these rules."""
    rules = DocumentRules(volatile={"$..*": "any"})
    text = reply(b"x", kind="text/plain")
    assert judge(text, text, document=rules).verdict is PASS
    assert judge(reply({"a": 1}), reply({"a": 1}), document=rules, method="HEAD").verdict is PASS


def test_a_difference_elsewhere_is_still_a_difference():
    """Status, headers and members that are not there differ under any softening."""
    one = reply({"a": 1})
    rules = DocumentRules(volatile={"$..*": "any"})
    for two in (reply({"a": 1}, status=201), reply({"a": 1}, kind="text/html"), reply({}), reply({"a": 1, "b": 1})):
        assert judge(one, two, document=rules).verdict is FAIL
