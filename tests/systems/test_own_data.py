"""Data nobody here has seen: equal sides pass, planted defects are named and nothing else, nothing observed never passes."""

# ruff: noqa: S608 - all of the SQL is in these files
from __future__ import annotations

import re

import psycopg
import pytest

from tests.systems.own_data import ALT, NEU, PASSWORD, READER, Writer, single
from verify.core.verdicts import Cause, Verdict

pytest_plugins = ("tests.systems.own_tables",)
pytestmark = pytest.mark.xdist_group("systems-own-data")
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


def test_every_planted_cell_is_named_and_no_other(place, harmed, databases):
    """Last bits, blanks, NFD, other kinds, other zones and swapped rows each stand at their key and path."""
    cells = {
        "f8": "f8 * (1 + 2.3e-16)", "f4": "f4 * 1.0000002", "text_": "text_ || ' '", '"이름"': "normalize('가5', NFD)",
        "wann": "wann + interval '9 h'", "jb": "jsonb_set(jb, '{n}', '\"7\"')", "dauer": "'1 mon 30 days'",
        "zahlen": "'[0:1]={9,NULL}'", "zahl": "zahl + 1e-11", "vielleicht": "'null'", "spanne": "'(12,17)'",
        "wo": "row('s13', 13, null)::adresse", "preis": "preis + 0.01::money", "gross": "gross + 1", "bits": "B'10100'",
        "ort": "ort + interval '1 us'", "roh": "roh || '\\x00'", "tag": "tag - 1",
    }  # fmt: skip
    where = '"Mandant" = \'Ä\' AND "Nr" = {}'
    rows = {column: number + 1 for number, column in enumerate(cells)}
    change = ";".join(
        f"UPDATE {ARTS} SET {column} = {value} WHERE {where.format(rows[column])}" for column, value in cells.items()
    )
    swap = (f"UPDATE {ARTS} a SET kennung = b.kennung FROM {ARTS} b WHERE a.\"Mandant\" = '가' AND b.\"Mandant\" = '가'"
            ' AND (a."Nr", b."Nr") IN ((1, 2), (2, 1))')  # fmt: skip
    with psycopg.connect(databases.owner["alt"]) as connection:
        found = connection.execute("SELECT attname FROM pg_attribute WHERE attrelid = '\"매장\".\"Viele Arten\"'::regclass"
                                   " AND attnum > 0 AND attgenerated = ''").fetchall()  # fmt: skip
    names = ", ".join(f'"{name}"' for (name,) in found)
    harmed(f"CREATE TABLE behalten AS SELECT * FROM {ARTS}; {change}; {swap};"
            f"DELETE FROM {ARTS} WHERE \"Mandant\" = '가' AND \"Nr\" = 30;"
            f"UPDATE {ARTS} SET \"Nr\" = 2147483647 WHERE \"Mandant\" = '가' AND \"Nr\" = 29",
            f"TRUNCATE {ARTS}; INSERT INTO {ARTS} ({names}) SELECT {names} FROM behalten; DROP TABLE behalten")  # fmt: skip
    asked = place.ask(EVERYTHING, ALT, NEU, only="arten")
    assert asked.failed() == {"count arten", "keys arten", "records arten"}, asked.told()
    row = 'Mandant=string "{}", Nr={}'
    inside = {"jb": "$.jb.n"}
    expected = {
        (row.format("Ä", number), inside.get(column, f"$.{column.strip(chr(34))}")) for column, number in rows.items()
    }
    expected |= {(row.format("가", number), "$.kennung") for number in (1, 2)}
    expected |= {(row.format("가", number), "$") for number in (29, 30, 2147483647)}
    assert asked.places("records arten") == expected
    assert asked.places("keys arten") == {(row.format("가", number), "$") for number in (29, 30, 2147483647)}


