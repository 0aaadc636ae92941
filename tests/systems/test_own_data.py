"""Data nobody here has seen: equal sides pass, planted defects are named and nothing else, nothing observed never passes."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import boto3
import psycopg
import pymysql
import pytest
from boto3.dynamodb.types import TypeSerializer
from own_data import AWKWARD, MOST, PASSWORD, READER, WIDE, Databases, Place, Writer, under

from sandbox.engines import dynamodb, mariadb
from sandbox.engines import postgres as postgres_engine
from verify.core.verdicts import Cause, Verdict

pytestmark = pytest.mark.xdist_group("systems-own-data")
ALT, NEU = ('main: {kind: postgres, dsn: "${%s_DSN}"}' % side for side in ("ALT", "NEU"))
ARTS = '"매장"."Viele Arten"'
EVERYTHING = """
data: {main: replicated}
datasets:
  arten: {key: [Mandant, Nr], collection: '"매장"."Viele Arten"'}
  teile: {key: [id, wann]}
  sicht: {key: [id]}
  haufen: {key: []}
  seltsam: {key: [k, j, a, z]}
  folge: {key: [id]}
  breit: {key: [id]}
"""


def single(name: str, said: str) -> str:
    """A system with one dataset."""
    return f"data: {{main: replicated}}\ndatasets:\n  {name}: {said}\n"


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """PostgreSQL 16 and 18 with the same awkward tables."""
    folder = tmp_path_factory.mktemp("own-data")
    with (
        postgres_engine.running(folder, major=16, database="fremd") as old,
        postgres_engine.running(folder, major=18, database="fremd") as new,
    ):
        owner = {"alt": old.dsn, "neu": new.dsn}
        word = "fake-Wort%204%2F2"
        reader = {side: re.sub(r"//[^@]*@", f"//{READER}:{word}@", dsn) for side, dsn in owner.items()}
        found = Databases(owner, reader)
        grants = [f"GRANT SELECT ON ALL {what} IN SCHEMA {space} TO {READER}"
                  for what in ("TABLES", "SEQUENCES") for space in ("public", '"매장"')]  # fmt: skip
        found.run("both", f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'", AWKWARD, WIDE,
                  f'GRANT USAGE ON SCHEMA "매장" TO {READER}', *grants)  # fmt: skip
        yield found


@pytest.fixture
def place(databases: Databases, tmp_path: Path) -> Place:
    """A folder for environments over the two databases."""
    return Place(tmp_path, databases.variables())


@pytest.fixture
def planted(databases: Databases, request: pytest.FixtureRequest):
    """Changes the candidate until the test is over."""

    def plant(statement: str, undo: str) -> None:
        request.addfinalizer(lambda: databases.run("neu", undo))
        databases.run("neu", statement)

    return plant


def test_equal_tables_of_two_versions_pass_every_claim(place):
    """Thirty-five types, a partitioned table, a view, duplicates, odd keys and 200 columns are equal, all columns compared."""
    asked = place.ask(EVERYTHING, ALT, NEU)
    assert asked.told() == {}
    receipts = {name: each.receipt for name, each in asked.found.items() if name.startswith("records")}
    assert len(receipts) == 7
    for receipt in receipts.values():
        rows, of, columns = re.match(r"([\d,]+) rows on each side, (\d+) of (\d+) columns, 0 skipped", receipt).groups()
        assert (of, rows) == (columns, rows), receipt
        assert rows != "0"


def test_every_planted_cell_is_named_and_no_other(place, planted, databases):
    """Last bits, blanks, NFD, other kinds, other zones and swapped rows each stand at their key and path."""
    cells = {
        "f8": "f8 * (1 + 2.3e-16)", "f4": "f4 * 1.0000002", "text_": "text_ || ' '", '"이름"': "normalize('가5', NFD)",
        "wann": "wann + interval '9 h'", "jb": "jsonb_set(jb, '{n}', '\"7\"')", "dauer": "'1 mon 30 days'",
        "zahlen": "'[0:1]={9,NULL}'", "zahl": "zahl + 1e-11", "vielleicht": "'null'", "spanne": "'(12,17)'",
        "wo": "row('s13', 13, null)::adresse", "preis": "preis + 0.01::money", "gross": "gross + 1", "bits": "B'10100'",
        "ort": "ort + interval '1 us'", "roh": "roh || '\\x00'", "tag": "tag - 1",
    }  # fmt: skip
    where = "\"Mandant\" = 'Ä' AND \"Nr\" = {}"
    rows = {column: number + 1 for number, column in enumerate(cells)}
    change = ";".join(
        f"UPDATE {ARTS} SET {column} = {value} WHERE {where.format(rows[column])}"  # noqa: S608 - all of it is in this file
        for column, value in cells.items()
    )
    swap = (f"UPDATE {ARTS} a SET kennung = b.kennung FROM {ARTS} b WHERE a.\"Mandant\" = '가' AND b.\"Mandant\" = '가'"  # noqa: S608
            " AND (a.\"Nr\", b.\"Nr\") IN ((1, 2), (2, 1))")  # fmt: skip
    with psycopg.connect(databases.owner["alt"]) as connection:
        found = connection.execute("SELECT attname FROM pg_attribute WHERE attrelid = '\"매장\".\"Viele Arten\"'::regclass"
                                   " AND attnum > 0 AND attgenerated = ''").fetchall()  # fmt: skip
    names = ", ".join(f'"{name}"' for (name,) in found)
    planted(f"CREATE TABLE behalten AS SELECT * FROM {ARTS}; {change}; {swap};"  # noqa: S608
            f"DELETE FROM {ARTS} WHERE \"Mandant\" = '가' AND \"Nr\" = 30;"
            f"UPDATE {ARTS} SET \"Nr\" = 2147483647 WHERE \"Mandant\" = '가' AND \"Nr\" = 29",
            f"TRUNCATE {ARTS}; INSERT INTO {ARTS} ({names}) SELECT {names} FROM behalten; DROP TABLE behalten")  # noqa: S608  # fmt: skip
    asked = place.ask(EVERYTHING, ALT, NEU, only="arten")
    assert asked.failed() == {"count arten", "keys arten", "records arten"}, asked.told()
    row = 'Mandant=string "{}", Nr={}'
    expected = {(row.format("Ä", rows[column]), f"$.{column.strip(chr(34))}") for column in cells} - {
        (row.format("Ä", rows["jb"]), "$.jb"), (row.format("Ä", rows["wo"]), "$.wo")}  # fmt: skip
    expected |= {(row.format("Ä", rows["jb"]), "$.jb.n"), (row.format("Ä", rows["wo"]), "$.wo")}
    expected |= {(row.format("가", number), "$.kennung") for number in (1, 2)}
    expected |= {(row.format("가", number), "$") for number in (29, 30, 2147483647)}
    assert asked.places("records arten") == expected
    assert asked.places("keys arten") == {(row.format("가", number), "$") for number in (29, 30, 2147483647)}


def test_equal_numbers_of_duplicates_hide_nothing(place, planted):
    """One duplicate more of one row and one less of another keep the count and are both told."""
    one = "(SELECT min(ctid) FROM haufen WHERE b = 3 AND c = {})"
    planted(f"UPDATE haufen SET c = 1 WHERE ctid = {one.format(0)}", f"UPDATE haufen SET c = 0 WHERE ctid = {one.format(1)}")  # noqa: S608
    asked = place.ask(EVERYTHING, ALT, NEU, only="haufen")
    assert asked.failed() == {"records haufen"}, asked.told()
    told = {(each.baseline, each.candidate) for each in asked.found["records haufen"].differences}
    assert told == {("10 records", "9 records"), ("10 records", "11 records")}


STRUCTURE = {
    "sequence behind": ("SELECT setval('folge_id_seq', 100)", "SELECT setval('folge_id_seq', 200)", {"sequences folge": "$.id"}),
    "index invalid": ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'nach_kunde'::regclass",
                      "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'nach_kunde'::regclass",
                      {"indexes folge": "$.indexes.nach_kunde"}),
    "index of fewer rows": ("DROP INDEX nach_notiz; CREATE INDEX nach_notiz ON folge (notiz) WHERE kunde > 99",
                            "DROP INDEX nach_notiz; CREATE INDEX nach_notiz ON folge (notiz) WHERE kunde > 10",
                            {"indexes folge": "$.indexes.nach_notiz"}),
    "constraint never proven": ("ALTER TABLE folge DROP CONSTRAINT positiv, ADD CONSTRAINT positiv CHECK (kunde > 0) NOT VALID",
                                "ALTER TABLE folge VALIDATE CONSTRAINT positiv", {"schema folge": "$.constraints.positiv"}),
    "unlogged": ("ALTER TABLE folge SET UNLOGGED", "ALTER TABLE folge SET LOGGED", {"schema folge": "$.settings.persistence"}),
    "default of its own": ("ALTER TABLE folge ALTER kunde SET DEFAULT 7", "ALTER TABLE folge ALTER kunde DROP DEFAULT",
                           {"schema folge": "$.columns.kunde.default"}),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(STRUCTURE))
def test_a_defect_of_the_structure_fails_its_own_claim_alone(place, planted, name):
    """Sequences, indexes, constraints and settings are told by the claim about them; the records stay equal."""
    statement, undo, expected = STRUCTURE[name]
    planted(statement, undo)
    asked = place.ask(EVERYTHING, ALT, NEU, only="folge")
    assert asked.failed() == set(expected), asked.told()
    for claim, path in expected.items():
        assert all(found.startswith(path) for _, found in asked.places(claim)), asked.places(claim)


@pytest.mark.parametrize(
    ("statement", "undo"),
    [
        (f"REVOKE SELECT ON mandanten FROM {READER}", f"GRANT SELECT ON mandanten TO {READER}"),
        (f"REVOKE SELECT ON mandanten FROM {READER}; GRANT SELECT (id) ON mandanten TO {READER}",
         f"GRANT SELECT ON mandanten TO {READER}"),
        ("ALTER TABLE mandanten ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON mandanten USING (id < 10)",
         "DROP POLICY p ON mandanten; ALTER TABLE mandanten DISABLE ROW LEVEL SECURITY"),
        (f"ALTER ROLE {READER} PASSWORD 'another-fake-word'", f"ALTER ROLE {READER} PASSWORD '{PASSWORD}'"),
        ("ALTER TABLE mandanten RENAME TO weg", "ALTER TABLE weg RENAME TO mandanten"),
    ],
    ids=["no grant", "one column", "row-level security", "password changed", "table renamed"],
)  # fmt: skip
def test_what_the_role_may_not_read_is_neither_equal_nor_different(place, planted, databases, statement, undo):
    """Denied, hidden, locked out and missing on both sides: the records are INCONCLUSIVE, and no password is shown."""
    databases.run("alt", statement)
    try:
        planted(statement, undo)
        asked = place.ask(single("mandanten", "{key: [id]}"), ALT, NEU)
    finally:
        databases.run("alt", undo)
    assert asked.found["records mandanten"].cause is Cause.NO_ANSWER, asked.told()
    assert not asked.failed()
    assert PASSWORD not in str(asked.told())
    if "(id)" not in statement:
        assert asked.silent() >= {"count mandanten", "keys mandanten", "records mandanten"}


@pytest.mark.parametrize(
    "said",
    ["{key: [idd]}", "{key: [Id]}", "{key: [id], only: [idd]}", "{key: [id], except: [idd]}", "{key: [id, idd]}",
     "{key: [id], columns: {idd: {type: text}}}", "{key: [id], dual_write: {version: idd}}"],
)  # fmt: skip
def test_a_misspelt_column_is_named(place, said):
    """Tables know their columns: a name that is none of them fails and is said."""
    asked = place.ask(single("folge", said), ALT, NEU)
    wrong = "dual_write folge" if "version" in said else "records folge"
    conclusion = asked.found[wrong]
    assert conclusion.verdict is Verdict.FAIL
    assert re.search(r"\b(idd|Id)\b", conclusion.summary), conclusion


def test_writes_on_their_way_are_followed_and_a_lost_one_is_named(place, databases):
    """With writes going on and the candidate behind, recheck proves equality; two writes that never come are told."""
    databases.run("both", "DROP TABLE IF EXISTS lauf", "CREATE TABLE lauf (id int PRIMARY KEY, v int, geaendert timestamptz)",
                  "INSERT INTO lauf SELECT n, n, '2023-01-01+00' FROM generate_series(1, 2000) n",
                  f"GRANT SELECT ON lauf TO {READER}")  # fmt: skip
    said = single("lauf", "{key: [id], recheck: {within: 2s, every: 100ms}, dual_write: {version: geaendert}}")
    with Writer(databases):
        asked = place.ask(said.replace("2s", "20s"), ALT, NEU, only="dual_write") # ends as soon as all agree
        assert asked.told() == {}
        assert "differed at first" in asked.found["dual_write lauf"].receipt
    databases.run("both", "TRUNCATE lauf", "INSERT INTO lauf SELECT n, n, '2023-01-01+00' FROM generate_series(1, 2000) n")
    with Writer(databases, lost={5: 1500, 11: 1501}):
        asked = place.ask(said, ALT, NEU, only="records")
        assert asked.places("records lauf") == {(f"id={number}", path) for number in (1500, 1501) for path in ("$.v", "$.geaendert")}
    asked = place.ask(said.replace("2s", "100ms"), ALT, NEU, only="dual_write")
    told = asked.found["dual_write lauf"]
    assert {each.detail.partition(";")[0] for each in told.differences} == {"updates lost on candidate"}, told
    assert asked.places("dual_write lauf") == {("id=1500", "$.geaendert"), ("id=1501", "$.geaendert")}


def test_a_discovery_tells_what_it_left_out_and_what_a_side_lacks(place, planted):
    """A table on one side only fails, what is excepted is listed, and a schema that is not there proves nothing."""
    planted("ALTER TABLE mandanten RENAME TO mieter", "ALTER TABLE mieter RENAME TO mandanten")
    found = "data: {main: replicated}\ndiscover:\n  alles: "
    asked = place.ask(found + "{minimum: 0}", ALT, NEU, only="count")
    assert asked.places("count alles") == {("mandanten", "$"), ("mieter", "$")}
    asked = place.ask(found + '{minimum: 0, except: ["m*e*", mandanten]}', ALT, NEU)
    assert asked.told() == {}
    assert "left out: mandanten, mieter" in asked.found["records alles"].receipt
    for said in ("{schema: pubilc, minimum: 0}", '{except: ["*"], minimum: 0}'):
        asked = place.ask(found + said, ALT, NEU)
        assert {each.cause for each in asked.found.values()} == {Cause.TOO_FEW}, asked.told()


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
    exact = json.loads(json.dumps(values), parse_float=__import__("decimal").Decimal)
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
    changes = {1: {"price": 1.26}, 2: {"tags": ["b", "a"]}, 3: {"title": "T 3 "}, 4: {"customer": "4"}, 5: {"extra": False}}
    try:
        for number, change in changes.items():
            put(client, {**item(ORDERS[number - 1]), **change})
        put(client, {**item(ORDERS[5]), "SK": "ORDER#06"})
        asked = place.ask(MOVED, baseline, line)
    finally:
        for number in changes:
            put(client, item(ORDERS[number - 1]))
        client.delete_item(TableName="orders", Key={"PK": {"S": "TENANT#t0"}, "SK": {"S": "ORDER#06"}})
    told = {(f'tenant=string "t{number % 3}", id={number}', path) for number, path in (
        (1, "$.price"), (2, "$.tags[0]"), (2, "$.tags[1]"), (3, "$.title"), (4, "$.customer"), (5, "$.extra"), (6, "$"))}  # fmt: skip
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
                " '2024-03-31 02:30:00.123456' + INTERVAL seq SECOND, 1 + seq % 2, 18446744073709551615 - seq, seq / 7,"
                " seq * 1.1, CONCAT('c', seq), IF(seq % 3, 'a,b', ''), UNHEX(LPAD(HEX(seq), 2, '0')) FROM seq_1_to_120"
            )
        databases.run("neu", (
            "CREATE TABLE kundschaft AS SELECT n::numeric(20) AS id, 'Jürgen' || n || ' 가' || n || ' ' AS name, n % 2 = 1 AS aktiv,"
            " '2024-03-31 02:30:00.123456'::timestamp + n * interval '1 s' AS seit, (array['gut', 'schlecht'])[1 + n % 2] AS stimmung,"
            " 18446744073709551615 - n::numeric AS gross, round(n / 7.0, 4)::numeric(20,6) AS betrag, (n * 1.1)::real AS f,"
            " ('c' || n)::char(6) AS fest, CASE WHEN n % 3 = 0 THEN '{}' ELSE '{a,b}' END::text[] AS dabei,"
            " decode(lpad(to_hex(n), 2, '0'), 'hex') AS roh FROM generate_series(1, 120) n"),
            "ALTER TABLE kundschaft ADD PRIMARY KEY (id)", f"GRANT SELECT ON kundschaft TO {READER}")  # fmt: skip
        yield (f'main: {{kind: mysql, host: {server.host}, port: {server.port}, user: {server.user},'
               f' password: "${{SECRET}}", database: {server.database}}}'), server.password  # fmt: skip


RENAMED = """
data: {main: replicated}
datasets:
  kundschaft:
    key: [id]
    baseline: {collection: Kunden}
    columns:
      id: {baseline: kid}
      name: {baseline: "{vor} {nach}"}
      aktiv: {type: boolean}
      stimmung: {baseline: laune}
      fest: {trim: true}
      dabei: {unordered: true}
