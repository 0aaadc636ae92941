"""What each kind of check is asked about; what nobody is asked about cannot fail."""

from __future__ import annotations

import pytest

from tests.core.builders import environment
from verify.core import selectors
from verify.core.datasets import Dataset
from verify.core.selectors import SELECTORS, is_shared, kinds

KINDS = {
    "pg": {"kind": "postgres", "dsn": "postgresql:///x"},
    "my": {"kind": "mysql", "dsn": "mysql://127.0.0.1/x"},
    "dy": {"kind": "dynamodb", "region": "eu-west-1"},
    "os": {"kind": "opensearch", "url": "http://127.0.0.1"},
    "js": {"kind": "json_file", "path": "x"},
    "s3": {"kind": "s3", "bucket": "x"},
}


def place(datasets, *, data=None, alone=False, stores=KINDS, baseline=None, **system):
    """An environment whose sides both give a store of every kind."""
    found = environment(datasets=datasets, data=data or {}, file={"stores": stores}, **system)
    origin = found.baseline.file.model_copy(update={"stores": found.file.model_validate(
        {"environment": "origin", "urls": {}, "stores": baseline or stores}
    ).stores})  # fmt: skip
    file = type(found.baseline)(system=found.system, file=origin, path="origin.yaml")
    return type(found)(system=found.system, file=found.file, path="target.yaml", baseline=None if alone else file)


def names(selector, found):
    """The names of the subjects."""
    return [each.name for each in SELECTORS[selector](found)]


def between(baseline, candidate, **more):
    """A dataset kept in these two stores."""
    return {"key": ["id"], "baseline": {"store": baseline}, "candidate": {"store": candidate}, **more}


PAIRS = {f"{one}_{other}": between(one, other) for one in KINDS for other in KINDS}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("datasets", sorted(PAIRS)),
        ("keyed", sorted(PAIRS)),
        ("recorded", sorted(PAIRS.keys() - {"s3_s3"})),
        ("stored_objects", ["s3_s3"]),
        ("structured", ["dy_dy", "my_my", "pg_pg"]),
        ("indexed", ["dy_dy", "my_my", "pg_pg"]),
        ("numbered", sorted(f"{one}_{other}" for one in KINDS for other in ("pg", "my"))),
        ("mapped", sorted(f"{one}_os" for one in KINDS)),
    ],
)
def test_the_kinds_of_both_stores_decide(selector, expected):
    """Each check is asked of exactly the pairs it can say something about."""
    assert names(selector, place(PAIRS)) == expected


def test_no_record_is_compared_by_nobody():
    """What consistency.records leaves to consistency.objects is asked there."""
    found = place({**PAIRS, "rows": between("s3", "s3")})
    asked = {*names("recorded", found), *names("stored_objects", found)}
    assert asked == set(names("datasets", found))


def test_records_inside_objects_are_records():
    """A bucket whose objects are files of records is compared by record."""
    stores = {**KINDS, "s3": {**KINDS["s3"], "contents": "json"}}
    for sides in ({"stores": stores}, {"baseline": stores}):
        found = place({"rows": between("s3", "s3")}, **sides)
        assert names("stored_objects", found) == []
        assert names("recorded", found) == ["rows"]


@pytest.mark.parametrize(("selector", "expect"), [
    ("structured", {"columns": {"id": "bigint"}}), ("indexed", {"indexes": [["id"]]}),
])  # fmt: skip
def test_what_is_expected_is_asked_wherever_it_is(selector, expect):
    """Declared columns and indexes are judged whatever the baseline is."""
    found = place({"a": between("js", "pg", expect=expect), "b": between("js", "pg")})
    assert names(selector, found) == ["a"]


def test_a_dataset_without_key_has_no_keys_to_compare():
    """Everything else is asked of it."""
    found = place({"events": {"key": [], "store": "pg"}})
    assert names("keyed", found) == []
    assert names("recorded", found) == ["events"]


