"""The invented data of Algoitny: the same seed gives the same items. Keys are not in them: see `tables`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from decimal import Decimal

from sandbox.systems import fiction
from sandbox.web.wire import instant

USERS = 400
ADMIN_EMAIL = "admin@algoitny.example"
_NAMES = ("Free", "Pro", "Admin")
_FEATURES = ("문제 풀이", "AI 힌트", "채점 통계", "editor", "export", "우선 채점")
_LANGUAGES = ("python", "java", "c++", "rust", "kotlin")

Item = Mapping[str, object]


def jwt_secret(seed: int) -> str:
    """The key all sides sign tokens with; obviously fake, the same for the same seed."""
    return "fake-jwt-secret-" + hashlib.sha256(f"algoitny:{seed}".encode()).hexdigest()


def admin_password(seed: int) -> str:
    """The administrator's password; obviously fake, the same for the same seed."""
    return "fake-password-" + hashlib.sha256(f"algoitny:{seed}:{ADMIN_EMAIL}".encode()).hexdigest()[:12]


def plans(seed: int) -> dict[int, Item]:
    """The three plans by number, with every kind of attribute that DynamoDB has but the empty ones."""
    draw = random.Random(seed)
    return {
        number: {
            "number": number, "name": name, "price": fiction.money(draw, 100, 9000) if number > 1 else Decimal(0),
            "features": set(_FEATURES[: 2 * number]), "tiers": {Decimal(number), Decimal("0.5") + number},
            "limits": {"problems": 10**number, "tokens": Decimal(12345678901234567890 + number), "ratio": Decimal("1E-20")},
            "order": ["name", number, None, True], "active": True, "note": None if number == 1 else f"{name} 요금제",
            "icon": hashlib.sha256(name.encode()).digest(),
            "created_at": instant(fiction.moment(draw)),
        }
        for number, name in enumerate(_NAMES, 1)
    }  # fmt: skip


def users(seed: int) -> dict[int, Item]:
    """The users by number, each assigned to one plan; what a user lacks depends on the number alone."""
    draw = random.Random(f"users {seed}")
    found: dict[int, Item] = {}
    for number in range(1, USERS + 1):
        item: dict[str, object] = {
            "number": number, "email": f"user{number}@algoitny.example", "name": fiction.person(draw),
            "plan_id": 1 + number % 3, "active": number % 7 != 0, "credits": fiction.money(draw, 0, 100_000),
            "badges": {bytes([number % 250]), b"\x00\xff"},
            "languages": set(draw.sample(_LANGUAGES, 1 + number % 3)), "solved": draw.randrange(2000),
            "created_at": instant(fiction.moment(draw, microseconds=True)),
        }  # fmt: skip
        if number % 4:
            item["last_login"] = None if number % 5 == 0 else instant(fiction.moment(draw))
        found[number] = item
    return found
