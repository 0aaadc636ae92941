"""DynamoDB as a store, on a real DynamoDB Local."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from boto3.dynamodb.types import TypeDeserializer

from verify.core.errors import CollectionMissing, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.secrets import Secret
from verify.core.values import ABSENT, encode
from verify.stores.protocol import Catalogued, Located, Lookup, Structures

if TYPE_CHECKING:
    from tests.stores.dynamodb_local import Tables

pytest_plugins = ("tests.stores.dynamodb_local",)
pytestmark = pytest.mark.xdist_group("dynamodb")
KEY = ["PK", "SK"]
VALUES = {
    "S": {"S": 'a "quoted"\\ \x7f\n\t\x00 Köln \U0001f600 \x01'},
    "tagged": {"S": "\x01y00"},
    "empty": {"S": ""},
    "N": {"N": "12345678901234567890123456789012345678"},
    "tiny": {"N": "-1.5E-130"},
    "huge": {"N": "9.9999999999999999999999999999999999999E+125"},
    "zero": {"N": "-0.00"},
    "B": {"B": b"\x00\xff{}"},
    "true": {"BOOL": True},
    "false": {"BOOL": False},
    "NULL": {"NULL": True},
    "M": {"M": {"ß": {"N": "1.50"}, "a": {"M": {}}, "\x01": {"NULL": True}, 'q"': {"S": "\x01"}}},
    "L": {"L": [{"N": "1"}, {"S": "1"}, {"BOOL": True}, {"NULL": True}, {"B": b"1"}, {"L": []}, {"SS": ["b", "a"]}]},
    "SS": {"SS": ["b", "a", "\x01", "ä"]},
    "NS": {"NS": ["10", "2", "-3.50", "1E+30"]},
    "BS": {"BS": [b"b", b"a", b""]},
}


def plan(number: int, **more: object) -> dict[str, object]:
    """One plan under its old key."""
    return {"PK": {"S": f"PLAN#{number}"}, "SK": {"S": "META"}, "price": {"N": str(number)}, **more}


def expected(typed: dict[str, object]) -> str:
    """The canonical encoding of what boto3 makes of the value; its Binary is not bytes."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, set):
            return {plain(each) for each in value}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return bytes(value) if type(value).__name__ == "Binary" else value

    return encode(plain(TypeDeserializer().deserialize(typed)))


def test_abilities(tables: Tables) -> None:
    """The store is one that can look up, list, locate and tell what its tables are made of."""
    for ability in (Lookup, Structures, Catalogued, Located):
        assert isinstance(tables.store(), ability)


def test_every_type_keeps_its_value(tables: Tables) -> None:
    """All ten types arrive as the encodings of their values, alone and inside the map of other fields."""
    item = {"PK": {"S": "p"}, "SK": {"S": "s"}, **VALUES}
    name = tables.make([item])
    store = tables.store()
    columns = sorted(VALUES)
    (row,) = tables.rows(store.scan(name, key=KEY, columns=[*columns, "none"]))
    assert dict(zip(columns, row[2:-2], strict=True)) == {each: expected(VALUES[each]) for each in columns}
    assert row[-2:] == (ABSENT, "m{}")
    (whole,) = tables.rows(store.scan(name, key=[], columns=[], skip=["PK", "SK", "N"]))
    rest = {each: VALUES[each] for each in columns if each != "N"}
    assert whole == (expected({"M": rest}),)


@pytest.mark.parametrize("kind", ["S", "N", "B"])
def test_keys_of_every_type(tables: Tables, kind: str) -> None:
    """A key of text, number or bytes is scanned and looked up alike; a key of another type finds nothing."""
    keys = {"S": ["7", "x"], "N": ["7", "-1.5"], "B": [b"7", b"\xff"]}[kind]
    name = tables.make([{"id": {kind: key}, "n": {"N": "1"}} for key in keys], {"id": kind})
    store = tables.store()
    rows = tables.rows(store.scan(name, key=["id"], columns=["n"]))
    assert rows == sorted((expected({kind: key}), "#1", "m{}") for key in keys)
    asked = [["s7"], ["#7"], ["y37"], ["bfalse"], ["s"], ["#1e500"], ["#0." + "1" * 40], ["s" + "k" * 3000]]
    found = tables.rows(store.lookup(name, key=["id"], values=asked, columns=["n"]))
    assert found == [(expected({kind: keys[0]}), "#1", "m{}")]


@pytest.mark.parametrize("segments", [1, 4])
def test_thousands_over_pages_and_segments(tables: Tables, segments: int) -> None:
    """Five thousand items come back once each, over several pages of every segment, and are counted alike."""
    filler = {"filler": {"S": "x" * 900}}
    name = tables.make([plan(number, **filler) for number in range(5000)])
    store = tables.store(segments=segments)
    batches = list(store.scan(name, key=KEY, columns=["price"], skip=["filler"]))
    assert len(batches) > max(4, segments)
    assert tables.rows(iter(batches)) == sorted((f"sPLAN#{n}", "sMETA", f"#{n}", "m{}") for n in range(5000))
    assert store.count(name) == 5000
    assert any("read capacity units used" in note for note in store.notes())


