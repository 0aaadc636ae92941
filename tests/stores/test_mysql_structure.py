"""What a real MariaDB says about its tables: structure, numbers, catalogue, place."""

from __future__ import annotations

import pytest

from tests.stores.mariadb import MariaDatabases, maria, maria_server
from verify.core.errors import CollectionMissing, StoreRefused
from verify.stores.mysql import connect
from verify.stores.protocol import Listed

__all__ = ["maria", "maria_server"]


def test_notes_and_hidden_columns(maria: MariaDatabases) -> None:
    """A role that may write is told; one that may not see a column is refused, not shown less."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v text)", "CREATE TABLE m (id int) ENGINE=MyISAM")
    reader = maria.store("baseline", user="reader", password="fake-reader")
    assert reader.describe("t").notes == ()
    assert "may do more than read (ALL PRIVILEGES)" in maria.store("baseline").describe("t").notes[0]
    assert "MyISAM keeps no snapshots" in reader.describe("m").notes[0]
    maria.run(
        "candidate",
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "GRANT SELECT (id) ON candidate.t TO nobody@127.0.0.1",
    )
    try:
        with pytest.raises(StoreRefused, match="denied"):
            maria.store("candidate", user="nobody", password="fake-nobody").describe("t")
    finally:
        maria.run("candidate", "REVOKE SELECT (id) ON candidate.t FROM nobody@127.0.0.1")


def test_a_place_is_one_however_it_is_spelt(maria: MariaDatabases) -> None:
    """Address, user and spelling of the table do not make another place; another database does."""
    maria.run("both", "CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE T (other int)")
    server = maria.server
    dsn = f"mariadb://{server.user}:{server.password}@127.0.0.1:{server.port}/candidate"
    again = connect({"dsn": dsn}, source="again", protect=True)
    one = maria.store("baseline")
    assert again.describe("baseline.t").place == one.describe("`t`").place != one.describe("T").place
    assert again.describe("t").place != one.describe("t").place
    assert one.place() != again.place()
    assert [column.name for column in one.describe("T").columns] == ["other"]


def test_the_structure_of_a_table(maria: MariaDatabases) -> None:
    """Columns, constraints, indexes, triggers, partitions and settings, as the server says them."""
    maria.run("baseline", "CREATE TABLE users (id int PRIMARY KEY)", """CREATE TABLE t (id int AUTO_INCREMENT,
        name varchar(20) CHARACTER SET latin1 NOT NULL DEFAULT 'x', owner int, twice int AS (owner * 2) STORED, PRIMARY KEY (id),
        UNIQUE u (name(5), owner DESC),
        INDEX hidden (owner) IGNORED, CONSTRAINT mine FOREIGN KEY (owner) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT short CHECK (CHAR_LENGTH(name) < 9)) ROW_FORMAT=COMPRESSED""",
        "CREATE TRIGGER tell BEFORE INSERT ON t FOR EACH ROW SET NEW.name = LOWER(NEW.name)",
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10))")  # fmt: skip
    found = maria.store("baseline").structure("t")
    assert found.kind == "mariadb"
    assert found.columns["name"] == {
        "type": "varchar(20)", "nullable": False, "default": "'x'", "extra": "", "charset": "latin1",
        "collation": "latin1_swedish_ci", "generated": None,
    }  # fmt: skip
    assert found.columns["twice"]["generated"] == "`owner` * 2"
    assert found.constraints["mine"] == {
        "type": "FOREIGN KEY", "validated": True, "columns": ["owner"], "references": "users", "referenced": ["id"],
        "on_update": "RESTRICT", "on_delete": "CASCADE",
    }  # fmt: skip
    assert found.constraints["short"]["clause"] == "char_length(`name`) < 9"
    assert found.constraints["PRIMARY"] == {"type": "PRIMARY KEY", "validated": True, "columns": ["id"]}
    assert found.indexes["u"] == {"columns": ["name(5)", "owner DESC"], "unique": True, "type": "BTREE", "valid": True}
    assert found.indexes["hidden"]["valid"] is False
    assert (found.settings["engine"], found.settings["row_format"]) == ("InnoDB", "Compressed")
    assert found.settings["triggers"]["tell"]["when"] == "BEFORE INSERT"
    assert maria.store("baseline").structure("p").settings["partitions"][0]["description"] == "10"
    assert maria.store("baseline").describe("t").unique == (frozenset({"id"}),)
    with pytest.raises(CollectionMissing):
        maria.store("baseline").structure("none")


def test_numbers_the_server_gives(maria: MariaDatabases) -> None:
    """What comes next against what the column holds; a sequence's cache is not taken for given numbers."""
    maria.run("baseline", "CREATE SEQUENCE s START 50 CACHE 10", "CREATE SEQUENCE exact NOCACHE",
              "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a int DEFAULT NEXTVAL(s), b int DEFAULT NEXTVAL(exact))",
              "INSERT INTO t (id) VALUES (41), (7)", "CREATE TABLE bare (id int)", "INSERT INTO bare VALUES (1)")  # fmt: skip
    found = maria.store("baseline").sequences("t")
    assert [(each.column, each.next, each.increment, each.highest) for each in found] == [
        ("a", 50, 1, 51), ("b", 3, 1, 2), ("id", 42, 1, 41)
    ]  # fmt: skip
    assert "caches 10" in found[0].name
    assert maria.store("baseline").sequences("bare") == ()


