"""The invented data of Database-api: the same seed gives the same records.

What a document lacks depends on its id alone, so that a fault finds the record it needs.
"""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.systems import fiction

DOCUMENTS, USERS, EVENTS = 160, 40, 1200
_TOPICS = ("계약서", "매뉴얼", "보고서", "invoice", "policy", "회의록", "resumé", "specification")
_TYPES = ("application/pdf", "text/plain; charset=utf-8", "image/png", "application/json")
_KINDS = ("view", "download", "share")

Record = dict[str, object]


def jwt_secret(seed: int) -> str:
    """The key both sides sign tokens with; obviously fake, the same for the same seed."""
    return "fake-jwt-secret-" + hashlib.sha256(f"database-api:{seed}".encode()).hexdigest()


def content(seed: int, number: int) -> bytes:
    """The bytes of a document; every fiftieth has none."""
    if number % 50 == 0:
        return b""
    return random.Random(f"{seed} {number}").randbytes(500 + 37 * (number % 60))


def users(seed: int) -> list[Record]:
    """The users, by id."""
    draw = random.Random(f"users {seed}")
    return [
        {"id": number, "email": f"user{number}@database-api.example", "name": fiction.person(draw),
         "created_at": fiction.moment(draw, microseconds=True)}
        for number in range(1, USERS + 1)
    ]  # fmt: skip


def documents(seed: int) -> list[Record]:
    """The documents, by id; `views` goes beyond what a float can tell apart, `score` has trailing zeros."""
    draw = random.Random(f"documents {seed}")
    return [_document(draw, seed, number) for number in range(1, DOCUMENTS + 1)]


def _document(draw: random.Random, seed: int, number: int) -> Record:
    topic, held = draw.choice(_TOPICS), content(seed, number)
    filename = f"{topic}-{number:04d}.{('pdf', 'txt', 'png', 'json')[number % 4]}"
    created = fiction.moment(draw, microseconds=number % 3 == 0)
    return {
        "id": number, "owner_id": 1 + number % USERS, "filename": filename, "title": f"{topic} 제{number}호",
        "content": None if number % 20 == 0 else f"{topic}: {fiction.address(draw)} — naïve café №{number}",
        "content_type": _TYPES[number % 4], "size_bytes": len(held), "sha256": hashlib.sha256(held).hexdigest(),
        "object_key": f"documents/{number}/{filename}", "tags": sorted(draw.sample(_TOPICS, number % 4)),
        "views": 16_777_217 + 2 * number, "score": Decimal(draw.randrange(1000)).scaleb(-1).quantize(Decimal("0.01")),
        "attributes": {"pages": draw.randrange(1, 90), "lang": draw.choice(("ko", "en")), "ratio": 0.1 + number},
        "created_at": created, "updated_at": created + timedelta(seconds=draw.randrange(90 * 86400)),
    }  # fmt: skip


def events(seed: int) -> list[Record]:
    """What happened to documents; a table without a key, in which the same event may be there twice."""
    draw = random.Random(f"events {seed}")
    found: list[Record] = []
    for _ in range(EVENTS):
        at: datetime = fiction.moment(draw)
        found.append({"document_id": draw.randrange(1, DOCUMENTS + 1), "kind": draw.choice(_KINDS), "at": at})
    return [*found, *found[:5]]
