"""What both sides of Dispatch answer, by HTTP and by Socket.IO."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp

from sandbox.faults.planted import Planted
from sandbox.systems.dispatch.data import ADMIN_EMAIL, DELIVERIES, admin_password
from sandbox.web.exchange import HEALTH, Asked, Endpoint, Site, unknown, whole
from sandbox.web.live import Live
from sandbox.web.pages import fallback, pages
from sandbox.web.settings import Settings
from sandbox.web.tokens import admin_login, caller
from sandbox.web.wire import now

Record = Mapping[str, object]
_ISSUER = "dispatch"


class Api:
    """The handlers of one side."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def health(self, _asked: Asked) -> Record:
        """Who answers."""
        return {"status": "ok", "platform": self._settings.side, "served_at": now()}

    def login(self, asked: Asked) -> Record:
        """A token for the dispatcher."""
        known = (ADMIN_EMAIL, admin_password(self._settings.seed))
        return admin_login(asked, self._settings.jwt_secret, _ISSUER, known=known)

    def delivery(self, asked: Asked) -> Record:
        """One delivery, to the dispatcher."""
        self.admitted(asked)
        number = whole(asked.path["id"], "id", least=0, most=10**9)
        if number not in DELIVERIES:
            raise unknown("delivery", number)
        return DELIVERIES[number]

    def admitted(self, asked: Asked) -> object:
        """The dispatcher; Refused for anybody else."""
        return caller(asked, self._settings.jwt_secret, _ISSUER, role="admin")


def site(settings: Settings) -> Site:
    """What one side serves by HTTP."""
    api = Api(settings)
    endpoints = (
        Endpoint(name="health", method="GET", path="/health", handle=api.health, kind=HEALTH),
        Endpoint(name="login", method="POST", path="/api/auth/login", handle=api.login),
        Endpoint(name="get_delivery", method="GET", path="/api/deliveries/{id}", handle=api.delivery),
    )
    return Site(endpoints=endpoints, pages=pages("Dispatch", {"/": "Dispatch"}), fallback=fallback("Dispatch"))


def live(settings: Settings, planted: Planted, application: ASGIApp) -> ASGIApp:
    """The same with what one side serves by Socket.IO."""
    return Live(settings, planted, Api(settings).admitted).beside(application)
