"""Where the numbers of a table come from, what comes next, and where they begin again."""

from __future__ import annotations

import pytest

from tests.stores.conftest import Databases
from verify.stores.protocol import Sequences, SequenceState


def test_sequences_say_where_they_end(databases: Databases) -> None:
    """The nearer of the sequence's bounds and the column's; ownership alone feeds nothing."""
    databases.run(
        "baseline", "CREATE SEQUENCE wide", "CREATE SEQUENCE round MINVALUE 3 MAXVALUE 4 CYCLE",
        "CREATE TABLE t (id smallserial, a int DEFAULT nextval('wide'), r int DEFAULT nextval('round'), "
        "n numeric DEFAULT nextval('wide'), o bigint)", "CREATE SEQUENCE mine OWNED BY t.o",
        "INSERT INTO t DEFAULT VALUES", "INSERT INTO t DEFAULT VALUES", "ALTER TABLE t ALTER id DROP DEFAULT",
    )  # fmt: skip
    found = {each.column: each for each in databases.store("baseline").sequences("t")}
    assert (found["id"].most, found["id"].feeds) == (2**15 - 1, False)
    assert (found["a"].most, found["a"].feeds) == (2**31 - 1, True)
    assert found["n"].most == 2**63 - 1
    assert (found["r"].next, found["r"].least, found["r"].most, found["r"].cycles) == (3, 3, 4, True)
    assert (found["o"].next, found["o"].feeds) == (1, False)


RING = "INSERT INTO t VALUES ({})"


@pytest.mark.parametrize(
    ("sequence", "rows", "again"),
    [
        ("MAXVALUE 1000 CYCLE", "900), (950", 900),
        ("MAXVALUE 1000 CYCLE", "-5), (0), (2000", None),
        ("MAXVALUE 1000", "1), (950", None),
        ("INCREMENT 10 MAXVALUE 1000 CYCLE", "2), (950), (41", 41),
        ("INCREMENT -1 MINVALUE 1 MAXVALUE 1000 CYCLE", "5), (990", 990),
        ("INCREMENT -7 MINVALUE -100 MAXVALUE -2 CYCLE", "-3), (-9), (-16", -9),
        ("CYCLE", "4", 4),
    ],
)
@pytest.mark.parametrize("type_", ["int", "bigint", "numeric"])
def test_sequences_that_begin_again_say_what_they_meet(
    databases: Databases, sequence: str, rows: str, again: int | None, type_: str
) -> None:
    """The first number held on its way, from its other end: not what it steps over, nor what lies outside its bounds."""
    databases.run("baseline", f"CREATE SEQUENCE s {sequence}", f"CREATE TABLE t (id {type_} DEFAULT nextval('s'))",
                  RING.format(rows))  # fmt: skip
    (found,) = databases.store("baseline").sequences("t")
    # A sequence wider than its column gives numbers the column refuses before it could begin again.
    assert found.again == (None if sequence == "CYCLE" and type_ == "int" else again)


def test_sequences_say_what_comes_next(databases: Databases) -> None:
    """Serial, identity, a shared sequence and one that counts down; unused ones give their first number."""
    databases.run(
        "baseline", "CREATE SEQUENCE shared INCREMENT 10", "CREATE SEQUENCE down INCREMENT -1 MAXVALUE -1 MINVALUE -99",
        "CREATE TABLE t (id bigserial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY (START 5), "
        "s numeric DEFAULT nextval('shared'), d int DEFAULT nextval('down'), x text DEFAULT 'X' || nextval('shared'))",
    )  # fmt: skip
    store = databases.store("baseline")
    assert isinstance(store, Sequences)
    assert {(each.column, each.next, each.highest) for each in store.sequences("t")} == {
        ("id", 1, None), ("i", 5, None), ("s", 1, None), ("d", -1, None), ("x", 1, None)
    }  # fmt: skip
    databases.run("baseline", "INSERT INTO t DEFAULT VALUES", "INSERT INTO t (id, s, d) VALUES (77, 7.5, -50)")
    found = {each.column: each for each in store.sequences("t")}
    assert found["id"] == SequenceState(
        name="public.t_id_seq", column="id", next=2, increment=1, highest=77, least=1, most=2**63 - 1
    )  # fmt: skip
    assert (found["i"].next, found["i"].highest) == (7, 6)
    assert (found["d"].next, found["d"].increment, found["d"].highest) == (-2, -1, -50)
    assert found["s"].increment == 10
    assert found["x"].highest is None
