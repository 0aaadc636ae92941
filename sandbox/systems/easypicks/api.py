"""What both sides of EasyPicks answer."""

from __future__ import annotations

import hmac

from sandbox.systems.easypicks.data import password_hash
from sandbox.systems.easypicks.database import Database, Record
from sandbox.web.exchange import (
    HEALTH,
    Asked,
    Endpoint,
    Refused,
    Site,
    listed,
    page_of,
    unknown,
    whole,
)
from sandbox.web.health import health_body
from sandbox.web.pages import fallback, pages
from sandbox.web.settings import Settings
from sandbox.web.tokens import LIFETIME_S, Caller, caller, mint
from sandbox.web.wire import now

_ISSUER = "easypicks"
_PAGES = {"/": "EasyPicks", "/login": "로그인"}
_USER = "SELECT id, email, name, phone, role, created_at FROM users"
_LARGEST_ID = 2**31 - 1


def _key(asked: Asked) -> int:
    return whole(asked.path["id"], "id", least=0, most=_LARGEST_ID)


class Api:
    """The handlers of one side."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = Database(settings.database)

    def _caller(self, asked: Asked, role: str | None = None) -> Caller:
        return caller(asked, self._settings.jwt_secret, _ISSUER, role=role)

    def _found(self, noun: str, query: str, key: int) -> Record:
        row = self._database.row(f"{query} WHERE id = %s", [key])
        if row is None:
            raise unknown(noun, key)
        return row

    def _list(self, asked: Asked, query: str, values: tuple[object, ...] = ()) -> Record:
        limit, offset = page_of(asked)
        rows = self._database.rows(f"{query} LIMIT %s OFFSET %s", [*values, limit + 1, offset])
        return listed(rows, limit, offset, now())

    def health(self, _asked: Asked) -> Record:
        """Who answers, and whether the database does."""
        told = {"platform": self._settings.side, "database": self._database.state(), "served_at": now()}
        return health_body(told)

    def login(self, asked: Asked) -> Record:
        """A token for a known e-mail address and its password."""
        given = asked.body if isinstance(asked.body, dict) else {}
        email, text = given.get("email"), given.get("password")
        if not isinstance(email, str) or not isinstance(text, str):
            raise Refused(400, "bad_request", "email and password are needed")
        row = self._database.row("SELECT id, role, password_hash FROM users WHERE email = %s", [email])
        stored = str(row["password_hash"]) if row else ""
        if row is None or not hmac.compare_digest(stored, password_hash(text, email)):
            raise Refused(401, "unauthorized", "email or password is wrong")
        token = mint(self._settings.jwt_secret, _ISSUER, int(str(row["id"])), str(row["role"]))
        return {"token": token, "expires_in": LIFETIME_S}

    def me(self, asked: Asked) -> Record:
        """The caller's own user."""
        return self._found("user", _USER, self._caller(asked).id)

    def products(self, asked: Asked) -> Record:
        """A page of products, by id."""
        return self._list(asked, "SELECT * FROM products ORDER BY id")

    def product(self, asked: Asked) -> Record:
        """One product."""
        return self._found("product", "SELECT * FROM products", _key(asked))

    def deliveries(self, asked: Asked) -> Record:
        """A page of the caller's own deliveries, the newest id first."""
        query = "SELECT * FROM deliveries WHERE customer_id = %s ORDER BY id DESC"
        return self._list(asked, query, (self._caller(asked).id,))

    def delivery(self, asked: Asked) -> Record:
        """One delivery, to its customer and to an admin."""
        who = self._caller(asked)
        row = self._found("delivery", "SELECT * FROM deliveries", _key(asked))
        if who.role != "admin" and row["customer_id"] != who.id:
            raise Refused(403, "forbidden", "this delivery is another customer's")
        return row

    def drivers(self, asked: Asked) -> Record:
        """A page of drivers, by id."""
        return self._list(asked, "SELECT * FROM drivers ORDER BY id")

    def driver(self, asked: Asked) -> Record:
        """One driver."""
        return self._found("driver", "SELECT * FROM drivers", _key(asked))

    def users(self, asked: Asked) -> Record:
        """A page of users, by id, to an admin."""
        self._caller(asked, "admin")
        return self._list(asked, f"{_USER} ORDER BY id")

    def user(self, asked: Asked) -> Record:
        """One user, to an admin."""
        self._caller(asked, "admin")
        return self._found("user", _USER, _key(asked))


def site(settings: Settings) -> Site:
    """What one side serves."""
    api = Api(settings)
    endpoints = (
        Endpoint(name="health", method="GET", path="/health", handle=api.health, kind=HEALTH),
        Endpoint(name="login", method="POST", path="/api/auth/login", handle=api.login),
        Endpoint(name="me", method="GET", path="/api/auth/me", handle=api.me),
        Endpoint(name="list_products", method="GET", path="/api/products", handle=api.products),
        Endpoint(name="get_product", method="GET", path="/api/products/{id}", handle=api.product),
        Endpoint(name="list_deliveries", method="GET", path="/api/deliveries", handle=api.deliveries),
        Endpoint(name="get_delivery", method="GET", path="/api/deliveries/{id}", handle=api.delivery),
        Endpoint(name="list_drivers", method="GET", path="/api/drivers", handle=api.drivers),
        Endpoint(name="get_driver", method="GET", path="/api/drivers/{id}", handle=api.driver),
        Endpoint(name="list_users", method="GET", path="/api/users", handle=api.users),
        Endpoint(name="get_user", method="GET", path="/api/users/{id}", handle=api.user),
    )
    return Site(endpoints=endpoints, pages=pages("EasyPicks", _PAGES), fallback=fallback("EasyPicks"))
