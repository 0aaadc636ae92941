"""What tables nobody here has seen are made of: each change that a user would regret is seen, and nothing else is."""

from __future__ import annotations

import pytest

from tests.stores.mariadb import MariaDatabases, maria, maria_server
from tests.systems.own_data import ALT, NEU, Place, single
from verify.core.verdicts import Cause, Verdict

__all__ = ["maria", "maria_server"]
pytest_plugins = ("tests.systems.own_tables",)

SYSTEM = """data: {main: replicated}
datasets:
  arten: {key: [Mandant, Nr], collection: '매장."Viele Arten"'}
  teile: {key: [id, wann]}
  folge: {key: [id]}
"""
CHECK = "CONSTRAINT plz_check CHECK (VALUE ~ '^[0-9]{5}$')"


def at_one_place(place: Place, databases) -> None:
    """Both sides are the candidate's database, under two names of one machine."""
    place.variables["ALT_DSN"] = databases.reader["neu"].replace("127.0.0.1", "localhost")


@pytest.fixture
def more(databases):
    """An index of one partition, and a policy that nothing enforces yet."""
    databases.run("both", "CREATE INDEX teile_24_v ON teile_24 (v)", "CREATE POLICY nur ON folge USING (kunde > 0)")
    yield
    databases.run("both", "DROP INDEX teile_24_v", "DROP POLICY nur ON folge")


def test_one_table_is_not_compared_with_itself(place, databases):
    """Only where the candidate's own numbers stand can be told."""
    at_one_place(place, databases)
    found = place.ask(single("folge", "{key: [id]}"), ALT, NEU).found
    assert {name for name, each in found.items() if each.verdict is Verdict.PASS} == {"sequences folge"}
    assert found["schema folge"].cause is found["indexes folge"].cause is Cause.NOT_PERMITTED


def test_a_table_whose_records_move_inside_it_is_said_to_be_one(place, databases):
    """It is made like itself, and the receipt says that nothing else was looked at."""
    at_one_place(place, databases)
    found = place.ask(single("folge", "{key: [id], baseline: {where: {id: {at_least: 1}}}}"), ALT, NEU).found
    for name in ("schema folge", "indexes folge"):
        assert found[name].verdict is Verdict.PASS
        assert "both sides are one table" in found[name].receipt


@pytest.mark.parametrize(
    ("do", "undo", "claims"),
    [
        (
            "ALTER SEQUENCE folge_id_seq MAXVALUE 200",
            "ALTER SEQUENCE folge_id_seq MAXVALUE 2147483647",
            {"sequences folge"},
        ),
        (
            "ALTER SEQUENCE folge_id_seq MAXVALUE 200 CYCLE",
            "ALTER SEQUENCE folge_id_seq MAXVALUE 2147483647 NO CYCLE",
            {"sequences folge", "schema folge"},
        ),
        (
            "ALTER TABLE folge ALTER id DROP DEFAULT",
            "ALTER TABLE folge ALTER id SET DEFAULT nextval('folge_id_seq')",
            {"sequences folge", "schema folge"},
        ),
        ("ALTER DOMAIN plz DROP CONSTRAINT plz_check", f"ALTER DOMAIN plz ADD {CHECK}", {"schema arten"}),
        (
            "ALTER TYPE laune RENAME VALUE 'gut' TO 'gross'",
            "ALTER TYPE laune RENAME VALUE 'gross' TO 'gut'",
            {"schema arten"},
        ),
        ("DROP INDEX teile_24_v", "CREATE INDEX teile_24_v ON teile_24 (v)", {"indexes teile"}),
        ("ALTER TABLE teile_24 SET UNLOGGED", "ALTER TABLE teile_24 SET LOGGED", {"schema teile"}),
        (
            "ALTER POLICY nur ON folge USING (kunde > 100)",
            "ALTER POLICY nur ON folge USING (kunde > 0)",
            {"schema folge"},
        ),
    ],
)
def test_a_change_is_seen_by_the_claim_about_it(more, place, harmed, do, undo, claims):
    """What it gave no number, allowed or found before is a FAIL of the claim whose business it is."""
    about = {only: place.ask(SYSTEM, ALT, NEU, only=only) for only in ("schema", "indexes", "sequences")}
    assert {name for asked in about.values() for name in asked.told()} == set()
    harmed(do, undo)
    found = {name for only in about for name in place.ask(SYSTEM, ALT, NEU, only=only).failed()}
    assert found == claims


def test_expect_is_not_met_by_a_partial_index(place):
    """An index of some rows serves no query about all of them."""
    said = single("folge", "{key: [id], expect: {indexes: [[notiz]]}}")
    assert place.ask(said, ALT, NEU, only="indexes").failed() == {"indexes folge"}
    assert place.ask(said.replace("notiz", "kunde"), ALT, NEU, only="indexes").told() == {}


@pytest.fixture
def numbered(databases):
    """Makes the table `nummern`, whose id is of the type named, on both sides until the test is over."""

    def make(kind: str) -> None:
        databases.run(
            "both",
            f"CREATE TABLE nummern (id {kind} PRIMARY KEY, v text)",
            "INSERT INTO nummern VALUES (1, 'x')",
            "GRANT SELECT ON nummern TO leserin",
        )
        if kind == "serial":
            databases.run("both", "SELECT setval('nummern_id_seq', 1)", "GRANT SELECT ON nummern_id_seq TO leserin")

    yield make
    databases.run("both", "DROP TABLE IF EXISTS nummern")


@pytest.mark.parametrize(("made", "failed"), [("int PRIMARY KEY", True), ("int AUTO_INCREMENT PRIMARY KEY", False)])
def test_numbers_must_be_fed_in_another_kind_of_store_too(place, numbered, maria: MariaDatabases, made, failed):
    """A serial column that became a plain one takes no new record; so does an auto-increment."""
    maria.run("candidate", f"CREATE TABLE nummern (id {made}, v text)", "INSERT INTO nummern VALUES (1, 'x')")
    numbered("serial" if failed else "int")
    server = maria.server
    dsn = f"mariadb://{server.user}:{server.password}@127.0.0.1:{server.port}/candidate"
    place.variables["MARIA_DSN"] = dsn
    other = 'main: {kind: mysql, dsn: "${MARIA_DSN}"}'
    said = single("nummern", "{key: [id]}")
    there = place.ask(said, ALT, other, only="sequences")
    assert there.failed() == ({"sequences nummern"} if failed else set())
    back = place.ask(said, other, NEU, only="sequences")
    assert back.failed() == (set() if failed else {"sequences nummern"})
