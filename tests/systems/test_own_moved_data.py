"""Records that move into another kind of store: equal sides pass, what was lost on the way is named and nothing else."""

# ruff: noqa: S608 - all of the SQL is in these files
from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import boto3
import pymysql
import pytest
from boto3.dynamodb.types import TypeSerializer

from sandbox.engines import dynamodb, mariadb
from tests.systems.own_data import ALT, NEU, READER, Databases, Place, single, under
from verify.core.verdicts import Cause, Verdict

pytest_plugins = ("tests.systems.own_tables",)
pytestmark = pytest.mark.xdist_group("systems-own-data")
ORDERS = [
    {"tenant": f"t{number % 3}", "id": number, "title": f"T {number}", "price": number * 1.25, "tags": ["a", "b"],
     "address": {"city": f"가{number}", "geo": {"lat": number / 2}}, "none": None, "customer": number % 10}
    for number in range(1, 101)
]  # fmt: skip


def kept(folder: Path, side: str, orders: object = None, name: str = "") -> str:
    """A compressed file with the orders inside a document; the store's line."""
    file = folder / (name or f"{side}.json.gz")
    document = {"meta": 1, "shop": {"orders": ORDERS if orders is None else orders,
                                    "customers": [{"id": number} for number in range(10)]}}  # fmt: skip
    file.write_bytes(gzip.compress(json.dumps(document, ensure_ascii=False).encode()))
    return f'main: {{kind: json_file, path: "{file}"}}'


@pytest.mark.parametrize(
    ("said", "orders", "verdict"),
    [
        ("{key: [id]}", [], Verdict.FAIL),
        ("{key: [id]}", [*ORDERS, ORDERS[0]], Verdict.FAIL),
        ("{key: [id], where: {titel: paid}}", ORDERS, Verdict.INCONCLUSIVE),
        ("{key: [id], where: {price: {below: 0}}}", ORDERS, Verdict.INCONCLUSIVE),
        ("{key: [idd]}", ORDERS, Verdict.FAIL),
        ("{key: [id], baseline: {key: {title: 'X {id}'}}, candidate: {key: {title: 'X {id}'}}}", ORDERS, Verdict.FAIL),
        ("{key: [id], columns: {price: {tolerance: 0.001}}}", under({"price": 13.76}, ORDERS, 11), Verdict.FAIL),
        ("{key: [id], collection: $.shop.order}", ORDERS, Verdict.INCONCLUSIVE),
        ("{key: [id], recheck: {within: 50ms, every: 10ms}, dual_write: {version: updated}}", ORDERS, Verdict.PASS),
    ],
    ids=["empty candidate", "twice on both", "filter of a misspelt field", "filter that hides all", "misspelt key",
         "pattern that fits nothing", "beyond tolerance", "misspelt place", "misspelt version"],
)  # fmt: skip
def test_files_that_are_observed_too_little_never_pass(tmp_path, said, orders, verdict):
    """Whatever hides the records of a file, no claim that looks at them passes."""
    place, both = Place(tmp_path), "twice" if orders and len(orders) > len(ORDERS) else ""
    said = said if "collection" in said else said.replace("{key", "{collection: $.shop.orders, key", 1)
    baseline = kept(tmp_path, "alt", orders if both else None)
    asked = place.ask(single("orders", said), baseline, kept(tmp_path, "neu", orders))
    assert asked.found["records orders"].verdict is verdict, asked.told()
    if "dual_write" in said:
        assert asked.found["dual_write orders"].verdict is not Verdict.PASS


def test_one_place_under_another_name_is_not_compared_with_itself(place, databases, tmp_path):
    """A link to the baseline's file, and its server's other name, prove nothing."""
    baseline = kept(tmp_path, "alt")
    os.link(tmp_path / "alt.json.gz", tmp_path / "hard.json.gz")
    (tmp_path / "soft.json.gz").symlink_to(tmp_path / "alt.json.gz")
    for name in ("hard", "soft"):
        other = baseline.replace("alt.json.gz", f"{name}.json.gz")
        asked = Place(tmp_path).ask(single("orders", "{key: [id], collection: $.shop.orders}"), baseline, other)
        assert {each.cause for each in asked.found.values()} == {Cause.NOT_PERMITTED}, asked.told()
    place.variables["ALT_DSN"] = databases.reader["neu"].replace("127.0.0.1", "localhost")
    asked = place.ask(single("mandanten", "{key: [id]}"), ALT, NEU)
    assert asked.silent() >= {"count mandanten", "keys mandanten", "records mandanten"}, asked.told()


