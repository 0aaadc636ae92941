"""Typed JSON becomes the encodings of its values, and cost and advice follow from plain facts."""

from __future__ import annotations

import base64
import random
from decimal import Decimal

import orjson
import pytest
from pydantic import ValidationError

from verify.core.errors import StoreRefused
from verify.core.values import ABSENT, Value, encode
from verify.stores.dynamodb import Options
from verify.stores.dynamodb.advice import expired, remarks
from verify.stores.dynamodb.budget import Ledger, estimate, require_affordable
from verify.stores.dynamodb.encoding import NotTyped, Rows, encoded
from verify.stores.dynamodb.keys import physical
from verify.stores.dynamodb.table import Table
from verify.stores.registry import kinds, open_store, problems

ALPHABET = 'ab\x00\x01\x1f"\\/\x7f\x80é\u2028\ufeff\U0001f600 #'


def text(chance: random.Random) -> str:
    """A short text of difficult characters."""
    return "".join(chance.choices(ALPHABET, k=chance.randrange(5)))


def number(chance: random.Random) -> str:
    """A number in one of its spellings."""
    return f"{chance.choice(['', '-'])}{chance.randrange(10**6)}{chance.choice(['', '.0', '.250', 'E+3', 'E-20'])}"


def made(chance: random.Random, depth: int) -> tuple[dict[str, object], Value]:
    """A typed value, and the same value plain."""
    kind = chance.choice(["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", *(["M", "L"] if depth else [])])
    if kind in {"M", "L"}:
        parts = [made(chance, depth - 1) for _ in range(chance.randrange(4))]
        if kind == "L":
            return {"L": [typed for typed, _ in parts]}, [plain for _, plain in parts]
        names = [text(chance) for _ in parts]
        typed = {name: part for name, (part, _) in zip(names, parts, strict=True)}
        return {"M": typed}, {name: part for name, (_, part) in zip(names, parts, strict=True)}
    if kind in {"SS", "NS", "BS"}:
        drawn = [single(chance, kind[0]) for _ in range(chance.randrange(1, 4))]
        return {kind: [typed for typed, _ in drawn]}, {plain for _, plain in drawn}
    typed, plain = single(chance, kind)
    return {kind: typed}, plain


def single(chance: random.Random, kind: str) -> tuple[object, Value]:
    """The typed and the plain form of one value that holds no others."""
    if kind == "S":
        found = text(chance)
        return found, found
    if kind == "N":
        digits = number(chance)
        return digits, Decimal(digits)
    if kind == "B":
        raw = text(chance).encode()
        return base64.b64encode(raw).decode(), raw
    truth = chance.random() < 0.5
    return (True, None) if kind == "NULL" else (truth, truth)


@pytest.mark.parametrize("seed", range(20))
def test_encodings_are_those_of_the_values(seed: int) -> None:
    """Whatever is nested in whatever, the encoding is the one `encode` gives the plain value, alone and in an item."""
    chance = random.Random(seed)
    for _ in range(200):
        typed, plain = made(chance, 3)
        wire = orjson.loads(orjson.dumps(typed))
        assert encoded(wire) == encode(plain)
        rows = Rows(["a", "none"], ["skipped"]).columns([{"a": wire, 'o"ther': wire, "skipped": wire}])
        assert rows == [[encode(plain)], [ABSENT], [encode({'o"ther': plain})]]


@pytest.mark.parametrize("broken", [
    None, 1, [], {}, {"S": "a", "N": "1"}, {"S": 1}, {"N": 1}, {"N": ""}, {"N": "NaN"}, {"N": "Infinity"}, {"B": "="},
    {"B": "YQ"}, {"B": "YR=="}, {"B": "YQ==\n"}, {"BS": ["YR=="]},
    {"BOOL": "true"}, {"NULL": False}, {"M": []}, {"L": {}}, {"SS": "a"}, {"SS": [1]}, {"NS": ["x"]},
    {"L": [{"Q": 1}]}, {"M": {"a": {"S": None}}}, {"X": "1"},
])  # fmt: skip
def test_what_is_no_typed_json_is_refused(broken: object) -> None:
    """Anything that is not a type and a value of that type raises ValueError and is never guessed at."""
    with pytest.raises(ValueError):  # noqa: PT011 - NotTyped, binascii.Error and a bad number all are
        encoded(broken)
    assert issubclass(NotTyped, ValueError)


