"""The stores of both sides as checks ask them: which side is asked, and what happens when one is missing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest

from tests.core.builders import environment
from tests.stored import Memory, Tables
from verify import opening
from verify.core.references import Resolver
from verify.core.replies import Reply
from verify.core.secrets import Mask
from verify.core.selectors import SELECTORS
from verify.core.structures import SequenceState, Structure
from verify.core.subjects import Subject
from verify.core.verdicts import Answer, Cause, Problem, Verdict
from verify.datasets import LiveDatasets

ROWS = [{"id": 1, "v": 3, "user": 1}, {"id": 2, "v": 5, "user": 1}]
RECHECK = {"within": "1ms", "every": "1ms"}
WRITTEN = {"version": "v", "stats": "GET /stats", "expect": {"$.rate": 100}}


@dataclass
class World:
    """The stores by `side name`, what the application answers, and the description."""

    stores: dict[str, Memory] = field(default_factory=dict)
    said: Answer | Problem | None = None
    system: dict[str, object] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=lambda: {"TARGET_FILE": "t", "ORIGIN_FILE": "o"})
    alone: bool = False

    def asked(self, question, selector, name):
        """The conclusion about one subject."""
        users = {"key": ["id"], "store": "main", "recheck": RECHECK}
        found = environment(**{"datasets": {"users": users}, "data": {}, **self.system})
        place = found.baseline if self.alone else found
        sides = [SimpleNamespace(environment=each, exchange=self._exchange) if each else None
                 for each in (place, place.baseline)]  # fmt: skip
        resolver = Resolver(self.values, mask=Mask(), remedy="export it")
        trial = SimpleNamespace(environment=place, candidate=sides[0], baseline=sides[1], values=self.values,
                                resolver=resolver, conceal=lambda _: "hash:x")  # fmt: skip
        (subject,) = [each for each in SELECTORS[selector](place) if each.name == name]
        with LiveDatasets(trial, seed=1) as live:
            return getattr(live, question)(subject)

    def _exchange(self, request, *, url, deadline):
        assert (request, url, deadline > 0) == ("GET /stats", "api", True)
        return self.said


@pytest.fixture
def world(monkeypatch):
    """Both sides hold the same users."""
    found = World({f"{side} main": Tables(f"{side} main", {"users": ROWS}) for side in ("baseline", "candidate")})
    monkeypatch.setattr(opening, "open_store", lambda *_, source, **__: found.stores[source])
    return found


@pytest.mark.parametrize("question", ["count", "compare", "keys"])
def test_equal_sides_pass_and_unequal_fail(world, question):
    """Each question is asked of both sides' own stores."""
    assert world.asked(question, "datasets", "users").verdict is Verdict.PASS
    world.stores["candidate main"].holds = {"users": ROWS[:1]}
    assert world.asked(question, "datasets", "users").verdict is Verdict.FAIL


@pytest.mark.parametrize("question", ["count", "compare", "keys", "schema", "indexes", "sequences", "mapping"])
def test_a_variable_without_value_is_nobody_s_wrong_answer(world, question):
    """It is named, and nothing is concluded."""
    world.values = {"TARGET_FILE": "t"}
    found = world.asked(question, "datasets", "users")
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NOT_PERMITTED)
    assert "ORIGIN_FILE" in found.summary


def test_a_sequence_that_only_the_baseline_has_is_missed(world):
    """Numbers that the baseline hands out must be handed out by the candidate, too."""
    world.stores["baseline main"].numbers = {"users": [
        SequenceState(name="s", column="id", next=3, increment=1, highest=2)
    ]}  # fmt: skip
    assert world.asked("sequences", "datasets", "users").verdict is Verdict.FAIL


def test_discovered_collections_are_compared(world):
    """What both catalogues list is asked like what is declared."""
    world.system = {"discover": {"all": {"store": "main"}}}
    assert world.asked("compare", "datasets", "all").verdict is Verdict.PASS
    world.stores["candidate main"].holds = {"users": ROWS[:1]}
    for question in ("compare", "count"):
        assert world.asked(question, "datasets", "all").verdict is Verdict.FAIL


