"""Defects of Algoitny's live table and of the copy that its move began with."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.faults.fault import ADVANCE, ALGOITNY, FAIL, HOLD, Fault, StoreChange
from sandbox.systems.algoitny.tables import AFTER, BEFORE, Typed, client, every, typed, user_key
from sandbox.web.settings import Settings

_NUMBER = 3  # the plan that no endpoint is asked for alone


def _claims(*checks: str, dataset: str) -> dict[str, str]:
    return {f"consistency.{check} dataset/{dataset}": FAIL for check in checks}


_PLAN_VALUES = _claims("records", dataset="plans")
_PLAN_SET = _claims("count", "keys", "records", dataset="plans")
_LISTED = {"parity.endpoint endpoint/list_plans": FAIL}
_REFERENCE = {"consistency.references reference/plan_of_user": FAIL}
_BACKUP = {"consistency.backup backup/plans_before": FAIL}


def _fault(name: str, summary: str, how: StoreChange, claims: Mapping[str, str]) -> Fault:
    decision = HOLD if claims else ADVANCE
    return Fault(
        name=name, kind="data", systems=frozenset({ALGOITNY}), summary=summary, how=how, claims=claims,
        advance=decision, stay=decision,
    )  # fmt: skip


def _put(settings: Settings, item: Typed) -> None:
    client(settings.places).put_item(TableName=settings.places["table"], Item=item)


def _delete(settings: Settings, key: Typed) -> None:
    client(settings.places).delete_item(TableName=settings.places["table"], Key=key)


def _get(settings: Settings, key: Typed) -> Typed:
    found = client(settings.places).get_item(TableName=settings.places["table"], Key=key, ConsistentRead=True)
    return dict(found["Item"])


def _edited(key: Typed, edit: Callable[[Typed], None]) -> StoreChange:
    """One item is another one under the same key."""

    def plant(settings: Settings) -> Typed:
        before = _get(settings, key)
        after = copy.deepcopy(before)
        edit(after)
        _put(settings, after)
        return before

    return StoreChange(plant=plant, heal=_put)  # type: ignore[arg-type]


def _plan(edit: Callable[[Typed], None], number: int = _NUMBER) -> StoreChange:
    return _edited(typed(AFTER.of(number)), edit)


def _lost(key: Typed) -> StoreChange:
    def plant(settings: Settings) -> Typed:
        before = _get(settings, key)
        _delete(settings, key)
        return before

    return StoreChange(plant=plant, heal=_put)  # type: ignore[arg-type]


def _copied(number: int, key: Typed) -> StoreChange:
    """A plan is there once more, under this key."""

    def plant(settings: Settings) -> None:
        _put(settings, {**_get(settings, typed(AFTER.of(number))), **key})

    return StoreChange(plant=plant, heal=lambda settings, _: _delete(settings, key))


def _old_keys(settings: Settings) -> list[Typed]:
    """Every plan as it was under its key before the move."""
    found = every(client(settings.places), settings.places["table"], "PLAN")
    return [{**item, **typed(BEFORE.of(int(item["number"]["N"])))} for item in found if item["PK"]["S"] == "PLAN"]


def _half_rolled_back(settings: Settings) -> list[Typed]:
    items = _old_keys(settings)
    for item in items:
        _put(settings, item)
    return items


def _unmade(settings: Settings, items: object) -> None:
    for item in items if isinstance(items, list) else []:
        _delete(settings, {"PK": item["PK"], "SK": item["SK"]})


def _never_moved(settings: Settings) -> list[Typed]:
    before = every(client(settings.places), settings.places["table"], "PLAN")
    for item in _half_rolled_back(settings):
        _delete(settings, typed(AFTER.of(int(item["number"]["N"]))))
    return before


def _moved_again(settings: Settings, before: object) -> None:
    _unmade(settings, every(client(settings.places), settings.places["table"], "PLAN#"))
    for item in before if isinstance(before, list) else []:
        _put(settings, item)


def _file(change: Callable[[bytes], bytes]) -> StoreChange:
    """The copy's file holds something else."""

    def plant(settings: Settings) -> bytes:
        before = Path(settings.file).read_bytes()
        Path(settings.file).write_bytes(change(before))
        return before

    return StoreChange(plant=plant, heal=_file_again)