def test_scan_can_be_left(tables: Tables) -> None:
    """Leaving a scan after its first batch ends its threads; the store answers as before."""
    name = tables.make([plan(number, filler={"S": "x" * 9000}) for number in range(1000)])
    store = tables.store()
    scan = store.scan(name, key=KEY, columns=[])
    assert next(scan).num_rows
    scan.close()
    assert store.count(name) == 1000


def test_empty_table(tables: Tables) -> None:
    """A table without items has none, and says so."""
    name = tables.make()
    assert tables.store().count(name) == 0
    assert list(tables.store().scan(name, key=KEY, columns=[])) == []
    assert list(tables.store().lookup(name, key=KEY, values=[["sa", "sb"]], columns=[])) == []
    assert tables.store().structure(name).advice == ()


def test_description(tables: Tables) -> None:
    """The key is described as unique, other fields are open, and the place is the same however it is spelt."""
    name, other = tables.make(), tables.make()
    shape = tables.store().describe(name)
    assert [(field.name, field.type) for field in shape.columns] == [("PK", "S"), ("SK", "S")]
    assert (shape.open, shape.unique) == (True, (frozenset(KEY),))
    spelt = tables.store(endpoint=tables.server.url.replace("127.0.0.1", "localhost"))
    assert shape.place == spelt.describe(name).place != tables.store().describe(other).place
    assert tables.store().place() == spelt.place()


@pytest.mark.parametrize("key", [KEY, ["SK", "PK"], ["PK"], ["SK"], ["price"], ["PK", "price"]], ids="+".join)
def test_lookup_by_any_key(tables: Tables, key: list[str]) -> None:
    """Records are found by the whole key in any order, by the partition, and by fields that are no key."""
    name = tables.make([{"PK": {"S": "PLAN"}, "SK": {"S": f"META#{n}"}, "price": {"N": f"{n}"}} for n in range(250)])
    fields = [{"PK": "sPLAN", "SK": f"sMETA#{n}", "price": f"#{n}"} for n in (3, 3, 249, 900)]
    values = [[each[part] for part in key] for each in fields]
    found = tables.rows(tables.store().lookup(name, key=key, values=values, columns=["price"]))
    wanted = list(range(250)) if key == ["PK"] else [3, 249]
    assert sorted(int(row[-2][1:]) for row in found) == wanted


def test_lookup_of_more_than_one_batch(tables: Tables) -> None:
    """More keys than one BatchGetItem takes are asked for in several, each key once."""
    name = tables.make([plan(number) for number in range(260)])
    values = [[f"sPLAN#{number}", "sMETA"] for number in [*range(300), *range(50)]]
    found = tables.rows(tables.store().lookup(name, key=KEY, values=values, columns=["price"]))
    assert sorted(int(row[2][1:]) for row in found) == list(range(260))


def test_structure(tables: Tables) -> None:
    """Keys, indexes and settings are told as the table has them."""
    name = tables.make(
        declared={"mail": "S", "age": "N"},
        GlobalSecondaryIndexes=[{"IndexName": "by-mail", "KeySchema": [{"AttributeName": "mail", "KeyType": "HASH"}],
                                 "Projection": {"ProjectionType": "ALL"}}],
        LocalSecondaryIndexes=[{"IndexName": "by-age", "Projection": {"ProjectionType": "INCLUDE",
                                                                    "NonKeyAttributes": ["b", "a"]},
                                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"},
                                              {"AttributeName": "age", "KeyType": "RANGE"}]}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )  # fmt: skip
    tables.client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    found = tables.store().structure(name)
    assert found.kind == "dynamodb table"
    assert found.columns["mail"] == {"type": "S", "key": None}
    assert found.constraints == {"primary key": {"columns": KEY, "validated": True}}
    assert list(found.indexes) == ["by-age", "by-mail"]
    assert found.indexes["by-mail"] == {
        "columns": ["mail"], "unique": False, "scope": "global", "valid": True, "status": "ACTIVE",
        "projection": "ALL", "carries": [],
    }  # fmt: skip
    assert found.indexes["by-age"]["columns"] == ["PK", "age"]
    assert found.indexes["by-age"]["carries"] == ["a", "b"]
    wanted = {"billing_mode": "PAY_PER_REQUEST", "stream": "NEW_IMAGE", "ttl": "ENABLED", "ttl_attribute": "expires",
              "deletion_protection": False, "point_in_time_recovery": None}  # fmt: skip
    assert {each: found.settings[each] for each in wanted} == wanted


