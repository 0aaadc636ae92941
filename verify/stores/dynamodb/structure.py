"""What a table is beside its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from verify.core.errors import StoreUnreadable
from verify.stores.dynamodb._edge import UnknownOperation
from verify.stores.dynamodb.table import Table, table_of, time_to_live
from verify.stores.dynamodb.wire import Talk
from verify.stores.protocol import Structure

Facts = Mapping[str, JsonValue]


def structure_of(talk: Talk, name: str, *, advice: tuple[str, ...]) -> Structure:
    """Keys, declared attributes, indexes and settings of the table. Raises StoreError when one cannot be asked for."""
    table = table_of(talk, name)
    backups = _backups(talk, name)
    try:
        return Structure(
            kind="dynamodb table", columns=_columns(table), constraints=_constraints(table), indexes=_indexes(table),
            settings=_settings(table, backups, time_to_live(talk, name)), advice=advice,
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError):
        raise StoreUnreadable(f"{talk.source}: DescribeTable of {name} is not in the form of DynamoDB") from None


def _columns(table: Table) -> dict[str, Facts]:
    return {name: {"type": table.types[name], "key": table.keys.get(name)} for name in sorted(table.types)}


def _constraints(table: Table) -> dict[str, Facts]:
    return {"primary key": {"columns": list(table.keys), "validated": True}}


def _indexes(table: Table) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    for scope, word in (("global", "GlobalSecondaryIndexes"), ("local", "LocalSecondaryIndexes")):
        for each in cast("list[dict[str, JsonValue]]", table.told.get(word) or []):
            found[str(each["IndexName"])] = {**_index(each, scope), **_capacity(each, table)}
    return dict(sorted(found.items()))


def _index(told: Mapping[str, JsonValue], scope: str) -> Facts:
    schema = sorted(cast("list[dict[str, str]]", told["KeySchema"]), key=lambda each: each["KeyType"])
    projection = cast("dict[str, JsonValue]", told["Projection"])
    status = told.get("IndexStatus", "ACTIVE")  # a local index lives and dies with its table
    carried = cast("list[JsonValue]", projection.get("NonKeyAttributes") or [])
    return {
        "columns": [each["AttributeName"] for each in schema], "unique": False, "scope": scope,
        "valid": status == "ACTIVE" and not told.get("Backfilling"), "status": status,
        "projection": projection.get("ProjectionType"), "carries": sorted(carried, key=str),
    }  # fmt: skip


def _capacity(told: Mapping[str, JsonValue], table: Table) -> Facts:
    """What a global index of a provisioned table may read and write: one that may too little stops writes to the table."""
    throughput = told.get("ProvisionedThroughput")
    if not isinstance(throughput, dict) or _billing(table) != "PROVISIONED":
        return {}
    return {
        "read_capacity": throughput.get("ReadCapacityUnits"),
        "write_capacity": throughput.get("WriteCapacityUnits"),
    }


def _backups(talk: Talk, name: str) -> str | None:
    """The status of point-in-time recovery; None where the server knows no backups (DynamoDB Local)."""
    try:
        told = talk.ask("DescribeContinuousBackups", {"TableName": name}).get("ContinuousBackupsDescription")
    except UnknownOperation:
        return None
    recovery = told.get("PointInTimeRecoveryDescription") if isinstance(told, dict) else None
    if not isinstance(recovery, dict):
        return "DISABLED"
    return str(recovery.get("PointInTimeRecoveryStatus", "DISABLED"))


def _part(table: Table, word: str) -> Mapping[str, JsonValue]:
    return cast("dict[str, JsonValue]", table.told.get(word) or {})


def _billing(table: Table) -> JsonValue:
    return _part(table, "BillingModeSummary").get("BillingMode") or "PROVISIONED"


def _settings(table: Table, backups: str | None, expiry: tuple[str, str | None]) -> dict[str, JsonValue]:
    stream = _part(table, "StreamSpecification")
    told = cast("list[dict[str, JsonValue]]", table.told.get("Replicas") or [])
    replicas: list[JsonValue] = [*sorted(f"{each.get('RegionName')} {each.get('ReplicaStatus')}" for each in told)]
    throughput = _part(table, "ProvisionedThroughput")
    billing = _billing(table)
    provisioned = billing == "PROVISIONED"
    return {
        "billing_mode": billing,
        "deletion_protection": bool(table.told.get("DeletionProtectionEnabled")),
        "encryption": _part(table, "SSEDescription").get("SSEType"),
        "point_in_time_recovery": backups,
        "read_capacity": throughput.get("ReadCapacityUnits") if provisioned else None,
        "replicas": replicas,
        "stream": stream.get("StreamViewType") if stream.get("StreamEnabled") else None,
        "table_class": _part(table, "TableClassSummary").get("TableClass") or "STANDARD",
        "ttl": expiry[0],
        "ttl_attribute": expiry[1],
        "write_capacity": throughput.get("WriteCapacityUnits") if provisioned else None,
    }
