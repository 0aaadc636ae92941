"""Recordings that leave out what a claim about the mix is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.preparing import mix, never_asked
from loadtests.session import Case, Choices
from tests.loadtests.test_preparing import recording
from verify.core.subjects import Environment
from verify.loading import load_environment


@pytest.fixture(scope="module")
def lightsail() -> Environment:
    """An environment with a mix."""
    return load_environment("lightsail")


def test_what_a_recording_never_asks_is_named(lightsail: Environment, tmp_path: Path) -> None:
    """By name, whatever record or page of it would have been asked."""
    found = never_asked(lightsail, recording(tmp_path, *[("/health", 200)] * 3))
    assert set(found) == set(mix(lightsail))
    name, endpoint = next(each for each in mix(lightsail).items() if each[1].request == "GET /api/products/17")
    left = never_asked(lightsail, recording(tmp_path, *[("/api/products/99", 200)] * 3))
    assert name not in left
    assert set(left) | {name} >= set(found)
    assert endpoint.weight


def test_receipts_say_what_was_never_asked(tmp_path: Path) -> None:
    """A PASS of the mix that a replay of one path gave would look like any other."""
    case = Case(
        terms=None, prepare=None, begin=None, apart=None, recording=recording(tmp_path, *[("/health", 200)] * 3),  # type: ignore[arg-type]
        unasked=("get_product", "list_products"),
    )  # fmt: skip
    said = case.about(Choices(rate=1, duration=1, seed=1))
    assert said.startswith("replay of access.log")
    assert said.endswith("never asked of the declared mix: get_product, list_products")