def test_numbers_end_where_the_column_does(maria: MariaDatabases) -> None:
    """The nearer of the sequence's bounds and the column's; a sequence that begins again says with what."""
    maria.run("baseline", "CREATE SEQUENCE few MAXVALUE 3 NOCACHE", "CREATE SEQUENCE round MAXVALUE 2 CYCLE NOCACHE",
              "CREATE TABLE t (id tinyint unsigned AUTO_INCREMENT PRIMARY KEY, a int DEFAULT NEXTVAL(few), "
              "b smallint DEFAULT NEXTVAL(round), c varchar(9) DEFAULT NEXTVAL(few))",
              "INSERT INTO t (c) VALUES ('x'), ('x'), ('x')")  # fmt: skip
    found = {each.column: each for each in maria.store("baseline").sequences("t")}
    assert (found["id"].next, found["id"].most) == (4, 255)
    assert found["c"].highest is None
    assert (found["a"].next, found["a"].most, found["a"].cycles) == (4, 3, False)
    assert (found["b"].next, found["b"].most, found["b"].cycles) == (2, 2, True)


RING = "INSERT INTO r VALUES ({})"


@pytest.mark.parametrize(
    ("sequence", "rows", "again"),
    [
        ("MAXVALUE 1000 CYCLE", "900), (950", 900),
        ("MAXVALUE 1000 CYCLE", "-5), (0), (2000", None),
        ("MAXVALUE 1000", "1), (950", None),
        ("INCREMENT BY 10 MAXVALUE 1000 CYCLE", "2), (950), (41", 41),
        ("INCREMENT BY -1 MINVALUE 1 MAXVALUE 1000 CYCLE", "5), (990", 990),
    ],
)
def test_sequences_that_begin_again_say_what_they_meet(
    maria: MariaDatabases, sequence: str, rows: str, again: int | None
) -> None:
    """The first number held on its way, from its other end: not what it steps over, nor what lies outside its bounds."""
    maria.run("baseline", f"CREATE SEQUENCE ring {sequence} NOCACHE",
              "CREATE TABLE r (id int PRIMARY KEY DEFAULT NEXTVAL(ring))", RING.format(rows))  # fmt: skip
    (found,) = maria.store("baseline").sequences("r")
    assert found.again == again


def test_the_catalogue_lists_tables_with_their_keys(maria: MariaDatabases) -> None:
    """Tables and views by name, with the primary key in its own order."""
    maria.run(
        "baseline",
        "CREATE TABLE b (x int, y int, PRIMARY KEY (y, x))",
        "CREATE TABLE B (z int)",
        "CREATE VIEW a AS SELECT 1 AS q",
    )
    store = maria.store("baseline")
    wanted = (Listed(name="B", key=()), Listed(name="a", key=(), kind="a view"), Listed(name="b", key=("y", "x")))
    assert store.collections() == wanted
    assert [each.name for each in maria.store("candidate").collections("baseline")] == [
        "baseline.B",
        "baseline.a",
        "baseline.b",
    ]
    with pytest.raises(CollectionMissing, match="no database `none`"):
        store.collections("none")
