"""The gate: what softens the proof from the beginning is told once, in the decision that first lets traffic in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import SYSTEM, acceptance, ask, entered, environment, green, waiver, world
from tests.core.questions import HOLD, MINUTE, reasons
from verify.core.commitments import commitments
from verify.core.model import Defaults

START = "in force from the start: "


def told(place, *runs, chain=()):
    """What a decision about step 10 lists as in force from the start."""
    notes = ask(place, "10", world(*runs, chain=chain)).notes
    return [each.removeprefix(START) for each in notes if each.startswith(START)]


def endpoint(**compare):
    """The endpoints, one of them compared so."""
    return {"endpoints": {**SYSTEM["endpoints"], "list": {"request": "GET /api/list", "compare": compare}}}


def users(**said):
    """The dataset with softer rules."""
    return {"datasets": {"users": {**SYSTEM["datasets"]["users"], **said}}}


def step(**said):
    """The first step with more said."""
    return {"steps": [{**SYSTEM["steps"][0], **said}, *SYSTEM["steps"][1:]]}


SOFT = [
    (endpoint(volatile={"$.at": "any"}), "softening endpoint/list: volatile ($.at: any)"),
    (endpoint(tolerance={"$.n": 0.5}), "softening endpoint/list: tolerance ($.n: 0.5)"),
    (endpoint(headers=[]), "softening endpoint/list: headers: none"),
    ({"defaults": {"volatile": {"$.at": "any"}}}, "softening defaults: volatile ($.at: any)"),
    ({"defaults": {"headers": ["allow"]}}, "softening defaults: headers: allow"),
    (
        {"errors": {"no": {"request": "GET /no", "kind": "missing", "status": 404, "compare": {"headers": []}}}},
        "softening error/no: headers: none",
    ),
    (users(columns={"n": {"tolerance": 2.0}}), "softening dataset/users: columns (n (tolerance: 2.0))"),
    (users(recheck={"within": "5m"}), "softening dataset/users: recheck (every: 1s, within: 5m)"),
    (users(**{"except": ["secret"]}), "left out dataset/users: except: secret"),
    (
        {"discover": {"rest": {"store": "main", "except": ["logs"]}}},
        "left out discover/rest: except: logs",
    ),
    (step(fresh={"parity": "7d"}), "step 10 fresh: parity: 7d"),
    (step(on_fail={"parity": "hold"}), "step 10 on_fail: parity: hold"),
    (
        {"waived": [waiver("parity.endpoint", "endpoint/list")]},
        "waived parity.endpoint endpoint/list: until 2026-05-30: known",
    ),
    (
        {"accepted": [acceptance("$.x", candidate=2)]},
        "accepted parity.endpoint endpoint/list $.x: until 2026-05-30: known; candidate 2",
    ),
]


@pytest.mark.parametrize(("said", "words"), SOFT, ids=[words for _, words in SOFT])
def test_what_softens_from_the_start_is_told_by_the_first_decision(said, words):
    """Every rule that makes a PASS easier, with what it says; it stands in the reasons too."""
    place = environment(**said)
    assert told(place, green()) == [words]
    assert START + words in reasons(ask(place, "10", world(green())))


@pytest.mark.parametrize(
    "said",
    [
        {},
        step(fresh={"parity": "12h", "health": "10m", "default": "24h"}),
        step(on_fail={"load": "roll-back"}),
        users(columns={"n": {"candidate": "number"}}),
        endpoint(headers=[*Defaults().headers, "Vary"]),
        {"defaults": {"headers": ["Content-Type", *Defaults().headers[1:]]}},
    ],
)
def test_what_softens_nothing_is_not_told(said):
    """Defaults, stricter spans and other names of a column."""
    assert told(environment(**said), green()) == []


def test_it_is_told_until_traffic_was_let_in_in_its_sight():
    """A first HOLD does not hide it from the ADVANCE that follows; after that only changes are told."""
    place = environment(**endpoint(volatile={"$.at": "any"}))
    held = replace(ask(place, "10", world()), decided_at=entered().decided_at)
    assert held.action is HOLD
    assert len(told(place, green(), chain=[held])) == 1
    let = entered(commitments=held.commitments, at=held.decided_at + MINUTE)
    assert told(place, green(), chain=[held, let]) == []


@pytest.mark.parametrize(
    ("more", "listed"),
    [
        ({}, False),
        ({"compare": {"volatile": {"$.at": "any"}}}, True),
        ({"compare": {"headers": []}}, True),
    ],
)
def test_an_endpoint_that_came_without_softening_is_no_change_of_a_promise(more, listed):
    """More is asked then; what came with a softening is listed with it."""
    before = entered(commitments=commitments(environment()))
    endpoints = {**SYSTEM["endpoints"], "new": {"request": "GET /new", **more}}
    now = ask(environment(endpoints=endpoints), "10", world(green(), chain=[before]))
    assert any("softening endpoint/new" in each for each in now.changed) is listed


def test_a_dataset_that_came_without_softening_is_no_change_of_a_promise():
    """Its own minimum is told, and nothing that it does not soften or leave out."""
    before = entered(commitments=commitments(environment()))
    datasets = {**SYSTEM["datasets"], "orders": {"key": ["id"], "store": "main"}}
    now = ask(environment(datasets=datasets), "10", world(green(), chain=[before]))
    assert not [each for each in now.changed if each.startswith(("softening ", "left out "))]
    gone = ask(environment(datasets={}), "10", world(green(), chain=[before]))
    assert [each for each in gone.changed if each.startswith("left out dataset/users")]


def test_what_came_after_the_first_decision_is_a_change():
    """Told once, as changed, and not as if it had been there."""
    held = replace(ask(environment(), "10", world()), decided_at=entered().decided_at)
    place = environment(**endpoint(volatile={"$.at": "any"}))
    assert told(place, green(), chain=[held]) == []
    assert any("softening endpoint/list" in each for each in ask(place, "10", world(green(), chain=[held])).changed)
