"""What all sides of Algoitny answer; only the keys they read differ."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.systems.algoitny.data import ADMIN_EMAIL, admin_password
from sandbox.systems.algoitny.tables import AFTER, BEFORE, Typed, client, every, plain, typed
from sandbox.web.exchange import HEALTH, Asked, Endpoint, Site, unknown, whole
from sandbox.web.health import DOWN, UP, health_body
from sandbox.web.pages import fallback, pages
from sandbox.web.settings import Settings
from sandbox.web.tokens import admin_login, caller
from sandbox.web.wire import now

Record = Mapping[str, object]
_ISSUER = "algoitny"


class Api:
    """The handlers of one side."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._table = settings.places["table"]
        self._keys = BEFORE if settings.side == settings.baseline else AFTER
        self._client = client(settings.places)

    def health(self, _asked: Asked) -> Record:
        """Who answers, and whether the table does."""
        try:
            self._client.describe_table(TableName=self._table)
            state = UP
        except (BotoCoreError, ClientError):
            state = DOWN
        return health_body({"platform": self._settings.side, "database": state, "served_at": now()})

    def login(self, asked: Asked) -> Record:
        """A token for the administrator."""
        known = (ADMIN_EMAIL, admin_password(self._settings.seed))
        return admin_login(asked, self._settings.jwt_secret, _ISSUER, known=known)

    def _plans(self) -> list[Typed]:
        if self._keys is BEFORE:
            return [item for item in every(self._client, self._table, "PLAN#") if item["SK"]["S"] == "META"]
        answer = self._client.query(
            TableName=self._table, ConsistentRead=True, KeyConditionExpression="PK = :p AND begins_with(SK, :s)",
            ExpressionAttributeValues={":p": {"S": "PLAN"}, ":s": {"S": "META#"}},
        )  # fmt: skip
        return list(answer["Items"])

    def plans(self, asked: Asked) -> Record:
        """Every plan's number and name, to the administrator."""
        caller(asked, self._settings.jwt_secret, _ISSUER, role="admin")
        found = [plain(item) for item in self._plans()]
        return {"items": [{"id": each["number"], "name": each["name"]} for each in found], "served_at": now()}

    def plan(self, asked: Asked) -> Record:
        """One plan, whole, to the administrator."""
        caller(asked, self._settings.jwt_secret, _ISSUER, role="admin")
        number = whole(asked.path["id"], "id", least=0, most=10**9)
        item = self._client.get_item(TableName=self._table, Key=typed(self._keys.of(number)), ConsistentRead=True).get(
            "Item"
        )
        if item is None:
            raise unknown("plan", number)
        return {name: _told(value) for name, value in plain(dict(item)).items() if name not in {"PK", "SK"}}


def _told(value: object) -> object:
    """A value as the API answers it: sets sorted, bytes as base64."""
    if isinstance(value, set):
        return sorted((_told(each) for each in value), key=str)
    if isinstance(value, dict):
        return {name: _told(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_told(each) for each in value]
    binary = getattr(value, "value", value)
    return base64.b64encode(binary).decode() if isinstance(binary, bytes | bytearray) else value


def site(settings: Settings) -> Site:
    """What one side serves."""
    api = Api(settings)
    endpoints = (
        Endpoint(name="health", method="GET", path="/health", handle=api.health, kind=HEALTH),
        Endpoint(name="login", method="POST", path="/api/auth/login", handle=api.login),
        Endpoint(name="list_plans", method="GET", path="/api/admin/plans/", handle=api.plans),
        Endpoint(name="get_plan", method="GET", path="/api/admin/plans/{id}/", handle=api.plan),
    )
    return Site(endpoints=endpoints, pages=pages("Algoitny", {"/": "Algoitny"}), fallback=fallback("Algoitny"))