def test_without_a_baseline_nothing_is_compared():
    """The baseline itself is asked about references alone."""
    found = place(
        {"a": between("pg", "pg", dual_write={"version": "v"})}, alone=True, data={"js": "shared"},
        references={"r": {"from": "a.b", "to": "a.id"}}, backups={"c": {"dataset": "a", "store": "js"}},
        discover={"all": {"store": "pg"}},
    )  # fmt: skip
    silent = ("datasets", "recorded", "keyed", "structured", "indexed", "numbered", "mapped", "stored_objects",
              "dual_written", "backups", "shared_stores")  # fmt: skip
    assert [name for name in silent if names(name, found)] == []
    assert names("references", found) == ["r"]


def test_discovered_datasets_are_counted_and_compared():
    """They come after the declared ones, under a noun of their own."""
    found = place({"a": between("pg", "pg")}, discover={"all": {"store": "pg"}})
    ids = [each.id for each in SELECTORS["recorded"](found)]
    assert ids == ["dataset/a", "discovered/all"]
    assert [each.id for each in SELECTORS["datasets"](found)] == ids


def test_discovered_datasets_are_asked_what_they_are_made_of():
    """Where both stores are of one kind that knows it; numbers are asked of the candidate, search indexes of themselves."""
    for kind, checks in (
        ("pg", ["structured", "indexed", "numbered"]), ("my", ["structured", "indexed", "numbered"]),
        ("dy", ["structured", "indexed"]), ("os", ["mapped"]), ("js", []),
    ):  # fmt: skip
        found = place({}, discover={"all": {"store": kind}})
        asked = [each for each in ("structured", "indexed", "numbered", "mapped", "keyed") if names(each, found)]
        assert asked == checks, kind


def test_a_shared_store_is_not_compared_with_itself():
    """Both addresses are asked whether they are one store, and its datasets are not compared."""
    found = place({"a": {"key": ["id"], "store": "pg"}, "b": {"key": ["id"], "store": "my"}}, data={"pg": "shared"})
    assert names("datasets", found) == ["b"]
    assert names("shared_stores", found) == ["pg"]


def test_two_shared_stores_are_compared_with_each_other():
    """A search index that both sides share must hold what the database that both sides share holds."""
    found = place({"a": between("pg", "os")}, data={"pg": "shared", "os": "shared"})
    assert names("datasets", found) == ["a"]


def test_two_collections_of_a_shared_store_are_compared():
    """A table and the one that will replace it are two, wherever they lie."""
    moved = {"key": ["id"], "store": "pg", "candidate": {"collection": "b"}}
    assert names("datasets", place({"a": moved}, data={"pg": "shared"})) == ["a"]


def test_one_shared_side_is_compared():
    """Only what lies in one store on both sides would agree with itself."""
    found = place({"a": between("pg", "os")}, data={"pg": "shared"})
    assert names("datasets", found) == ["a"]
    assert not is_shared(found, found.datasets["a"])


def test_a_shared_store_that_one_side_does_not_name_is_not_asked():
    """There is nothing to ask; that its datasets live nowhere is a mistake of the file."""
    found = place({}, data={"pg": "shared"}, baseline={"js": KINDS["js"]})
    assert names("shared_stores", found) == []


def test_dual_writes_references_and_backups_are_asked_by_name():
    """Sorted, each once."""
    found = place(
        {"b": between("js", "pg", dual_write={"version": "v"}), "a": between("js", "pg")},
        references={"s": {"from": "a.b", "to": "b.id"}, "r": {"from": "a.b", "to": "b.id"}},
        backups={"d": {"dataset": "a", "store": "js"}, "c": {"dataset": "a", "store": "js"}},
    )
    assert names("dual_written", found) == ["b"]
    assert names("references", found) == ["r", "s"]
    assert names("backups", found) == ["c", "d"]


def test_a_store_that_is_not_given_has_no_kind():
    """The file's mistake is told elsewhere; here it is of no kind."""
    found = place({})
    assert kinds(found, Dataset(key=("id",), store="nowhere")) == ("", "")


def test_every_selector_answers_the_smallest_environment():
    """A system that declares nothing but its name has no subjects, and none of them breaks."""
    found = environment(datasets={}, endpoints={}, health=None, objectives={}, data={})
    assert {name for name, select in SELECTORS.items() if select(found)} == set()
    assert set(SELECTORS) <= set(dir(selectors))
