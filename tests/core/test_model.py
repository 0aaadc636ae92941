"""What the YAML files may say."""

from __future__ import annotations

import contextlib

import pytest
from pydantic import ValidationError

from tests.core.builders import SYSTEM, acceptance, waiver
from verify.core.model import (
    Accepted,
    Defaults,
    Endpoint,
    EnvironmentFile,
    ErrorProbe,
    ErrorRate,
    Health,
    Identity,
    Latency,
    Proof,
    QuantileLimit,
    Spec,
    Step,
    SystemFile,
    Waiver,
)


def test_the_whole_reads_and_is_frozen():
    """A description cannot change after it was read."""
    system = SystemFile.model_validate(SYSTEM)
    with pytest.raises(ValidationError, match="frozen"):
        system.title = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    "kind",
    sorted(
        (each for each in Spec.__subclasses__() if each.__module__ == SystemFile.__module__),
        key=lambda each: each.__name__,
    ),
)
def test_no_part_lets_an_unknown_key_in(kind):
    """A misspelt key is a mistake, never ignored."""
    with pytest.raises(ValidationError) as error:
        kind.model_validate({"no_such_key": 1})
    assert any(each["type"] == "extra_forbidden" for each in error.value.errors())


@pytest.mark.parametrize("ratio", [1.0, 0.9, 10.5, "1.1", True, float("inf")])
def test_a_ratio_needs_a_margin(ratio):
    """`At least equal` can only be shown with a margin, so 1.00 is refused."""
    with pytest.raises(ValidationError):
        QuantileLimit.model_validate({"max_ratio": ratio})


def test_latency_without_a_quantile_is_refused():
    """A promise without a number is none."""
    with pytest.raises(ValidationError, match="name at least one"):
        Latency.model_validate({"plan": "fast"})


@pytest.mark.parametrize("said", [{}, {"token": "x", "login": {"request": "POST /login"}}])
def test_identity_says_one_way(said):
    """A login or a token, not both, not none."""
    with pytest.raises(ValidationError, match="exactly one"):
        Identity.model_validate(said)


@pytest.mark.parametrize("said", [{}, {"header": "x", "field": "$.x"}])
def test_proof_says_one_place(said):
    """A header or a field."""
    with pytest.raises(ValidationError, match="exactly one"):
        Proof.model_validate({"request": "GET /", "equals": "x", **said})


@pytest.mark.parametrize(
    "said", [{"requires": []}, {"requires": ["healt"]}, {"percent": 101.0}, {"percent": -1.0}, {"percent": True}]
)
def test_steps_require_known_families(said):
    """A step that requires nothing, or something unknown, is refused."""
    with pytest.raises(ValidationError):
        Step.model_validate({"name": "10", "requires": ["health"], **said})


@pytest.mark.parametrize("part", ["reason", "owner", "approved_by", "until"])
def test_exceptions_are_signed_and_dated(part):
    """Waivers and acceptances need somebody who answers for them, and an end."""
    for kind, said in ((Waiver, waiver("a.b", "c/d")), (Accepted, acceptance("$.x"))):
        with pytest.raises(ValidationError):
            kind.model_validate({name: value for name, value in said.items() if name != part})
        if part != "until":
            with pytest.raises(ValidationError):
                kind.model_validate({**said, part: ""})


def test_defaults_are_what_they_say():
    """Default durations are read like declared ones."""
    assert Defaults().timeout.total_seconds() == 10
    assert Health.model_validate({"request": "GET /"}).interval.total_seconds() == 30


@pytest.mark.parametrize(
    ("at_most", "margin", "refused"), [(100.0, 100.0, True), (100.0, 0.5, False), (0.5, 100.0, False)]
)
def test_an_error_rate_that_nothing_could_exceed_is_refused(at_most, margin, refused):
    """Every request may fail, and be as much worse as can be: that is no promise; one of the two limits is."""
    expected = pytest.raises(ValidationError, match="every request to fail") if refused else contextlib.nullcontext()
    with expected:
        ErrorRate.model_validate({"at_most": at_most, "margin": margin})


@pytest.mark.parametrize("threshold", [0, -1, 1.0, True])
def test_health_is_asked_at_least_once(threshold):
    """A threshold of zero would pass without asking."""
    with pytest.raises(ValidationError):
        Health.model_validate({"request": "GET /", "healthy_threshold": threshold})


@pytest.mark.parametrize("minimum", [0, -1, 1.5])
def test_a_dataset_expects_at_least_one_record(minimum):
    """An empty dataset never passes, so zero cannot be declared."""
    with pytest.raises(ValidationError):
        SystemFile.model_validate({"system": "x", "datasets": {"a": {"key": ["id"], "minimum": minimum}}})


def test_stores_keep_what_only_their_kind_knows():
    """Options pass through unresolved."""
    file = EnvironmentFile.model_validate(
        {"environment": "x", "stores": {"main": {"kind": "postgres", "dsn": "${DSN}"}}}
    )
    assert file.stores["main"].options == {"dsn": "${DSN}"}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Defaults, {}),
        (Endpoint, {"request": "GET /"}),
        (ErrorProbe, {"request": "GET /", "kind": "missing", "status": 404}),
        (Health, {"request": "GET /"}),
    ],
)
def test_a_request_without_time_to_answer_is_refused(kind, said):
    """A deadline of nothing would make every side silent."""
    with pytest.raises(ValidationError, match="no answer can come within no time"):
        kind.model_validate({**said, "timeout": "0s"})
