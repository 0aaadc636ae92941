"""Orders posted to both sides in turn: `python -m sandbox.systems.pickup.writer RATE`, told where by the twin's variables.

One line of output an order. It goes on until it is asked to end by SIGTERM, which waits for the order in flight:
one that is given up half-way would arrive after the end. An order that is refused is told and not repeated.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
from contextlib import closing
from itertools import count, cycle
from threading import Event
from urllib.parse import urlsplit

from sandbox.systems.pickup.data import PRODUCTS
from sandbox.writing import WRITTEN

_TAKERS = ("PICKUP_JSON_URL", "PICKUP_POSTGRES_URL")


def order(number: int) -> dict[str, object]:
    """What the customer of that number asks for; every third leaves no note."""
    rest = {} if number % 3 == 0 else {"note": f"요청 {number}"}
    return {
        "customer_name": "김민준", "email": f"writer{number}@example.com", "phone": "010-0000-0000",
        "shipping": {"address": "서울특별시 세종대로 1", "method": "pickup"},
        "items": [{"product_id": 1 + number * 7 % PRODUCTS, "quantity": 1 + number % 5}],
        **rest,
    }  # fmt: skip


def post(url: str, number: int) -> str:
    """What became of one order: `written ID`, or what went wrong."""
    at = urlsplit(url)
    with closing(http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)) as connection:
        try:
            connection.request("POST", "/api/orders", json.dumps(order(number)), {"content-type": "application/json"})
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return f"{url}: {type(error).__name__}: {error}"
    return f"{WRITTEN} {json.loads(body)['id']}" if response.status == 201 else f"{url}: answered {response.status}"


def main(rate: float) -> None:
    """Orders were posted every 1 / `rate` seconds, or as soon as the one before was taken, until SIGTERM came."""
    ended = Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    started = time.monotonic()
    for number, taker in zip(count(1), cycle(_TAKERS), strict=False):
        sys.stdout.write(post(os.environ[taker], number) + "\n")
        sys.stdout.flush()
        if ended.wait(max(0.0, started + number / rate - time.monotonic())):
            return


if __name__ == "__main__":
    main(float(sys.argv[1]))
