"""What both sides of Pickup answer; only the store behind differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sandbox.systems.pickup.data import ADMIN_EMAIL, STATUSES, admin_password
from sandbox.systems.pickup.dual_write import DualWrite
from sandbox.systems.pickup.json_file import JsonFile
from sandbox.systems.pickup.postgres_tables import PostgresTables
from sandbox.web.exchange import (
    FIGURES,
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
from sandbox.web.prometheus import alertmanagers, alerts, query_range, rules
from sandbox.web.settings import Settings
from sandbox.web.tokens import admin_login, caller
from sandbox.web.wire import now

Record = Mapping[str, object]
_ISSUER = "pickup"
_LARGEST_ID = 2**63 - 1
# Where one side asks PostgreSQL and the other its memory, a busy machine's tail is not to look like the system's.
_MEDIAN_S = 0.012
_PAGES = {
    "/": "Pickup", "/products": "상품", "/cart": "장바구니", "/orders": "주문 내역",
    "/admin": "관리자", "/admin/products": "상품 관리", "/admin/orders": "주문 관리",
}  # fmt: skip


class Backend(Protocol):
    """What the handlers read."""

    def products(self, limit: int, offset: int) -> Sequence[Record]:
        """Products by id."""
        ...

    def orders(self, status: str | None, limit: int, offset: int) -> Sequence[Record]:
        """Orders by id, those of one status when it is given."""
        ...

    def one(self, table: str, key: int) -> Record | None:
        """The record with that id."""
        ...

    def categories(self) -> Sequence[str]:
        """The categories of all products, sorted."""
        ...

    def state(self) -> str:
        """Whether the store answers."""
        ...


def _order(record: Record) -> Record:
    """An order as it is answered: a note that is absent in the file, and NULL in the table, is null here."""
    return {**record, "note": record.get("note")}


class Api:
    """The handlers of one side."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        path = Path(settings.file)
        json_file, tables = JsonFile(path), PostgresTables(settings.database)
        self._backend: Backend = tables if settings.side == "postgres" else json_file
        self._dual_write = DualWrite(json_file, tables, path)

    def _admin(self, asked: Asked) -> None:
        caller(asked, self._settings.jwt_secret, _ISSUER, role="admin")

    def _one(self, noun: str, asked: Asked) -> Record:
        key = whole(asked.path["id"], "id", least=0, most=_LARGEST_ID)
        found = self._backend.one(f"{noun}s", key)
        if found is None:
            raise unknown(noun, key)
        return found

    def health(self, _asked: Asked) -> Record:
        """Who answers, and whether the store does."""
        return health_body({"backend": self._settings.side, "database": self._backend.state(), "served_at": now()})

    def stats(self, _asked: Asked) -> Record:
        """The counters of the dual write."""
        return self._dual_write.stats()

    def figures(self, asked: Asked) -> Record:
        """What a Prometheus beside the side would answer."""
        return query_range(asked, seed=self._settings.seed)

    def login(self, asked: Asked) -> Record:
        """A token for the administrator."""
        known = (ADMIN_EMAIL, admin_password(self._settings.seed))
        return admin_login(asked, self._settings.jwt_secret, _ISSUER, known=known)

    def products(self, asked: Asked) -> Record:
        """A page of products, by id."""
        limit, offset = page_of(asked)
        return listed(self._backend.products(limit + 1, offset), limit, offset, now())

    def product(self, asked: Asked) -> Record:
        """One product."""
        return self._one("product", asked)

    def categories(self, _asked: Asked) -> Record:
        """Every category with its address; no counts, so that a lost product alters nothing here."""
        items = [{"slug": each, "name": each.title(), "href": f"/products?category={each}"}
                 for each in self._backend.categories()]  # fmt: skip
        return {"items": items, "next": None, "served_at": now()}

    def order(self, asked: Asked) -> Record:
        """One order."""
        return _order(self._one("order", asked))

    def create_order(self, asked: Asked) -> Record:
        """A new order, written to both stores."""
        return _order(self._dual_write.create(asked.body))

    def admin_products(self, asked: Asked) -> Record:
        """A page of products, by id, to the administrator."""
        self._admin(asked)
        return self.products(asked)

    def admin_orders(self, asked: Asked) -> Record:
        """A page of orders, by id, to the administrator; of one status when it is given."""
        self._admin(asked)
        limit, offset = page_of(asked)
        status = asked.query.get("status")
        if status is not None and status not in STATUSES:
            raise Refused(400, "bad_request", f"status must be one of {', '.join(STATUSES)}")
        rows = [_order(each) for each in self._backend.orders(status, limit + 1, offset)]
        return listed(rows, limit, offset, now())


def site(settings: Settings) -> Site:
    """What one side serves."""
    api = Api(settings)
    endpoints = (
        Endpoint(name="health", method="GET", path="/healthz", handle=api.health, kind=HEALTH),
        Endpoint(name="dual_write_stats", method="GET", path="/api/dual-write/stats", handle=api.stats),
        Endpoint(name="figures", method="GET", path="/api/v1/query_range", handle=api.figures, kind=FIGURES),
        Endpoint(name="alert_rules", method="GET", path="/api/v1/rules", handle=lambda _: rules(), kind=FIGURES),
        Endpoint(name="alerts", method="GET", path="/api/v1/alerts", handle=lambda _: alerts(), kind=FIGURES),
        Endpoint(name="alertmanagers", method="GET", path="/api/v1/alertmanagers", handle=lambda _: alertmanagers(),
                 kind=FIGURES),
        Endpoint(name="admin_login", method="POST", path="/api/admin/login", handle=api.login),
        Endpoint(name="list_products", method="GET", path="/api/products", handle=api.products),
        Endpoint(name="get_product", method="GET", path="/api/products/{id}", handle=api.product),
        Endpoint(name="list_categories", method="GET", path="/api/categories", handle=api.categories),
        Endpoint(name="get_order", method="GET", path="/api/orders/{id}", handle=api.order),
        Endpoint(name="create_order", method="POST", path="/api/orders", handle=api.create_order, status=201),
        Endpoint(name="admin_products", method="GET", path="/api/admin/products", handle=api.admin_products),
        Endpoint(name="admin_orders", method="GET", path="/api/admin/orders", handle=api.admin_orders),
    )  # fmt: skip
    return Site(endpoints=endpoints, pages=pages("Pickup", _PAGES), fallback=fallback("Pickup"), median_s=_MEDIAN_S)
