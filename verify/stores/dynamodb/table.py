"""What DescribeTable says about one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from verify.core.errors import StoreUnavailable, StoreUnreadable
from verify.stores.dynamodb.wire import Answer, Talk

_READABLE: Final = frozenset({"ACTIVE", "UPDATING", "ARCHIVING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Key attributes with their role (HASH first, then RANGE), types of all declared attributes, bytes, identity."""

    name: str
    keys: Mapping[str, str]
    types: Mapping[str, str]
    size: int
    place: str
    told: Answer

    @property
    def arn(self) -> str:
        """The table's Amazon resource name."""
        return str(self.told.get("TableArn", ""))


def table_of(talk: Talk, name: str) -> Table:
    """The table, which can be read now. Raises CollectionMissing, and StoreUnavailable for one being made or deleted."""
    told = talk.ask("DescribeTable", {"TableName": name}).get("Table")
    try:
        found = _table(cast("Answer", told), name)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise StoreUnreadable(f"{talk.source}: DescribeTable of {name} is not in the form of DynamoDB") from None
    status = found.told.get("TableStatus")
    if status not in _READABLE:
        raise StoreUnavailable(f"{talk.source}: the table {name} is {status}, not ACTIVE; ask again later")
    return found


def _table(told: Answer, name: str) -> Table:
    schema = cast("list[dict[str, str]]", told["KeySchema"])
    roles = {each["AttributeName"]: each["KeyType"] for each in schema}
    types = {each["AttributeName"]: each["AttributeType"]
             for each in cast("list[dict[str, str]]", told["AttributeDefinitions"])}  # fmt: skip
    keys = {attribute: roles[attribute] for attribute in sorted(roles, key=lambda each: roles[each])}
    if not keys or not keys.keys() <= types.keys():
        raise ValueError("a key without a type")
    return Table(name=str(told.get("TableName", name)), keys=keys, types=types,
                 size=int(str(told.get("TableSizeBytes", 0))), place=_place(told), told=told)  # fmt: skip


def _place(told: Answer) -> str:
    """
    The same for one table however its address is spelt.

    A table's name may be used again, so its id counts; DynamoDB Local has none and gives every server's tables the same
    account, so there the moment it was made stands for it.
    """
    return f"{told['TableArn']} {told.get('TableId') or told['CreationDateTime']}"


def time_to_live(talk: Talk, name: str) -> tuple[str, str | None]:
    """The status, and the attribute (epoch seconds) after which items of the table expire; None when none does."""
    told = talk.ask("DescribeTimeToLive", {"TableName": name}).get("TimeToLiveDescription")
    if not isinstance(told, dict):
        raise StoreUnreadable(f"{talk.source}: DescribeTimeToLive of {name} is not in the form of DynamoDB")
    attribute = told.get("AttributeName")
    return str(told.get("TimeToLiveStatus", "DISABLED")), str(attribute) if attribute else None
