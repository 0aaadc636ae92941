"""Mistakes that only the files together show."""

from __future__ import annotations

import pytest

from tests.core.builders import SYSTEM, acceptance, environment, waiver
from verify.core.model import EnvironmentFile, SystemFile
from verify.positions import Document
from verify.soundness import unsound


def problems(*, file=None, baseline=None, stores=None, **system):
    """The messages, each after its path."""
    described = SystemFile.model_validate({**SYSTEM, **system})
    base = environment()
    assert base.baseline is not None
    one = {**base.file.model_dump(mode="json"), **(file or {})}
    two = {**base.baseline.file.model_dump(mode="json"), **(baseline or {})}
    documents = {
        name: Document(file=f"{name}.yaml", data={}, lines={}, mistakes=())
        for name in ("system", "candidate", "baseline")
    }
    found = unsound(
        described, EnvironmentFile.model_validate(one), EnvironmentFile.model_validate(two), documents, stores=stores
    )
    return [f"{each.file}: {each.path}: {each.message}" for each in found]


def test_a_sound_description_has_none():
    """The builder's environment is sound."""
    assert problems() == []


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (
            {"endpoints": {"a": {"request": "GET /a", "as": "bob"}}},
            "endpoints.a.as: no identity is called 'bob'; none is declared",
        ),
        ({"endpoints": {"a": {"request": "POST /a"}}}, "endpoints.a.request: changes state; say writes: true"),
        (
            {"endpoints": {"a": {"request": "GET /a", "url": "apii"}}},
            "asks url 'apii', which target.yaml does not give; did you mean api?",
        ),
        ({"health": {"request": "GET /", "url": "x"}}, "health: asks url 'x'"),
        ({"routes": {"paths": ["/"], "url": "x"}}, "routes: asks url 'x'"),
        (
            {"errors": {"e": {"request": "GET /", "kind": "missing", "status": 404, "url": "x"}}},
            "errors.e: asks url 'x'",
        ),
        ({"identities": {"i": {"login": {"request": "POST /l", "url": "x"}}}}, "identities.i: asks url 'x'"),
        (
            {"identities": {"i": {"login": {"request": "POST /l", "token": "$["}}}},
            "identities.i.login.token: '$[' is not a JSONPath",
        ),
        (
            {"datasets": {"d": {"key": ["id"], "store": "x"}}},
            "datasets.d: lives in store 'x', which target.yaml does not give",
        ),
        ({"defaults": {"volatile": {"a b": "any"}}}, "is not a JSONPath"),
        ({"defaults": {"personal": ["$["]}}, "is not a JSONPath"),
        (
            {"endpoints": {"a": {"request": "GET /a", "compare": {"tolerance": {"nope": 1.0}}}}},
            "'nope' is not a JSONPath",
        ),
        ({"endpoints": {"a": {"request": "GET /a", "compare": {"tolerance": {"$.x": -1.0}}}}}, "is below 0"),
        ({"endpoints": {"a": {"request": "GET /a", "compare": {"tolerance": {"$.x": 1e300}}}}}, "compares nothing"),
        (
            {"endpoints": {"a": {"request": "GET /a", "compare": {"tolerance": {"$.x": 2.0**53}}}}},
            "leave the field out",
        ),
        (
            {"steps": [{"name": "1", "requires": ["health"]}, {"name": "1", "requires": ["health"]}]},
            "step '1' is said twice",
        ),
        ({"steps": [{"name": "1", "requires": ["health"], "deferred": ["health"]}]}, "cannot be required and deferred"),
        (
            {
                "steps": [
                    {"name": "2", "percent": 20.0, "requires": ["health"]},
                    {"name": "1", "percent": 10.0, "requires": ["health"]},
                ]
            },
            "10 is below 20",
        ),
    ],
)
def test_names_that_lead_nowhere(system, said):
    """Each is one mistake at its place."""
    found = problems(**system)
    assert any(said in each for each in found), found


