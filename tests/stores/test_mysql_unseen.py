"""What MariaDB's catalogue hides from a role that may only SELECT is not taken for alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores.mariadb import FIRST, MariaDatabases, maria, maria_server
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset, Discovery
from verify.core.errors import StoreRefused
from verify.core.verdicts import Cause, Conclusion, Verdict
from verify.describing import schema_of, sequences_of
from verify.discovering import discovered

__all__ = ["maria", "maria_server"]

DATASET = Dataset(key=("id",))
USERS = "CREATE TABLE users (id int PRIMARY KEY)"
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v int, CONSTRAINT mine FOREIGN KEY (v) REFERENCES users (id){})"
TRIGGER = "CREATE TRIGGER tell BEFORE INSERT ON t FOR EACH ROW SET NEW.v = {}"
READER = {"user": "reader", "password": "fake-reader"}


@pytest.fixture
def grant(maria: MariaDatabases) -> Iterator[MariaDatabases]:
    """Both sides, and a `reader` who may only SELECT on each until a test grants more; it is taken back in the end."""
    maria.run("candidate", "GRANT SELECT ON candidate.* TO reader@127.0.0.1")
    yield maria
    maria.run("baseline", "REVOKE ALL PRIVILEGES, GRANT OPTION FROM reader@127.0.0.1",
              *(each for each in FIRST if each.startswith("GRANT") and "reader" in each))  # fmt: skip


def _schema(maria: MariaDatabases, table: str = "t") -> Conclusion:
    return schema_of(maria.store("baseline", **READER), maria.store("candidate", **READER), DATASET, name=table)


def _may(maria: MariaDatabases, right: str) -> None:
    for side in ("baseline", "candidate"):
        maria.run(side, f"GRANT {right} ON {side}.* TO reader@127.0.0.1")


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        ((TABLE.format(""), TRIGGER.format(1)), (TABLE.format(""),), "$.settings.triggers.tell"),
        ((TABLE.format(""), TRIGGER.format(1)), (TABLE.format(""), TRIGGER.format(2)), "$.settings.triggers.tell.statement"),
        ((TABLE.format(""),), (TABLE.format(" ON DELETE CASCADE"),), "$.constraints.mine.on_delete"),
    ],
)  # fmt: skip
def test_triggers_and_actions_that_are_hidden_are_not_alike(
    grant: MariaDatabases, one: tuple[str, ...], other: tuple[str, ...], path: str
) -> None:
    """SELECT alone shows neither; with TRIGGER the difference is seen."""
    grant.run("baseline", USERS, *one)
    grant.run("candidate", USERS, *other)
    found = _schema(grant)
    assert (found.verdict, found.cause, found.differences) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER, ())
    assert "its triggers (GRANT TRIGGER)" in found.summary
    assert "kinds and actions of its keys" in found.summary
    _may(grant, "TRIGGER")
    found = _schema(grant)
    assert (found.verdict, [each.path for each in found.differences]) == (Verdict.FAIL, [path])


def test_who_may_see_everything_is_answered(grant: MariaDatabases) -> None:
    """The right on the table alone will do, and so will that of one side for what only the other may not see."""
    grant.run("both", USERS, TABLE.format(""), TRIGGER.format(1))
    grant.run("baseline", "GRANT TRIGGER ON baseline.t TO reader@127.0.0.1")
    found = _schema(grant)
    assert (found.verdict, found.differences) == (Verdict.INCONCLUSIVE, ())
    grant.run("candidate", "GRANT TRIGGER ON candidate.t TO reader@127.0.0.1")
    assert _schema(grant).verdict is Verdict.PASS


def test_what_is_seen_to_differ_fails_all_the_same(grant: MariaDatabases) -> None:
    """A column that is not there is one, whatever else may not be seen."""
    grant.run("both", USERS, TABLE.format(""))
    grant.run("candidate", "ALTER TABLE t ADD w int")
    found = _schema(grant)
    assert (found.verdict, [each.path for each in found.differences]) == (Verdict.FAIL, ["$.columns.w"])


def test_views_are_their_definitions(grant: MariaDatabases) -> None:
    """Two views that show the same today may not tomorrow; names of the own database are no difference."""
    grant.run("both", "CREATE TABLE t (id int PRIMARY KEY)", "CREATE VIEW w AS SELECT id FROM t")
    assert _schema(grant, "w").verdict is Verdict.INCONCLUSIVE
    _may(grant, "SHOW VIEW")
    assert _schema(grant, "w").verdict is Verdict.PASS
    grant.run("candidate", "CREATE OR REPLACE VIEW w AS SELECT id FROM t WHERE id > 0")
    found = _schema(grant, "w")
    assert (found.verdict, [each.path for each in found.differences]) == (Verdict.FAIL, ["$.settings.view.value"])


def test_a_role_that_sees_some_tables_discovers_none(grant: MariaDatabases) -> None:
    """The catalogue shows it its own tables only, and the others would be compared by nobody."""
    grant.run(
        "both", "CREATE TABLE seen (id int PRIMARY KEY)", "INSERT INTO seen VALUES (1)", "CREATE TABLE hidden (id int)"
    )
    grant.run("candidate", "INSERT INTO hidden VALUES (1)")
    nobody = {"user": "nobody", "password": "fake-nobody"}
    _given(grant, "GRANT SELECT ON {}.seen TO nobody@127.0.0.1")
    try:
        assert _discovered(grant, nobody).verdict is Verdict.INCONCLUSIVE
        assert "may read a part of" in _discovered(grant, nobody).summary
        assert _discovered(grant, READER).verdict is Verdict.FAIL
    finally:
        _given(grant, "REVOKE SELECT ON {}.seen FROM nobody@127.0.0.1")


def _given(maria: MariaDatabases, statement: str) -> None:
    for side in ("baseline", "candidate"):
        maria.run(side, statement.format(side))


def _discovered(maria: MariaDatabases, user: dict[str, str]) -> Conclusion:
    one, other = maria.store("baseline", **user), maria.store("candidate", **user)

    def ask(dataset: Dataset, name: str) -> Conclusion:
        return compare_dataset(one, other, dataset, name=name, seed=1, conceal=str)

    return discovered(one, other, Discovery(minimum=0), ask=ask)


def test_a_grant_for_a_pattern_of_databases_counts(grant: MariaDatabases) -> None:
    """`cand%` and `candid_te` are candidate, `candid\\_te` is not."""
    grant.run("candidate", "REVOKE SELECT ON candidate.* FROM reader@127.0.0.1")
    for pattern, seen in (("candid\\_te", False), ("candid_te", True), ("cand%", True)):
        grant.run("candidate", "CREATE OR REPLACE TABLE t (id int)", "GRANT SELECT ON candidate.t TO reader@127.0.0.1",
                  f"GRANT SELECT ON `{pattern}`.* TO reader@127.0.0.1")  # fmt: skip
        try:
            one = _collections(grant)
            assert (one == ["t"]) is seen
        finally:
            grant.run("candidate", f"REVOKE SELECT ON `{pattern}`.* FROM reader@127.0.0.1",  # noqa: S608
                      "REVOKE SELECT ON candidate.t FROM reader@127.0.0.1")  # fmt: skip


def _collections(maria: MariaDatabases) -> list[str]:
    """What the reader is told that the candidate holds; nothing where it is refused."""
    try:
        return [each.name for each in maria.store("candidate", **READER).collections()]
    except StoreRefused:
        return []


def test_a_sequence_inside_a_text_is_not_taken_for_new(maria: MariaDatabases) -> None:
    """Of texts the greatest is `9`, and `10` is held as well."""
    maria.run("both", "CREATE SEQUENCE s NOCACHE", "CREATE TABLE t (id int PRIMARY KEY, c varchar(9) DEFAULT NEXTVAL(s))",
              "INSERT INTO t (id) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)")  # fmt: skip
    one, other = maria.store("baseline"), maria.store("candidate")
    assert sequences_of(other, DATASET, name="t", baseline=one).verdict is Verdict.PASS
    maria.run("candidate", "ALTER SEQUENCE s RESTART 10")
    found = sequences_of(other, DATASET, name="t", baseline=one)
    assert (found.verdict, found.differences[0].candidate) == (Verdict.FAIL, "next is 10")