@pytest.mark.parametrize(("encoding", "kind", "wanted"), [
    ("#" + "9" * 38, "N", {"N": "9" * 38}), ("#" + "9" * 39, "N", None), ("#0", "N", {"N": "0"}),
    ("#1" + "0" * 125, "N", {"N": "1" + "0" * 125}), ("#1" + "0" * 126, "N", None), ("#1e900", "N", None),
    ("#0." + "0" * 129 + "1", "N", {"N": "0." + "0" * 129 + "1"}), ("#0." + "0" * 130 + "1", "N", None),
    ("#nan", "N", None), ("#-inf", "N", None), ("s1", "N", None), ("#1", "S", None), ("n", "S", None), (ABSENT, "S", None),
    ("s", "S", None), ("sä", "S", {"S": "ä"}), ("s" + "ä" * 1024, "S", {"S": "ä" * 1024}), ("s" + "ä" * 1025, "S", None),
    ("yff", "B", {"B": "/w=="}), ("y", "B", None), ('S"\\ud800"', "S", None),
])  # fmt: skip
def test_keys_that_can_be_asked_for(encoding: str, kind: str, wanted: dict[str, str] | None) -> None:
    """A key no item can have is not asked for; every other is spelt as DynamoDB takes it."""
    table = Table(name="t", keys={"id": "HASH"}, types={"id": kind}, size=0, place="", told={})
    assert physical(table, ["x", "id"], ["sx", encoding]) == (None if wanted is None else {"id": wanted})


PLANS = Table(name="t", keys={"PK": "HASH", "SK": "RANGE"}, types={"PK": "S", "SK": "S"}, size=0, place="", told={})


def items(*keys: tuple[str, str]) -> list[dict[str, dict[str, object]]]:
    """Items with these keys."""
    return [{"PK": {"S": one}, "SK": {"S": other}} for one, other in keys]


def test_no_advice_without_cause() -> None:
    """Padded numbers, few items, and entities spread over partitions give no advice."""
    padded = [("P", f"META#{n:03}") for n in range(9)]
    spread = [(f"U{n}", "PROFILE") for n in range(30)]
    assert remarks(PLANS, items(*padded, *spread), now=0, expiry=None) == ()


def test_advice_hides_keys() -> None:
    """What stands before a number is shown up to its own first digit: keys may hold what is nobody's business."""
    (remark,) = remarks(PLANS, items(("P", "ann@1990 n10"), ("P", "ann@1990 n9")), now=0, expiry=None)
    assert "1990" not in remark
    assert "ann@…10 comes before ann@…9" in remark


@pytest.mark.parametrize(("value", "wanted"), [
    ({"N": "99"}, True), ({"N": "100"}, False), ({"N": "1E+1"}, True), ({"S": "1"}, False), ({"N": "x"}, False),
])  # fmt: skip
def test_expiry(value: dict[str, object], *, wanted: bool) -> None:
    """An item is expired when its attribute is a number of seconds that lies behind."""
    assert expired({"until": value}, "until", 100.0) is wanted
    assert expired({"until": value}, None, 100.0) is False
    assert expired({}, "until", 100.0) is False


@pytest.mark.parametrize(("size", "strong", "weak"), [(0, 0, 0), (1, 1, 1), (4096, 1, 1), (8193, 3, 2), (8192, 2, 1)])
def test_estimate(size: int, strong: int, weak: int) -> None:
    """One unit reads 4 KiB strongly or 8 KiB eventually consistent; a part counts whole."""
    assert estimate(size, consistent=True) == strong
    assert estimate(size, consistent=False) == weak


def test_budget() -> None:
    """A budget that suffices exactly is enough; one less is not; none is no limit."""
    require_affordable("s", size=8192, consistent=True, budget=2)
    require_affordable("s", size=10**12, consistent=True, budget=None)
    with pytest.raises(StoreRefused, match="takes about 2 read capacity units, budget_rcu is 1"):
        require_affordable("s", size=8192, consistent=True, budget=1)


def test_ledger_without_rate_never_waits() -> None:
    """Units are counted and nothing waits where no rate is set."""
    waits: list[float] = []
    ledger = Ledger(clock=lambda: 5.0, sleep=waits.append)
    ledger.spend(1.5)
    ledger.wait()
    assert (waits, ledger.notes()) == ([], ("1.5 read capacity units used",))


@pytest.mark.parametrize("options", [
    {"access_key": "FAKE"}, {"secret_key": "fake"}, {"session_token": "fake"}, {"segments": 0}, {"segments": 65},
    {"max_rcu": 0}, {"budget_rcu": 0}, {"retries": -1}, {"tabel": "x"}, {"request_timeout": 5},
    {"access_key": "FAKE", "secret_key": "fake", "profile": "p"},
])  # fmt: skip
def test_wrong_options(options: dict[str, object]) -> None:
    """Half a pair of keys, two ways to log in, and values out of range are mistakes of the description."""
    with pytest.raises(ValidationError):
        Options.model_validate(options)


def test_store_is_registered() -> None:
    """The kind can be opened by its name, without a question, and protects by reading in fewer segments."""
    assert "dynamodb" in kinds()
    assert problems("dynamodb", {"region": "eu-central-1"}) == []
    assert open_store("dynamodb", {}, source="s").segments == 4
    assert open_store("dynamodb", {}, source="s", protect=True).segments == 2
