"""Items that are read many at once are what the slow way reads, or are left to it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import orjson
import pytest

from tests.stores.test_dynamodb_encoding import made
from verify.stores.dynamodb import plain as module
from verify.stores.dynamodb.encoding import Rows
from verify.stores.dynamodb.plain import Wanted, around, plain

NAMES = ["id", "a", "none"]
SKIP = frozenset({"b"})
PLAIN = ["S", "N", "BOOL", "NULL", "M", "L"]
Row = tuple[str, ...]


def page_of(items: str | bytes, count: int, **more: object) -> bytes:
    """An answer to a Scan as DynamoDB writes it."""
    told = {"Count": count, "ScannedCount": count, "ConsumedCapacity": {"CapacityUnits": 2.5}, **more}
    inner = items.encode() if isinstance(items, str) else items
    return b'{"Items":[' + inner + b"]," + orjson.dumps(told)[1:]


def slow(items: str) -> list[Row]:
    """The records as they are read one by one."""
    return list(zip(*Rows(NAMES, sorted(SKIP)).columns(orjson.loads(f"[{items}]")), strict=True))


def quick(page: bytes, expiry: str | None = None) -> list[Row] | None:
    """The records as they are read many at once; None where they are not."""
    unread = around(page)
    found = unread and plain(unread, Wanted.of(NAMES, sorted(SKIP), expiry))
    if found is None:
        return None
    return [tuple(row.values()) for each in found.batches for row in each.to_pylist()]


def common(value: object) -> bool:
    """Whether the typed value is of the types that are read many at once, all through."""
    if not isinstance(value, Mapping):
        return True
    ((kind, body),) = value.items()
    parts: Sequence[object] = list(body.values()) if kind == "M" else body if kind == "L" else []
    return kind in PLAIN and all(map(common, parts))


def drawn(chance: random.Random) -> dict[str, object]:
    """An item of some attributes, of plain types all through."""
    names = chance.sample(["id", "a", "b", "c", "\x01d", 'e"', "é"], chance.randrange(7))
    item: dict[str, object] = {}
    for name in names:
        value, _ = made(chance, 3)
        while not common(value):
            value, _ = made(chance, 3)
        item[name] = value
    return item


@pytest.mark.parametrize("size", [2_000, 2**20])
@pytest.mark.parametrize("seed", range(40))
def test_many_at_once_are_read_as_one_by_one(seed: int, size: int) -> None:
    """Plain items of any shape give the same records either way, wherever the answer is cut into pieces."""
    chance = random.Random(seed)
    items = ",".join(orjson.dumps(drawn(chance)).decode() for _ in range(chance.choice([1, 2, 7, 60])))
    page = page_of(items, len(slow(items)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", size)
        found = quick(page)
    # An item larger than the piece is read the slow way.
    assert found == slow(items) or (found is None and size < 2**20)


@pytest.mark.parametrize(
    "item",
    [
        "{}", '{"id":{"N":"7.50"}}', '{"id":{"N":"1e5"}}', '{"id":{"S":""}}', '{"id":{"M":{}},"a":{"L":[]}}', '{"N":{"N":"1"}}',
        '{"M":{"M":{"M":{"S":"x"}}}}', '{"S":{"M":{"S":{"S":"S"},"N":{"N":"-0"}}},"L":{"L":[{"L":[{"NULL":true}]}]}}',
        '{"c":{"S":"{\\"N\\":\\"1\\"}"},"d":{"S":"}},{"}}', '{"c":{"BOOL":false},"id":{"NULL":true}}', '{"\\u0061":{"S":"x"}}',
        '{"id":{"N":"123456789012345678901234567890.12345678"},"c":{"L":[{"N":"1.0"},{"S":"\\u0001"},{"M":{"b":{"S":"b"}}}]}}',
    ],
)  # fmt: skip
def test_every_plain_value_is_exact(item: str) -> None:
    """Names that look like types, empty maps, numbers in any spelling and text like JSON are what they are."""
    assert quick(page_of(f"{item},{item}", 2)) == slow(f"{item},{item}")


@pytest.mark.parametrize(
    "item",
    [
        '{"a":{"B":"YQ=="}}', '{"a":{"SS":["x"]}}', '{"a":{"M":{"c":{"NS":["1"]}}}}', '{"a":{"S":"x","N":"1"}}', '{"a":{}}',
        '{"a":"x"}', '{"a":5}', '{"a":[{"S":"x"}]}', '{"a":{"S":5}}', '{"a":{"S":null}}', '{"a":{"N":1}}', '{"a":{"N":""}}',
        '{"a":{"N":"true"}}', '{"a":{"N":"1,2"}}', '{"a":{"L":[{"N":"1,2"}]}}', '{"a":{"N":"NaN"}}', '{"a":{"N":"1 "}}',
        '{"a":{"N":"007"}}',
        '{"a":{"N":"--1"}}', '{"a":{"BOOL":"true"}}', '{"a":{"BOOL":null}}', '{"a":{"BOOL":tru}}', '{"a":{"NULL":false}}',
        '{"a":{"NULL":null}}', '{"a":{"NULL":trua}}', '{"a":{"L":[1]}}', '{"a":{"L":[{"S":"x"},1]}}', '{"a":{"L":["x"]}}',
        '{"a":{"L":{"c":{"S":"x"}}}}', '{"a":{"M":[{"S":"x"}]}}', '{"a":{"M":{"c":5}}}', '{"a":{"M":{"c":{"S":"x"}},"S":"y"}}',
        '{"a":{"X":"x"}}', '{"a":{"NUMB":true}}', '{"a":{"S":"x"}', '{"a":{"S":"x"}},', '{"a":{"S":"x"}}]', '["x"]', "5",
        '{"a":{"S":"\\ud800"}}', '{"a":{"S":"\n"}}', '{"a":{"S":"x"},"a":{"S":"y"}}', '{"c":{"S":"x"},"c":{"S":"y"}}',
        '{"a":{"S" :"x"}}', '{"a":{"S":"x"} }', '{"a":{"L":[{"S":"x"}{"S":"y"}]}}',
        '{"a":{"L":[{"S":"x"}}}', '{"a":{"M":{}{}}}', '{"a":{"L":[[]]}}', '{"a":{"L":[],"M":{}}}', '{"a"{"S":"x"}}',
    ],
)  # fmt: skip
def test_everything_else_is_left_to_the_slow_way(item: str) -> None:
    """Other types, what no item of DynamoDB is and what is no JSON are never read many at once."""
    for items in (item, f'{{"id":{{"N":"1"}}}},{item}'):
        for count in (1, 2):
            assert quick(page_of(items, count)) is None


def test_bytes_that_are_no_text_are_left_to_the_slow_way() -> None:
    """A page that is not UTF-8 is not read many at once."""
    assert quick(page_of(b'{"a":{"S":"\xe9"}}', 1)) is None
    assert quick(page_of('{"a":{"S":"\xe9"}}', 1)) == [("_", "s\xe9", "_", "m{}")]


@pytest.mark.parametrize("told", [{"Count": 2}, {"ScannedCount": 2}, {"Count": None}])
def test_other_than_the_page_says_is_left_to_the_slow_way(told: dict[str, object]) -> None:
    """A page that holds other than it counts is for the way that says what is wrong with it."""
    assert quick(page_of('{"id":{"N":"1"}}', 1)) == [("#1", "_", "_", "m{}")]
    assert quick(page_of('{"id":{"N":"1"}}', 1, **told)) is None


def test_the_answer_around_the_items_is_kept() -> None:
    """Cost, the next page's key and when items expire are known; a key like the end of the items is for the slow way."""
    items, key = '{"id":{"S":"x"},"t":{"N":"5"}},{"id":{"S":"y"}},{"id":{"S":"z"},"t":{"S":"6"}}', {"id": {"S": "z"}}
    page = page_of(items, 3, LastEvaluatedKey=key)
    unread = around(page)
    assert unread is not None
    known = plain(unread, Wanted.of(["id"], [], "t"))
    assert known is not None
    assert quick(page_of(items, 3, LastEvaluatedKey={"id": {"S": '}],"Items":['}})) is None
    assert unread.answer["LastEvaluatedKey"] == key
    assert unread.answer["ConsumedCapacity"] == {"CapacityUnits": 2.5}
    assert list(known.expiries) == ["#5", "_", "s6"]
    assert [row["1"] for each in known.batches for row in each.to_pylist()] == ['m{"t":5}', "m{}", 'm{"t":"6"}']
