"""Who may come in, and the deliveries there are."""

from __future__ import annotations

import hashlib

ADMIN_EMAIL = "dispatcher@dispatch.example"
DELIVERIES = {
    number: {"id": number, "state": ("waiting", "on its way", "there")[number % 3]} for number in range(1, 21)
}


def _drawn(purpose: str, seed: int) -> str:
    return hashlib.sha256(f"dispatch:{purpose}:{seed}".encode()).hexdigest()


def admin_password(seed: int) -> str:
    """An obviously fake password."""
    return f"fake-{_drawn('password', seed)[:24]}"


def jwt_secret(seed: int) -> str:
    """The secret of both sides' tokens, obviously fake."""
    return f"fake-jwt-secret-{_drawn('secret', seed)}"