def test_advice(tables: Tables) -> None:
    """Numbers in sort keys that are not padded, and an entity in one partition, are remarked on without key values."""
    crowd = [{"PK": {"S": "PLAN"}, "SK": {"S": f"META#{number}"}} for number in range(1, 13)]
    spread = [{"PK": {"S": f"USER#{number}"}, "SK": {"S": f"ORDER#{number:04}"}} for number in range(40)]
    first, second = tables.store().structure(tables.make([*crowd, *spread])).advice
    assert first.startswith("12 of 12 META items looked at lie in one partition")
    assert second.startswith("sort key SK: META#12 comes before META#2")


def test_expired_items_are_noted(tables: Tables) -> None:
    """Items past their time to live are read like others, counted in the notes, and announced by the description."""
    name = tables.make([plan(number, expires={"N": str(4_000_000_000 + number)}) for number in range(10)])
    tables.client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    store = replace(tables.store(), now=lambda: 4_000_000_003.5)
    assert len(tables.rows(store.scan(name, key=KEY, columns=[]))) == 10
    assert "4 items read are past their time to live" in store.notes()
    assert store.describe(name).notes[0].startswith("items expire by expires")
    (remark,) = store.structure(name).advice
    assert remark == "4 of 10 items looked at are past their time to live (expires) and still there"


def test_tables_are_listed(tables: Tables) -> None:
    """Every table is listed with its key, by name."""
    one, other = tables.make(), tables.make(keys={"id": "N"})
    found = {each.name: each.key for each in tables.store().collections()}
    assert list(found) == sorted(found)
    assert (found[one], found[other]) == (("PK", "SK"), ("id",))


@pytest.mark.parametrize("ask", ["describe", "count", "structure"])
def test_missing_table(tables: Tables, ask: str) -> None:
    """A table that is not there is missing, which is an answer and not silence."""
    with pytest.raises(CollectionMissing, match="there is no such table"):
        getattr(tables.store(), ask)("nowhere")


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:1", "http://127.0.0.1:65533", "ftp://127.0.0.1", "nonsense", "http://a:1:2"]
)
def test_wrong_endpoint(tables: Tables, endpoint: str) -> None:
    """An address where nobody listens, or that is none, is unavailable."""
    with pytest.raises(StoreUnavailable):
        tables.store(endpoint=endpoint).count("table")


def test_budget_is_kept_before_anything_is_read(tables: Tables) -> None:
    """A scan that would cost more than the budget is refused before its first page, and reading weakly costs half."""
    name = tables.make([plan(number, filler={"S": "x" * 9000}) for number in range(100)])
    store = tables.store(budget_rcu=150)
    for ask in (lambda: store.count(name), lambda: list(store.scan(name, key=KEY, columns=[]))):
        with pytest.raises(StoreRefused, match=r"over budget: reading 9\d\d,\d{3} bytes takes about 2\d\d read"):
            ask()
    assert store.notes() == ()
    weak = tables.store(budget_rcu=150, consistent=False)
    assert weak.count(name) == 100
    assert weak.describe(name).notes == ("read eventually consistent: what was written just before may be missing",)


def test_keys_are_secrets(tables: Tables) -> None:
    """Keys given as references work and are shown nowhere."""
    name = tables.make([plan(1)])
    store = tables.store(
        access_key=Secret("${KEY}", lambda: "FAKEKEY"), secret_key=Secret("${S}", lambda: "fake-key-1")
    )
    assert store.count(name) == 1
    assert "FAKEKEY" not in repr(store)
    assert "fake-key-1" not in repr(store)


def test_only_questions_are_asked(tables: Tables) -> None:
    """An operation that is no question is refused before it is sent."""
    name = tables.make([plan(1)])
    with tables.store().wire.talking() as talk, pytest.raises(StoreRefused, match="DeleteTable is no question"):
        talk.ask("DeleteTable", {"TableName": name})
    assert tables.store().count(name) == 1


def test_a_question_it_does_not_understand(tables: Tables) -> None:
    """A question the server refuses to understand is unreadable, with its own words."""
    with pytest.raises(StoreUnreadable, match="ValidationException"):
        tables.store().describe("a")


def test_no_credentials_and_no_region(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials the store is refused, and without a region there is no place; the network is not asked."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(StoreRefused, match="no credentials"):
        tables.store(access_key=None, secret_key=None).describe("table")
    with pytest.raises(StoreUnavailable, match="no region"):
        tables.store(region=None).describe("table")
    with pytest.raises(StoreRefused, match="profile"):
        tables.store(access_key=None, secret_key=None, profile="nobody").describe("table")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake")
    assert tables.store(access_key=None, secret_key=None).count(tables.make([plan(1)])) == 1
