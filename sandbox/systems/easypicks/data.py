"""The invented data of EasyPicks: the same seed gives the same rows."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime
from decimal import Decimal

from sandbox.systems import fiction
from sandbox.systems.easypicks.database import connect

PRODUCTS, USERS, DRIVERS, DELIVERIES = 500, 200, 20, 2000
ADMIN_ID, CUSTOMER_ID = 1, 2
ADMIN_EMAIL, CUSTOMER_EMAIL = "admin@easypicks.example", "user2@easypicks.example"
STATUSES = ("requested", "assigned", "picked_up", "delivered", "cancelled")
CATEGORIES = ("fruit", "meat", "fish", "bakery", "drinks")

Value = str | int | Decimal | datetime | None
Row = tuple[Value, ...]

SCHEMA = (
    """CREATE TABLE users (
        id INT PRIMARY KEY AUTO_INCREMENT,
        email VARCHAR(120) NOT NULL UNIQUE,
        name VARCHAR(80) NOT NULL,
        phone VARCHAR(20),
        role VARCHAR(20) NOT NULL,
        password_hash CHAR(64) NOT NULL,
        created_at DATETIME(3) NOT NULL
    )""",
    """CREATE TABLE products (
        id INT PRIMARY KEY AUTO_INCREMENT,
        sku VARCHAR(20) NOT NULL UNIQUE,
        name VARCHAR(120) NOT NULL,
        description TEXT,
        category VARCHAR(20) NOT NULL,
        price DECIMAL(10,2) NOT NULL,
        stock INT NOT NULL,
        created_at DATETIME(3) NOT NULL
    )""",
    """CREATE TABLE drivers (
        id INT PRIMARY KEY AUTO_INCREMENT,
        name VARCHAR(80) NOT NULL,
        phone VARCHAR(20) NOT NULL,
        vehicle VARCHAR(20) NOT NULL,
        rating DECIMAL(3,2) NOT NULL,
        created_at DATETIME(3) NOT NULL
    )""",
    """CREATE TABLE deliveries (
        id INT PRIMARY KEY AUTO_INCREMENT,
        customer_id INT NOT NULL REFERENCES users (id),
        driver_id INT REFERENCES drivers (id),
        product_id INT NOT NULL REFERENCES products (id),
        status VARCHAR(20) NOT NULL,
        address VARCHAR(160) NOT NULL,
        fee DECIMAL(10,2) NOT NULL,
        note VARCHAR(200),
        created_at DATETIME(3) NOT NULL,
        INDEX deliveries_customer (customer_id, id)
    )""",
)


def jwt_secret(seed: int) -> str:
    """The key both sides sign tokens with; obviously fake, the same for the same seed."""
    return "fake-jwt-secret-" + hashlib.sha256(f"easypicks:{seed}".encode()).hexdigest()


def password(seed: int, email: str) -> str:
    """The password of one user; obviously fake, the same for the same seed."""
    return "fake-password-" + hashlib.sha256(f"{seed}:{email}".encode()).hexdigest()[:12]


def password_hash(text: str, email: str) -> str:
    """What is stored of a password, in hex."""
    return hashlib.pbkdf2_hmac("sha256", text.encode(), email.encode(), 200).hex()


def _users(seed: int) -> list[Row]:
    draw = random.Random(f"{seed}:users")
    rows: list[Row] = []
    for number in range(1, USERS + 1):
        email = ADMIN_EMAIL if number == ADMIN_ID else f"user{number}@easypicks.example"
        role = "admin" if number == ADMIN_ID else "customer"
        phone = None if number % 9 == 0 else fiction.phone(draw)
        stored = password_hash(password(seed, email), email)
        rows.append((number, email, fiction.person(draw), phone, role, stored, fiction.moment(draw)))
    return rows


def _products(seed: int) -> list[Row]:
    draw = random.Random(f"{seed}:products")
    return [
        (number, f"EP-{number:05d}", fiction.goods(draw, number), None if number % 7 == 0 else f"신선한 상품 {number}",
         CATEGORIES[number % len(CATEGORIES)], fiction.money(draw, 100, 500_000), draw.randrange(300),
         fiction.moment(draw))
        for number in range(1, PRODUCTS + 1)
    ]  # fmt: skip


def _drivers(seed: int) -> list[Row]:
    draw = random.Random(f"{seed}:drivers")
    return [
        (number, fiction.person(draw), fiction.phone(draw), draw.choice(("bike", "scooter", "van")),
         fiction.money(draw, 300, 501), fiction.moment(draw))
        for number in range(1, DRIVERS + 1)
    ]  # fmt: skip


def _deliveries(seed: int) -> list[Row]:
    draw = random.Random(f"{seed}:deliveries")
    rows: list[Row] = []
    for number in range(1, DELIVERIES + 1):
        customer = CUSTOMER_ID + number % (USERS - 1)
        driver = None if number % 11 == 0 else draw.randrange(1, DRIVERS + 1)
        note = "문 앞에 놓아 주세요" if number % 3 == 0 else None
        rows.append((number, customer, driver, draw.randrange(1, PRODUCTS + 1), draw.choice(STATUSES),
                     fiction.address(draw), fiction.money(draw, 200, 1_000), note, fiction.moment(draw)))  # fmt: skip
    return rows


def tables(seed: int) -> dict[str, list[Row]]:
    """Every row by table, in the order of the tables' columns and of their references."""
    return {
        "users": _users(seed), "products": _products(seed), "drivers": _drivers(seed), "deliveries": _deliveries(seed),
    }  # fmt: skip


def seed_database(dsn: str, seed: int) -> None:
    """The database holds the tables and exactly the seed's rows."""
    connection = connect(dsn)
    try:
        with connection.cursor() as cursor:
            for statement in SCHEMA:
                cursor.execute(statement)
            for table, rows in tables(seed).items():
                marks = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own names
    finally:
        connection.close()
