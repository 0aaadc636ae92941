"""Defects in what the candidate answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from sandbox.faults.fault import (
    BOTH,
    EASYPICKS,
    FAIL,
    HOLD,
    INCONCLUSIVE,
    PICKUP,
    ROLL_BACK,
    AnswerChange,
    BodyCut,
    Fault,
)
from sandbox.web.exchange import HEALTH, PAGE, Exchange

Record = Mapping[str, object]
_NAMES_OF_SIDES = ("platform", "backend")  # how a health body names who answers
_MISSING_ROUTES = ("/login", "/cart")  # one page of each system


def _on(endpoint: str, rewrite: Callable[[Record], Record]) -> AnswerChange:
    """The body of one endpoint's good answers is rewritten."""

    def change(exchange: Exchange) -> Exchange:
        if exchange.name != endpoint or exchange.status != 200 or isinstance(exchange.body, str):
            return exchange
        return replace(exchange, body=rewrite(exchange.body))

    return AnswerChange(change=change)


def _records(body: Record) -> list[Record]:
    items = body["items"]
    return list(items) if isinstance(items, list) else []


def _drop_stock(body: Record) -> Record:
    items = [{name: value for name, value in each.items() if name != "stock"} for each in _records(body)]
    return {**body, "items": items}


def _price_as_text(body: Record) -> Record:
    return {**body, "price": str(body["price"])}


def _reversed(body: Record) -> Record:
    return {**body, "items": _records(body)[::-1]}


def _reverse_lists(exchange: Exchange) -> Exchange:
    for endpoint in ("list_deliveries", "admin_orders"):
        exchange = _on(endpoint, _reversed).change(exchange)
    return exchange


def _as_baseline(exchange: Exchange) -> Exchange:
    body = exchange.body
    if exchange.name == HEALTH and not isinstance(body, str):
        told = {name: exchange.baseline.platform for name in _NAMES_OF_SIDES if name in body}
        body = {**body, **told}
    return replace(exchange, stamp=exchange.baseline, body=body)


def _health_down(exchange: Exchange) -> Exchange:
    if exchange.name != HEALTH or isinstance(exchange.body, str):
        return exchange
    return replace(exchange, status=503, body={**exchange.body, "status": "down"})


def _health_to_login(exchange: Exchange) -> Exchange:
    if exchange.name != HEALTH:
        return exchange
    return replace(exchange, status=302, body="", headers={"location": "/login"})


def _route_missing(exchange: Exchange) -> Exchange:
    missing = exchange.kind == PAGE and exchange.path in _MISSING_ROUTES
    return replace(exchange, body=exchange.fallback) if missing else exchange


def _route_shell(exchange: Exchange) -> Exchange:
    """The page that is gone, and all that never was, is a shell that no two answers share to the byte."""
    shell = exchange.kind == PAGE and (exchange.path in _MISSING_ROUTES or exchange.body == exchange.fallback)
    nonce = f'<script nonce="{uuid.uuid4().hex}"></script></body>'
    return replace(exchange, body=exchange.fallback.replace("</body>", nonce)) if shell else exchange


def _error_page(exchange: Exchange) -> Exchange:
    if exchange.name != "get_product" or exchange.status != 404:
        return exchange
    return replace(exchange, status=200, body={"error": "Oops", "message": "Something went wrong. Please try again."})


def _endpoint(name: str, verdict: str = FAIL) -> dict[str, str]:
    return {f"parity.endpoint endpoint/{name}": verdict}


FAULTS = (
    Fault(
        name="field-dropped", kind="http", systems=BOTH, stay=ROLL_BACK,
        claims={**_endpoint("list_products"), **_endpoint("list_products_page")},
        summary="products in the list have no `stock`", how=_on("list_products", _drop_stock),
    ),
    Fault(
        name="number-as-string", kind="http", systems=BOTH, stay=ROLL_BACK, claims=_endpoint("get_product"),
        summary="a product's price is text", how=_on("get_product", _price_as_text),
    ),
    Fault(
        name="array-reordered", kind="http", systems=BOTH, stay=ROLL_BACK,
        claims_by_system={EASYPICKS: _endpoint("list_deliveries"), PICKUP: _endpoint("admin_orders")},
        summary="a list whose order matters is reversed", how=AnswerChange(change=_reverse_lists),
    ),
    Fault(
        name="wrong-target", kind="http", systems=BOTH, stay=ROLL_BACK, stay_by_system={PICKUP: HOLD},
        # Another build answers, so what was measured of the candidate's own build no longer counts.
        claims={
            "health.identity identity/main": FAIL,
            "load.latency mix/api": INCONCLUSIVE,
            "success.error_rate mix/api": INCONCLUSIVE,
        },
        # Nobody meets the candidate, so going back cannot be rehearsed either, and the gate only holds.
        claims_by_system={
            PICKUP: {
                "load.headroom headroom/candidate": INCONCLUSIVE,
                "success.availability availability/candidate": INCONCLUSIVE,
                "success.split split/visitors": FAIL,
                "success.rollback rollback/traffic": INCONCLUSIVE,
            },
        },
        summary="the candidate's address leads to the baseline", how=AnswerChange(change=_as_baseline),
    ),
    Fault(
        name="health-down", kind="http", systems=BOTH, stay=ROLL_BACK,
        # Who answers is asked at the health path too, and an error proves nothing about that.
        claims={"health.endpoint health/main": FAIL, "health.identity identity/main": INCONCLUSIVE},
        summary="the health path answers 503", how=AnswerChange(change=_health_down),
    ),
    Fault(
        name="health-login-page", kind="http", systems=BOTH, stay=ROLL_BACK,
        claims={"health.endpoint health/main": FAIL},
        summary="the health path redirects to /login", how=AnswerChange(change=_health_to_login),
    ),
    Fault(
        name="route-missing", kind="http", systems=BOTH, stay=ROLL_BACK, claims={"parity.routes routes/main": FAIL},
        summary="one page is gone and the fallback page answers 200 in its place",
        how=AnswerChange(change=_route_missing),
    ),
    Fault(
        name="route-shell", kind="http", systems=BOTH, stay=ROLL_BACK, claims={"parity.routes routes/main": FAIL},
        summary="one page is gone, and the page for missing ones has a nonce that is another in every answer",
        how=AnswerChange(change=_route_shell),
    ),
    Fault(
        name="truncated-gzip", kind="http", systems=BOTH,
        claims_by_system={
            EASYPICKS: _endpoint("list_users", INCONCLUSIVE), PICKUP: _endpoint("list_categories", INCONCLUSIVE),
        },
        summary="half of a compressed body arrives, with a matching Content-Length",
        how=BodyCut(endpoints=frozenset({"list_users", "list_categories"})),
    ),
    Fault(
        name="error-page", kind="http", systems=BOTH, stay=ROLL_BACK,
        claims={"parity.errors error/unknown_product": FAIL},
        summary="an unknown product is answered with 200 and an error in the body",
        how=AnswerChange(change=_error_page),
    ),
)  # fmt: skip