def test_discovered_collections_are_asked_what_they_are_made_of(world):
    """Structure, indexes and numbers, of every one of them."""
    world.system = {"discover": {"all": {"store": "main"}}}
    one, other = (world.stores[f"{side} main"] for side in ("baseline", "candidate"))
    indexed = Structure(kind="table", columns={"id": {}}, indexes={"i": {"columns": ["id"]}})
    one.made = other.made = {"users": indexed}
    for question in ("schema", "indexes", "sequences"):
        assert world.asked(question, "datasets", "all").verdict is Verdict.PASS, question
    other.made = {"users": replace(indexed, indexes={})}
    other.numbers = {"users": [SequenceState(name="s", column="id", next=1, increment=1, highest=2)]}
    assert world.asked("schema", "datasets", "all").verdict is Verdict.PASS
    for question in ("indexes", "sequences"):
        assert world.asked(question, "datasets", "all").verdict is Verdict.FAIL, question


REFERENCE = {"references": {"r": {"from": "users.user", "to": "users.id"}}}


def test_references_are_asked_of_the_side_on_trial(world):
    """The candidate's orphans are a FAIL, the baseline's are not."""
    world.system = REFERENCE
    assert world.asked("reference", "references", "r").verdict is Verdict.PASS
    orphan = {"users": [*ROWS, {"id": 3, "user": 9}]}
    world.stores["baseline main"].holds = orphan
    assert world.asked("reference", "references", "r").verdict is Verdict.PASS
    world.stores["candidate main"].holds = orphan
    found = world.asked("reference", "references", "r")
    assert found.verdict is Verdict.FAIL
    assert "baseline: 1 name nothing" in found.receipt


def test_the_baseline_on_trial_is_asked_itself(world):
    """Alone it is the candidate of nobody, and its own references are judged."""
    world.system, world.alone = REFERENCE, True
    assert world.asked("reference", "references", "r").verdict is Verdict.PASS
    world.stores["candidate main"].holds = {"users": [*ROWS, {"id": 3, "user": 9}]}
    assert world.asked("reference", "references", "r").verdict is Verdict.FAIL


def test_a_backup_is_compared_with_what_it_was_made_of(world):
    """`of` decides which side."""
    world.stores["candidate main"].holds = {"users": ROWS[:1]}
    backup = {"dataset": "users", "store": "main", "collection": "old"}
    world.stores["candidate main"].holds = {"users": ROWS[:1], "old": ROWS}
    for of, verdict in (("baseline", Verdict.PASS), ("candidate", Verdict.FAIL)):
        world.system = {"backups": {"b": {**backup, "of": of}}}
        assert world.asked("backup", "backups", "b").verdict is verdict


def test_a_backup_in_a_store_that_nobody_gives_is_not_permitted(world):
    """There is nothing to ask."""
    world.system = {"backups": {"b": {"dataset": "users", "store": "elsewhere"}}}
    assert world.asked("backup", "backups", "b").cause is Cause.NOT_PERMITTED


def test_a_shared_store_must_be_one(world):
    """What both call themselves decides; a side that cannot tell leaves it open."""
    world.system = {"data": {"main": "shared"}}
    assert world.asked("same_store", "shared_stores", "main").verdict is Verdict.PASS
    world.stores["candidate main"].at = "elsewhere"
    assert world.asked("same_store", "shared_stores", "main").verdict is Verdict.FAIL
    world.stores["candidate main"] = Memory("candidate main")
    assert world.asked("same_store", "shared_stores", "main").verdict is Verdict.INCONCLUSIVE


def reply(status, body):
    """What the application says about its writes."""
    return Answer(source="candidate target", value=Reply(status=status, body=body, headers=()))


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (reply(200, b'{"rate": 100}'), Verdict.PASS),
        (reply(200, b'{"rate": 99}'), Verdict.FAIL),
        (reply(200, b'{"other": 100}'), Verdict.FAIL),
        (reply(200, b"<html>"), Verdict.INCONCLUSIVE),
        (reply(500, b"<html>"), Verdict.INCONCLUSIVE),
        (reply(500, b'{"rate": 100}'), Verdict.INCONCLUSIVE),
        (reply(404, b'{"rate": 100}'), Verdict.INCONCLUSIVE),
        (Problem(source="candidate target", reason="refused"), Verdict.INCONCLUSIVE),
    ],
)
def test_statistics_count_only_when_they_are_an_answer(world, said, verdict):
    """An error page that happens to hold the right number says nothing about writes."""
    users = {"key": ["id"], "store": "main", "recheck": RECHECK, "dual_write": WRITTEN}
    world.system, world.said = {"datasets": {"users": users}}, said
    assert world.asked("dual_write", "dual_written", "users").verdict is verdict


def test_subjects_keep_their_ids():
    """What a check is asked about is named by noun and name."""
    assert Subject(noun="dataset", name="users", spec=environment().datasets["users"]).id == "dataset/users"