@pytest.mark.parametrize("url", ["ftp://x", "x.test", "//x.test", ""])
def test_addresses(url):
    """A literal url is http or https."""
    assert any("is not an address" in each for each in problems(file={"urls": {"api": url}}))


@pytest.mark.parametrize(
    "check",
    [
        "consistency.records",
        "consistency.count",
        "consistency.dual_write",
        "consistency.references",
        "success.data_loss",
    ],
)
def test_data_loss_cannot_be_waived(check):
    """Some claims nobody may wave through."""
    assert any("cannot be waived" in each for each in problems(file={"waived": [waiver(check, "dataset/users")]}))
    assert problems(file={"waived": [waiver("parity.endpoint", "endpoint/list")]}) == []


def test_one_address_on_both_sides_compares_with_itself():
    """The same url on both sides makes everything equal."""
    same = {"urls": {"api": "${ONE_URL}"}}
    assert any("candidate.yaml: urls.api: " in each and "itself" in each for each in problems(file=same, baseline=same))


def test_one_store_on_both_sides_is_shared_or_a_mistake():
    """Data that moved cannot be in the same place; shared data must be."""
    same = {"stores": {name: {"kind": "postgres", "dsn": "${ONE}"} for name in ("main", "records")}}
    assert problems(file=same, baseline=same, data={"records": "shared"}) == []
    found = problems(file=same, baseline=same, data={"records": "moved"})
    assert any("datasets.users: " in each and "itself" in each for each in found), found
    placed = {"users": {"key": ["id"], "candidate": {"collection": "users2"}}}
    assert problems(file=same, baseline=same, data={"main": "dual-write"}, datasets=placed) == []


def test_a_misspelt_store_under_data_is_a_mistake():
    """A name that is nearly a store's would leave that store's claims out; another one may be a store of another kind."""
    assert problems(data={"recods": "shared"}) == [
        "system.yaml: data.recods: no store is called 'recods'; did you mean records?"
    ]
    for other in ("queue", "mail", "main2"):
        assert problems(data={"main": "replicated", other: "replicated"}) == []


def test_identity_must_tell_the_sides_apart():
    """Equal proofs on both sides prove nothing."""
    proof = {"request": "GET /", "header": "x-platform", "equals": "x"}
    found = problems(file={"identity": proof}, baseline={"identity": proof})
    assert any("candidate.yaml: identity.equals: " in each for each in found)
    assert problems(file={"identity": proof}, baseline={"identity": {**proof, "equals": "y"}}) == []


def test_identity_asks_a_known_url():
    """Like everything else."""
    proof = {"request": "GET /", "header": "x", "equals": "x", "url": "apo"}
    assert any("no url is called 'apo'; did you mean api?" in each for each in problems(file={"identity": proof}))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"check": "consistency.count", "subject": "dataset/users"}, "cannot be accepted"),
        ({"check": "health.identity", "subject": "health/main"}, "cannot be accepted"),
        ({"check": "consistency.records", "subject": "dataset/users", "candidate": "x"}, "name both values"),
        ({"subject": "endpoint/lisst"}, "nothing is called 'endpoint/lisst'; did you mean endpoint/list?"),
    ],
)
def test_acceptances_cover_one_known_difference(said, words):
    """Never data loss, never any value of a record, never a subject that does not exist."""
    found = problems(accepted=[acceptance("$.x") | said])
    assert any(words in each for each in found), found


def test_sound_acceptances_and_waivers():
    """Of known subjects, with both values where records are concerned."""
    records = {"check": "consistency.records", "subject": "dataset/users", "baseline": "a", "candidate": None}
    assert problems(accepted=[acceptance("$.x"), acceptance("$.y") | records]) == []
    assert any(
        "nothing is called 'dataset/user'" in each
        for each in problems(file={"waived": [waiver("parity.schema", "dataset/user")]})
    )
