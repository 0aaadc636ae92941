"""Mistakes in what a description says about records, told before anything is asked."""

from __future__ import annotations

import pytest

from tests.core.builders import environment
from verify.data_soundness import close_to, unsound_data

USERS = {"key": ["id"], "store": "main"}
ORDERS = {"key": ["id"], "store": "main"}
STATS = {"version": "v", "stats": "GET /stats", "expect": {"$.rate": 100}}


def mistakes(**system):
    """Every mistake, as place and words, of two sides that give a store `main` and a url `api`."""
    place = environment(**{"datasets": {"users": USERS, "orders": ORDERS}, **system})
    sides = {"candidate": place.file, "baseline": place.baseline.file}
    return [(".".join(map(str, where)), words) for where, words in unsound_data(place.system, sides)]


def users(**more):
    """The mistakes of one dataset."""
    return mistakes(datasets={"users": {**USERS, **more}})


def test_a_sound_description_has_none():
    """Everything that may be said at once, said right."""
    assert mistakes(
        datasets={"users": {**USERS, "columns": {"born": {"type": "date"}}, "dual_write": STATS}, "orders": ORDERS},
        discover={"all": {"store": "main"}},
        references={"user_of_order": {"from": "orders.user_id", "to": "users.id"}},
        backups={"old": {"dataset": "users", "store": "main", "key": {"PK": "USER#{id}"}}},
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ({"store": "mian"}, "datasets.users", "did you mean main?"),
        ({"columns": {"born": {"type": "dat"}}}, "datasets.users.columns.born.type", "dat"),
        ({"columns": {"n": {"tolerance": -1}}}, "datasets.users.columns.n.tolerance", "below 0"),
        ({"columns": {"n": {"tolerance": 1e300}}}, "datasets.users.columns.n.tolerance", "compares nothing"),
        ({"columns": {"a": {"trim": True}}, "except": ["a"]}, "datasets.users.except", "keep one"),
        ({"only": ["a"], "except": ["a"]}, "datasets.users.only", "at once"),
        ({"key": ["id", "id"]}, "datasets.users.key", "twice"),
        ({"key": [], "candidate": {"key": {"PK": "X#{id}"}}}, "datasets.users.candidate.key", "does not have"),
        ({"candidate": {"key": {"PK": "X#{uid}"}}}, "datasets.users.candidate.key.PK", "uid"),
        ({"dual_write": {**STATS, "version": "id"}}, "datasets.users.dual_write.version", "key"),
        ({"dual_write": {**STATS, "expect": {}}}, "datasets.users.dual_write.stats", "nothing is expected"),
        ({"dual_write": {**STATS, "stats": None}}, "datasets.users.dual_write.expect", "of no request"),
        ({"dual_write": {**STATS, "expect": {"rate": 1}}}, "datasets.users.dual_write.expect.rate", "not a JSONPath"),
        ({"dual_write": {**STATS, "url": "apj"}}, "datasets.users.dual_write.url", "did you mean api?"),
    ],
)
def test_a_mistake_in_a_dataset_is_told_with_its_place(more, place, words):
    """What would be compared wrongly, or not at all, is told when the file is read."""
    found = users(**more)
    assert [where for where, _ in found].count(place) >= 1, found
    assert any(words in told for where, told in found if where == place), found


@pytest.mark.parametrize(
    ("said", "place", "words"),
    [
        ({"discover": {"all": {"store": "mian"}}}, "discover.all", "did you mean main?"),
        ({"discover": {"users": {"store": "main"}}}, "discover.users", "dataset too"),
        ({"references": {"r": {"from": "order.user_id", "to": "users.id"}}}, "references.r.from", "did you mean orders?"),
        ({"references": {"r": {"from": "orders.a,b", "to": "users.id"}}}, "references.r", "more columns"),
        ({"references": {"r": {"from": "orders.a,", "to": "users.id,"}}}, "references.r", "without a name"),
        ({"backups": {"b": {"dataset": "user", "store": "main"}}}, "backups.b.dataset", "did you mean users?"),
        ({"backups": {"b": {"dataset": "users", "store": "mian"}}}, "backups.b.store", "did you mean main?"),
        (
            {"backups": {"b": {"dataset": "users", "store": "main", "key": {"PK": "U#{uid}"}}}},
            "backups.b.key.PK", "uid",
        ),
        (
            {"backups": {"b": {"dataset": "users", "store": "main", "columns": {"born": {"type": "dat"}}}}},
            "backups.b.columns.born.type", "dat",
        ),
    ],
)  # fmt: skip
def test_a_mistake_elsewhere_is_told_with_its_place(said, place, words):
    """Names that lead nowhere, and rules nobody could follow."""
    found = mistakes(**said)
    assert any(where == place and words in told for where, told in found), found


def test_one_side_alone_may_lack_stores():
    """Loaded for itself, the baseline's file need not give what only the candidate has."""
    place = environment(datasets={"users": {**USERS, "store": "other", "dual_write": {**STATS, "url": "apj"}}})
    assert list(unsound_data(place.system, {"candidate": place.file})) == []


@pytest.mark.parametrize(
    ("word", "names", "told"),
    [("mian", ["main", "x"], "did you mean main?"), ("zzz", ["b", "a"], "known: a, b"), ("x", [], "none is declared")],
)
def test_the_nearest_name_is_proposed(word, names, told):
    """One close name, or all there are."""
    assert told in close_to(word, names)


@pytest.mark.parametrize(
    ("dataset", "backup"),
    [
        ({}, {}), ({}, {"collection": "users"}), ({"collection": "people"}, {}), ({}, {"of": "candidate"}),
        ({"candidate": {"collection": "people"}}, {"collection": "people"}),
        ({"baseline": {"key": {"PK": "U#{id}"}}}, {"key": {"id": "{id}"}, "of": "candidate"}),
    ],
)  # fmt: skip
def test_live_data_is_no_backup(dataset, backup):
    """A side's own store and collection as the copy would agree with itself; another place or key is a copy."""
    said = {
        "datasets": {"users": {**USERS, **dataset}},
        "backups": {"b": {"dataset": "users", "store": "main", **backup}},
    }
    found = mistakes(**said)
    if dataset.get("baseline"):
        assert found == []
        return
    assert [place for place, _ in found] == ["backups.b.store"]
    assert "is the live data itself on the candidate" in found[0][1]
    said["backups"]["b"]["collection"] = "copied"
    assert mistakes(**said) == []