"""


def test_renamed_and_computed_columns_of_another_kind_of_database(maria, place, planted):
    """Equal passes with every softening counted; mangled letters, lost blanks, wrapped numbers and zones are each named."""
    line, secret = maria
    place.variables["SECRET"] = secret
    asked = place.ask(RENAMED, line, NEU)
    assert asked.told() == {}
    assert asked.found["records kundschaft"].normalised["aktiv: number -> boolean"] == 120
    cells = {"name": "replace(name, 'ü', 'Ã¼')", "aktiv": "null", "seit": "seit - interval '9 h'", "stimmung": "''",
             "gross": "9223372036854775807", "betrag": "betrag + 0.000001", "f": "f * 1.0000002", "roh": "roh || '\\x00'",
             "dabei": "null", "fest": "'C10'"}  # fmt: skip
    assert len(cells) == MOST
    change = ";".join(f"UPDATE kundschaft SET {name} = {value} WHERE id = {at + 1}"  # noqa: S608 - all of it is in this file
                      for at, (name, value) in enumerate(cells.items()))  # fmt: skip
    planted(f"CREATE TABLE vorher AS SELECT * FROM kundschaft; {change}; UPDATE kundschaft SET name = rtrim(name) WHERE id = 20;"  # noqa: S608
            "UPDATE kundschaft SET dabei = '{b,a}' WHERE id = 22",
            "TRUNCATE kundschaft; INSERT INTO kundschaft SELECT * FROM vorher; DROP TABLE vorher")  # fmt: skip
    asked = place.ask(RENAMED, line, NEU)
    assert asked.failed() == {"records kundschaft"}, asked.told()
    expected = {(f"id={at + 1}", f"$.{name}") for at, name in enumerate(cells)} | {("id=20", "$.name")}
    assert asked.places("records kundschaft") == expected