def test_equal_numbers_of_duplicates_hide_nothing(place, harmed):
    """One duplicate more of one row and one less of another keep the count and are both told."""
    one = "(SELECT min(ctid) FROM haufen WHERE b = 3 AND c = {})"
    harmed(
        f"UPDATE haufen SET c = 1 WHERE ctid = {one.format(0)}", f"UPDATE haufen SET c = 0 WHERE ctid = {one.format(1)}"
    )
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
def test_a_defect_of_the_structure_fails_its_own_claim_alone(place, harmed, name):
    """Sequences, indexes, constraints and settings are told by the claim about them; the records stay equal."""
    statement, undo, expected = STRUCTURE[name]
    harmed(statement, undo)
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
def test_what_the_role_may_not_read_is_neither_equal_nor_different(place, harmed, databases, statement, undo):
    """Denied, hidden, locked out and missing on both sides: the records are INCONCLUSIVE, and no password is shown."""
    databases.run("alt", statement)
    try:
        harmed(statement, undo)
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
    check = "dual_write" if "version" in said else "records"
    conclusion = place.ask(single("folge", said), ALT, NEU, only=check).found[f"{check} folge"]
    assert conclusion.verdict is Verdict.FAIL
    assert re.search(r"\b(idd|Id)\b", conclusion.summary), conclusion


def test_writes_on_their_way_are_followed_and_a_lost_one_is_named(place, databases):
    """With writes going on and the candidate behind, recheck proves equality; two writes that never come are told."""
    databases.run("both", "DROP TABLE IF EXISTS umzug.lauf",
                  "CREATE TABLE umzug.lauf (id int PRIMARY KEY, v int, geaendert timestamptz)",
                  "INSERT INTO umzug.lauf SELECT n, n, '2023-01-01+00' FROM generate_series(1, 2000) n",
                  f"GRANT SELECT ON umzug.lauf TO {READER}")  # fmt: skip
    said = single(
        "lauf",
        "{key: [id], collection: umzug.lauf, recheck: {within: 2s, every: 100ms}, dual_write: {version: geaendert}}",
    )
    with Writer(databases):
        asked = place.ask(said.replace("2s", "20s"), ALT, NEU, only="dual_write")  # it ends as soon as all agree
        assert asked.told() == {}
        assert "differed at first" in asked.found["dual_write lauf"].receipt
    databases.run(
        "both",
        "TRUNCATE umzug.lauf",
        "INSERT INTO umzug.lauf SELECT n, n, '2023-01-01+00' FROM generate_series(1, 2000) n",
    )
    with Writer(databases, lost={5: 1500, 11: 1501}):
        asked = place.ask(said, ALT, NEU, only="records")
        assert asked.places("records lauf") == {
            (f"id={number}", path) for number in (1500, 1501) for path in ("$.v", "$.geaendert")
        }
    asked = place.ask(said.replace("2s", "100ms"), ALT, NEU, only="dual_write")
    told = asked.found["dual_write lauf"]
    assert {each.detail.partition(";")[0] for each in told.differences} == {"updates lost on candidate"}, told
    assert asked.places("dual_write lauf") == {("id=1500", "$.geaendert"), ("id=1501", "$.geaendert")}


def test_a_discovery_tells_what_it_left_out_and_what_a_side_lacks(place, harmed):
    """A table on one side only fails, what is excepted is listed, and a schema that is not there proves nothing."""
    harmed("ALTER TABLE mandanten RENAME TO mieter", "ALTER TABLE mieter RENAME TO mandanten")
    found = "data: {main: replicated}\ndiscover:\n  alles: "
    asked = place.ask(found + "{schema: public, minimum: 0}", ALT, NEU, only="count")
    assert asked.places("count alles") == {("mandanten", "$"), ("mieter", "$")}
    asked = place.ask(found + '{schema: public, minimum: 0, except: ["m*e*", mandanten]}', ALT, NEU)
    assert asked.told() == {}
    assert "left out: mandanten, mieter" in asked.found["records alles"].receipt
    for said in ("{schema: pubilc, minimum: 0}", '{schema: public, except: ["*"], minimum: 0}'):
        asked = place.ask(found + said, ALT, NEU)
        assert {each.cause for each in asked.found.values()} == {Cause.TOO_FEW}, asked.told()