def test_references_and_backups_tell_what_is_missing(tmp_path):
    """A record named by none, one that is named and missing, and backups that lack, break off or hide are each told."""
    place, backup = Place(tmp_path), tmp_path / "backup.json"
    system = """
data: {main: replicated}
datasets:
  orders: {key: [id], collection: $.shop.orders}
  customers: {key: [id], collection: $.shop.customers}
references:
  who: {from: orders.customer, to: customers.id, both: true}
backups:
  night: {dataset: orders, store: copy, collection: orders, where: {id: {below: 51}}}
"""
    baseline = kept(tmp_path, "alt") + f'\n  copy: {{kind: json_file, path: "{backup}"}}'
    whole = json.dumps({"orders": ORDERS[:50]})
    backup.write_text(whole)
    assert place.ask(system, baseline, kept(tmp_path, "neu")).told() == {}
    wrong = [{**each, "customer": 77 if each["id"] == 4 else each["customer"] or 1} for each in ORDERS]
    backup.write_text(json.dumps({"orders": ORDERS[:49]}))
    asked = place.ask(system, baseline, kept(tmp_path, "neu", wrong))
    assert asked.failed() == {"records orders", "references who", "backup night"}, asked.told()
    assert asked.places("references who") == {("orders id=number 4", "$.customer"), ("customers id=number 0", "$")}
    assert asked.places("backup night") == {("id=50", "$")}
    for text, verdict in ((whole[:-9], Verdict.FAIL), ("", Verdict.FAIL), (whole, Verdict.INCONCLUSIVE)):
        backup.write_text(text)
        said = system.replace("below: 51", "below: 1") if text == whole else system
        assert place.ask(said, baseline, kept(tmp_path, "neu"), only="backup").found["backup night"].verdict is verdict


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[object, str, str]]:
    """The orders in DynamoDB under composite keys, other items among them: client, the store's line, its secret."""
    with dynamodb.running(tmp_path_factory.mktemp("own-dynamo")) as server:
        client = boto3.client("dynamodb", endpoint_url=server.url, region_name=server.region,
                              aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key)  # fmt: skip
        keys = [("PK", "HASH"), ("SK", "RANGE")]
        client.create_table(
            TableName="orders", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        )  # fmt: skip
        for each in [*map(item, ORDERS), *({"PK": f"TENANT#t{at}", "SK": "META"} for at in range(3))]:
            put(client, each)
        line = (f'main: {{kind: dynamodb, endpoint: "{server.url}", region: {server.region},'
                f' access_key: {server.access_key}, secret_key: "${{SECRET}}"}}')  # fmt: skip
        yield client, line, server.secret_key
        client.close()


def item(order: dict[str, object]) -> dict[str, object]:
    """The order as DynamoDB keeps it."""
    rest = {name: value for name, value in order.items() if name not in ("tenant", "id")}
    return {"PK": f"TENANT#{order['tenant']}", "SK": f"ORDER#{order['id']}", **rest}


def put(client, values: dict[str, object]) -> None:
    """Writes one item; numbers keep their digits."""
    exact = json.loads(json.dumps(values), parse_float=Decimal)
    client.put_item(TableName="orders", Item={name: TypeSerializer().serialize(each) for name, each in exact.items()})


MOVED = """
data: {main: replicated}
datasets:
  orders:
    key: [tenant, id]
    baseline: {collection: $.shop.orders}
    candidate: {key: {PK: "TENANT#{tenant}", SK: "ORDER#{id}"}, where: {SK: {starts: "ORDER#"}}}
    columns: {id: {type: integer}}
"""


def test_a_file_in_a_table_of_composite_keys_is_equal_until_it_is_not(table, tmp_path):
    """Equal passes; each planted item is named by its logical key; patterns and filters that miss never pass."""
    client, line, secret = table
    place, baseline = Place(tmp_path, {"SECRET": secret}), kept(tmp_path, "alt")
    assert place.ask(MOVED, baseline, line).told() == {}
    for said in (MOVED.replace("ORDER#{id}", "ORDR#{id}"), MOVED.replace('"ORDER#"}', '"ORDR#"}'),
                 MOVED.replace("TENANT#{tenant}", "TENANT#{id}").replace("ORDER#{id}", "ORDER#{tenant}"),
                 MOVED.replace(', where: {SK: {starts: "ORDER#"}}', "")):  # fmt: skip
        assert place.ask(said, baseline, line).failed() >= {"keys orders", "records orders"}, said
    changes = {
        1: {"price": 1.26},
        2: {"tags": ["b", "a"]},
        3: {"title": "T 3 "},
        4: {"customer": "4"},
        5: {"extra": False},
    }
    try:
        for number, change in changes.items():
            put(client, {**item(ORDERS[number - 1]), **change})
        put(client, {**item(ORDERS[5]), "SK": "ORDER#06"})
        asked = place.ask(MOVED, baseline, line)
    finally:
        for number in changes:
            put(client, item(ORDERS[number - 1]))
        client.delete_item(TableName="orders", Key={"PK": {"S": "TENANT#t0"}, "SK": {"S": "ORDER#06"}})
    places = [
        (1, "$.price"),
        (2, "$.tags[0]"),
        (2, "$.tags[1]"),
        (3, "$.title"),
        (4, "$.customer"),
        (5, "$.extra"),
        (6, "$"),
    ]
    told = {(f'tenant=string "t{number % 3}", id={number}', path) for number, path in places}
    assert asked.places("records orders") == told
    assert place.ask(MOVED, baseline, line).told() == {}


