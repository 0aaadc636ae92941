"""What MariaDB's catalogue says of a trigger or a partition beside its name and its text."""

from __future__ import annotations

from tests.stores.mariadb import MariaDatabases, maria, maria_server
from verify.core.datasets import Dataset
from verify.core.verdicts import Verdict
from verify.describing import schema_of

__all__ = ["maria", "maria_server"]

PARTED = """CREATE TABLE t (id int, a int, b int) PARTITION BY RANGE (id) SUBPARTITION BY HASH ({}) SUBPARTITIONS 2
    (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)"""


def _schema(maria: MariaDatabases) -> tuple[Verdict, list[str]]:
    found = schema_of(maria.store("baseline"), maria.store("candidate"), Dataset(key=("id",)), name="t")
    return found.verdict, [each.path for each in found.differences]


def test_what_partitions_are_cut_by_below_counts(maria: MariaDatabases) -> None:
    """Partitions called and bound alike may part their own rows by another column."""
    maria.run("both", PARTED.format("a"))
    assert _schema(maria) == (Verdict.PASS, [])
    maria.run("candidate", "DROP TABLE t", PARTED.format("b"))
    assert _schema(maria) == (Verdict.FAIL, ["$.settings.partitions.value"])


def test_the_mode_a_trigger_was_made_under_counts(maria: MariaDatabases) -> None:
    """The same text refuses what does not fit a column, or cuts it, by the mode of whoever wrote it."""
    maria.run("both", "CREATE TABLE t (id int PRIMARY KEY, v varchar(2))")
    trigger = "CREATE TRIGGER tell BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'abc'"
    maria.run("baseline", "SET SESSION sql_mode = 'STRICT_ALL_TABLES'", trigger)
    with maria.connection("candidate") as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = ''")
        cursor.execute(trigger)
    assert _schema(maria) == (Verdict.FAIL, ["$.settings.triggers.tell.sql_mode"])