def _file_again(settings: Settings, before: object) -> None:
    if isinstance(before, bytes):
        Path(settings.file).write_bytes(before)


def _file_gone(settings: Settings) -> bytes:
    before = Path(settings.file).read_bytes()
    Path(settings.file).unlink()
    return before


def _set(name: str, value: Any) -> Callable[[Typed], None]:
    return lambda item: item.__setitem__(name, value)


def _removed(name: str) -> Callable[[Typed], None]:
    return lambda item: item.__delitem__(name)


FAULTS = (
    _fault("plan-lost", "a plan is missing under its new key", _lost(typed(AFTER.of(_NUMBER))),
           _PLAN_SET | _LISTED | _REFERENCE),
    _fault("plan-invented", "there is a plan that nobody moved", _copied(_NUMBER, typed(AFTER.of(4))), _PLAN_SET | _LISTED),
    _fault("old-key-left", "a plan is still there under its key before the move",
           _copied(1, typed(BEFORE.of(1))), _PLAN_SET),
    _fault("key-unknown", "an item begins like a plan and fits no pattern",
           _copied(1, typed({"PK": "PLAN", "SK": "DRAFT"})), _PLAN_SET),
    _fault("key-collision", "two keys stand for one plan", _copied(1, typed({"PK": "PLAN", "SK": "META#01"})),
           _PLAN_SET | _LISTED),
    _fault("price-as-text", "a price was restored as a text", _plan(lambda item: item.update(price={"S": item["price"]["N"]})),
           _PLAN_VALUES),
    _fault("set-as-list", "a set was restored as a list",
           _plan(lambda item: item.update(features={"L": [{"S": each} for each in item["features"]["SS"]]})), _PLAN_VALUES),
    _fault("number-rounded", "a number beyond 2^53 went through a float",
           _plan(lambda item: item["limits"]["M"].update(tokens={"N": "12345678901234567000"})), _PLAN_VALUES),
    _fault("byte-changed", "one byte of a binary value is another", _plan(_set("icon", {"B": b"\x00" * 32})), _PLAN_VALUES),
    _fault("null-as-absent", "an attribute that is null is gone", _plan(_removed("note"), number=1), _PLAN_VALUES),
    _fault("set-order", "a set was written in another order; that is no difference",
           _plan(lambda item: item["features"]["SS"].reverse()), {}),
    _fault("half-rolled-back", "a rollback restored the old items and left the new ones",
           StoreChange(plant=_half_rolled_back, heal=_unmade), _PLAN_SET),
    _fault("wrong-table", "the move ran on the staging table; this one still has the old keys",
           StoreChange(plant=_never_moved, heal=_moved_again),
           _PLAN_SET | _LISTED | _REFERENCE | {"parity.endpoint endpoint/get_plan": FAIL}),
    _fault("user-lost", "a user is missing", _lost(user_key(77)), _claims("count", "keys", "records", dataset="users")),
    _fault("user-reassigned", "a user is assigned to another plan", _edited(user_key(78), _set("plan_id", {"N": "3"})),
           _claims("records", dataset="users")),
    _fault("user-orphaned", "a user is assigned to a plan that does not exist",
           _edited(user_key(80), _set("plan_id", {"N": "99"})), _claims("records", dataset="users") | _REFERENCE),
    _fault("backup-cut", "the copy of the plans ends in its middle", _file(lambda text: text[: len(text) // 2]), _BACKUP),
    _fault("backup-of-another", "the copy was made of another table",
           _file(lambda text: text.replace(b'"price":', b'"price":1', 1)), _BACKUP),
    _fault("backup-missing", "there is no copy of the plans", StoreChange(plant=_file_gone, heal=_file_again), _BACKUP),
)  # fmt: skip