@pytest.fixture(scope="session")
def maria(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[tuple[str, str]]:
    """The same customers in MariaDB and, under other names and types, in PostgreSQL: the store's line, its secret."""
    with mariadb.running(tmp_path_factory.mktemp("own-maria")) as server:
        with pymysql.connect(host=server.host, port=server.port, user=server.user, password=server.password,
                             database=server.database, autocommit=True) as connection, connection.cursor() as cursor:  # fmt: skip
            cursor.execute(
                "CREATE TABLE `Kunden` (kid BIGINT UNSIGNED PRIMARY KEY, vor VARCHAR(40) CHARACTER SET latin1, nach"
                " VARCHAR(40) CHARACTER SET utf8mb4, aktiv TINYINT(1), seit DATETIME(6), laune ENUM('gut', 'schlecht'),"
                " gross BIGINT UNSIGNED, betrag DECIMAL(20,6), f FLOAT, fest CHAR(6), dabei SET('a', 'b'), roh VARBINARY(9))"
            )
            cursor.execute(
                "INSERT INTO `Kunden` SELECT seq, CONCAT('Jürgen', seq), CONCAT('가', seq, ' '), seq % 2,"
                " '2024-03-31 02:30:00.123456' + INTERVAL seq SECOND, 1 + seq % 2, 18446744073709551615 - seq, seq / 8,"
                " seq * 1.1, CONCAT('c', seq), IF(seq % 3, 'a,b', ''), UNHEX(LPAD(HEX(seq), 2, '0')) FROM seq_1_to_120"
            )
        databases.run("neu", (
            "CREATE TABLE umzug.kundschaft AS SELECT n::numeric(20) AS id, 'Jürgen' || n || ' 가' || n || ' ' AS name,"
            " n % 2 = 1 AS aktiv,"
            " '2024-03-31 02:30:00.123456'::timestamp + n * interval '1 s' AS seit,"
            " (array['gut', 'schlecht'])[1 + n % 2] AS stimmung,"
            " 18446744073709551615 - n::numeric AS gross, (n / 8.0)::numeric(20,6) AS betrag, (n * 1.1)::real AS f,"
            " ('c' || n)::char(6) AS fest, CASE WHEN n % 3 = 0 THEN '{}' ELSE '{a,b}' END::text[] AS dabei,"
            " decode(lpad(to_hex(n), 2, '0'), 'hex') AS roh FROM generate_series(1, 120) n"),
            "ALTER TABLE umzug.kundschaft ADD PRIMARY KEY (id)", f"GRANT SELECT ON umzug.kundschaft TO {READER}")  # fmt: skip
        yield (f'main: {{kind: mysql, host: {server.host}, port: {server.port}, user: {server.user},'
               f' password: "${{SECRET}}", database: {server.database}}}'), server.password  # fmt: skip


RENAMED = """
data: {main: replicated}
datasets:
  kundschaft:
    key: [id]
    baseline: {collection: Kunden}
    candidate: {collection: umzug.kundschaft}
    columns:
      id: {baseline: kid}
      name: {baseline: "{vor} {nach}"}
      aktiv: {type: boolean}
      stimmung: {baseline: laune}
      fest: {trim: true}
      dabei: {unordered: true}
"""


def test_renamed_and_computed_columns_of_another_kind_of_database(maria, place, harmed):
    """Equal passes with every softening counted; mangled letters, lost blanks, wrapped numbers and zones are each named."""
    line, secret = maria
    place.variables["SECRET"] = secret
    asked = place.ask(RENAMED, line, NEU)
    assert asked.told() == {}
    assert asked.found["records kundschaft"].normalised["aktiv: number -> boolean"] == 120
    cells = {"name": "replace(name, 'ü', 'Ã¼')", "aktiv": "null", "seit": "seit - interval '9 h'", "stimmung": "''",
             "gross": "9223372036854775807", "betrag": "betrag + 0.000001", "f": "f * 1.0000002", "roh": "roh || '\\x00'",
             "dabei": "null", "fest": "'C10'"}  # fmt: skip
    change = ";".join(f"UPDATE umzug.kundschaft SET {name} = {value} WHERE id = {at + 1}"
                      for at, (name, value) in enumerate(cells.items()))  # fmt: skip
    harmed(f"CREATE TABLE vorher AS SELECT * FROM umzug.kundschaft; {change};"
           "UPDATE umzug.kundschaft SET name = rtrim(name) WHERE id = 20;"
            "UPDATE umzug.kundschaft SET dabei = '{b,a}' WHERE id = 22",
            "TRUNCATE umzug.kundschaft; INSERT INTO umzug.kundschaft SELECT * FROM vorher; DROP TABLE vorher")  # fmt: skip
    asked = place.ask(RENAMED, line, NEU)
    assert asked.failed() == {"records kundschaft"}, asked.told()
    expected = {(f"id={at + 1}", f"$.{name}") for at, name in enumerate(cells)} | {("id=20", "$.name")}
    assert asked.places("records kundschaft") == expected
