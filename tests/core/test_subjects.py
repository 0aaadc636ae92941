"""An environment, its subjects, and the digest of a claim."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import ERRORS, HEALTH, ITEM, LIST, LOAD, USERS, acceptance, described, environment
from verify.core.errors import CutoverError
from verify.core.selectors import SELECTORS
from verify.core.subjects import digest


def changed(now, then=None):
    """The claims whose digest differs between two environments."""
    one, two = described(then or environment()), described(now)
    return {claim for claim in one if one[claim] != two.get(claim)}


def test_names():
    """An environment is named by its system and itself."""
    assert (environment().name, environment().id) == ("target", "shop/target")


def test_unknown_step_lists_the_steps():
    """The message helps to choose."""
    with pytest.raises(CutoverError, match="has no step '40'; steps: 10, 30, 100"):
        environment().step("40")


@pytest.mark.parametrize("name", sorted(SELECTORS))
def test_subjects_are_unique_and_sorted(name):
    """Ids are stable and in order."""
    found = [each.id for each in SELECTORS[name](environment())]
    assert found == sorted(set(found))


@pytest.mark.parametrize("name", ["endpoints", "errors", "routes", "datasets", "latency", "error_rate"])
def test_comparisons_need_a_baseline(name):
    """Without a baseline there is nothing to compare with, so nothing is asked."""
    assert SELECTORS[name](replace(environment(), baseline=None)) == ()


def test_mix_needs_something_to_ask():
    """Endpoints that write or weigh nothing make no mix."""
    writing = {"make": {"request": "POST /x", "writes": True}, "idle": {"request": "GET /x", "weight": 0}}
    assert SELECTORS["latency"](environment(endpoints=writing)) == ()


def test_digest_is_stable():
    """The same description has the same digests."""
    assert not changed(environment())


def test_an_edit_elsewhere_keeps_the_evidence():
    """Another endpoint's edit changes its own claim and the mix, nothing else."""
    endpoints = {"list": {"request": "GET /api/list"}, "item": {"request": "GET /api/item/2"}}
    assert changed(environment(endpoints=endpoints)) == {ITEM, LOAD, ERRORS}


@pytest.mark.parametrize(
    ("part", "value", "claims"),
    [
        ("health", {"request": "GET /healthz"}, {HEALTH}),
        ("datasets", {"users": {"key": ["id"], "except": ["seen_at"]}}, {USERS}),
        ("accepted", [acceptance("$.x")], {LIST}),
        ("objectives", {"latency": {"p50": {"max_ratio": 1.2}}, "error_rate": {"at_most": 0.5}}, {LOAD, ERRORS}),
        ("defaults", {"volatile": {"$.x": "any"}}, {HEALTH, LIST, ITEM, USERS, LOAD, ERRORS}),
        ("identities", {"ann": {"token": "${TOKEN}"}}, {HEALTH, LIST, ITEM, LOAD, ERRORS}),
        ("title", "x", set()),
        ("steps", [{"name": "10", "requires": ["health"]}], set()),
    ],
)
def test_what_a_claim_rests_on(part, value, claims):
    """An edit voids exactly the evidence that rests on it."""
    assert changed(environment(**{part: value})) == claims


@pytest.mark.parametrize(
    ("part", "value", "claims"),
    [
        ("urls", {"api": "${OTHER}"}, {HEALTH, LIST, ITEM, LOAD, ERRORS}),
        ("headers", {"x": "y"}, {HEALTH, LIST, ITEM, LOAD, ERRORS}),
        ("stores", {"main": {"kind": "json_file", "path": "${OTHER}"}}, {USERS}),
        ("load", {"allowed": True, "max_rate": 20}, {LOAD, ERRORS}),
        ("identity", {"request": "GET /", "header": "x", "equals": "y"}, {LOAD, ERRORS}),
        ("title", "x", set()),
    ],
)
def test_what_a_claim_rests_on_in_the_environment(part, value, claims):
    """Addresses, stores and permissions of a side."""
    assert changed(environment(file={part: value})) == claims


def test_both_sides_count():
    """An edit of the baseline's file voids evidence too."""
    place = environment()
    assert place.baseline is not None
    moved = replace(place.baseline, file=place.baseline.file.model_copy(update={"urls": {"api": "${X}"}}))
    assert changed(replace(place, baseline=moved)) == {HEALTH, LIST, ITEM, LOAD, ERRORS}


def test_digest_ignores_order_and_sees_kinds():
    """Key order is no change; 1, "1" and true are."""
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert len({digest(value) for value in (1, "1", True, None, 1.5, [1], {"1": 1})}) == 7
