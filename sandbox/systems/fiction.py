"""Invented names and numbers, drawn from a seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_FAMILY = ("김", "이", "박", "최", "정", "강", "조", "윤", "장", "임")
_GIVEN = ("민준", "서연", "도윤", "하은", "지우", "수아", "은우", "예린", "현우", "지민", "유나", "태오")
_ROADS = ("테헤란로", "강남대로", "세종대로", "을지로", "퇴계로", "한강대로", "올림픽로", "월드컵로")
_GOODS_KO = ("사과", "배추김치", "한우", "고등어", "두부", "쌀", "딸기", "된장", "인삼차", "김")
_GOODS_LATIN = ("Café crème", "Jalapeño", "Crème brûlée", "Gruyère", "Açaí", "Piñata", "Smörgås", "Pâté")
_GOODS_ASCII = ("Olive oil", "Sea salt", "Green tea", "Basmati rice", "Dark chocolate", "Oat milk", "Black pepper")


def person(draw: random.Random) -> str:
    """A Korean name."""
    return draw.choice(_FAMILY) + draw.choice(_GIVEN)


def phone(draw: random.Random) -> str:
    """A mobile number of a range that looks right and is nobody's."""
    return f"010-0{draw.randrange(1000):03d}-{draw.randrange(10000):04d}"


def address(draw: random.Random) -> str:
    """A street in Seoul."""
    return f"서울특별시 {draw.choice(_ROADS)} {draw.randrange(1, 500)}"


def goods(draw: random.Random, number: int) -> str:
    """A product's name in NFC: Korean for even numbers, accented for 1 modulo 4, plain for the rest."""
    if number % 2 == 0:
        return f"{draw.choice(_GOODS_KO)} {number}호"
    return f"{draw.choice(_GOODS_LATIN if number % 4 == 1 else _GOODS_ASCII)} No. {number}"


def money(draw: random.Random, least: int, most: int) -> Decimal:
    """An amount with two decimals, from `least` to `most` hundredths."""
    return Decimal(draw.randrange(least, most)).scaleb(-2)


def moment(draw: random.Random, *, microseconds: bool = False) -> datetime:
    """An instant of 2025 with whole milliseconds, or with microseconds."""
    step = 1 if microseconds else 1000
    return EPOCH + timedelta(seconds=draw.randrange(365 * 86400), microseconds=draw.randrange(0, 1_000_000, step))


ZERO = Decimal("0.00")


def amount(value: object) -> Decimal:
    """The value as an amount of money."""
    return value if isinstance(value, Decimal) else Decimal(str(value))
