"""A system that nobody here wrote works from YAML alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from desk import runs_of

pytestmark = pytest.mark.xdist_group("systems-own")
COUNT, RECORDS = "consistency.count dataset/bestellungen", "consistency.records dataset/bestellungen"
TABLE = '"Bestellungen 2024"'
ROW = """ WHERE "Id" = {} AND "Teil" = 'Teil "Ä"'"""
CHANGES = {
    "이름": "'김'", "betrag": "betrag + 0.000001", "wert": "wert + 1", "Daten": """'{"a": [1, null], "b": "1"}'""",
    "zahlen": "array[1]", "worte": "array['', 'a', 'b', 'ß\"', null]", "laune": "'schlecht'",
    "wann": "wann + interval '1 microsecond'", "ortszeit": "ortszeit + interval '1 hour'", "tag": "'0043-03-15 BC'",
    "roh": r"'\x00'", "kennung": "'00000000-0000-0000-0000-000000000000'", "dauer": "interval '1 day'",
    "leer": "null", "nichts": "''", "ok": "null", "kommazahl": "0",
}  # fmt: skip


def differences(desk) -> dict[str, set[tuple[str, str]]]:
    """What the newest run found different, by claim: key and path."""
    run = runs_of(desk)[-1]
    return {
        f"{claim.check} {claim.subject}": {(each.key, each.path) for each in seen[-1].conclusion.differences}
        for claim, seen in run.evidence.items()
        if seen[-1].conclusion.differences
    }


def test_it_is_green_when_both_sides_are_equal(laden):
    """Plain servers and awkward tables pass every claim, and the gate advances."""
    ended = laden.pytest()
    assert ended.code == 0, ended.said
    assert ended.names("120 records on each side", "120 rows on each side, 19 of 19 columns, 0 skipped"), ended.said
    gate = laden.gate("umzug")
    assert gate.code == 0, gate.said
    assert gate.names("laden/neu"), gate.said


def test_every_type_tells_its_difference_by_record_and_path(laden, writing):
    """One cell of each column is changed in its own row, and exactly those cells are named."""
    rows = {column: number + 1 for number, column in enumerate(CHANGES)}
    change = ";".join(
        f'UPDATE {TABLE} SET "{column}" = {value}' + ROW.format(rows[column])  # noqa: S608 - all of it is in this file
        for column, value in CHANGES.items()
    )
    back = f"TRUNCATE {TABLE}; INSERT INTO {TABLE} SELECT * FROM kept; DROP TABLE kept"  # noqa: S608 - the same
    with writing(f"CREATE TABLE kept AS SELECT * FROM {TABLE};{change}", back):  # noqa: S608 - the same
        ended = laden.pytest("-q", "verify/checks/test_consistency.py")
    assert ended.code == 1, ended.said
    found = differences(laden)
    assert set(found) == {RECORDS}, ended.said
    told = {(int(re.search(r"\d+", key)[0]), re.search(r"\w+", path)[0]) for key, path in found[RECORDS]}
    assert told == {(row, column) for column, row in rows.items()}, found
    assert all("Ä" in key for key, _ in found[RECORDS])


def test_a_lost_and_an_extra_record_are_named(laden, writing):
    """Equal numbers hide nothing: the count passes, and both records are named."""
    with writing('UPDATE "주문" SET "번호" = "번호" + 100 WHERE "번호" = 9007199254740993',
                 'UPDATE "주문" SET "번호" = "번호" - 100 WHERE "번호" = 9007199254741093'):  # fmt: skip
        ended = laden.pytest("-q", "verify/checks/test_consistency.py")
    assert ended.code == 1, ended.said
    found = differences(laden)
    assert set(found) == {"consistency.keys dataset/orders", "consistency.records dataset/orders"}
    assert re.findall(r"\d{16}", " ".join(sorted(key for key, _ in found["consistency.records dataset/orders"]))) == [
        "9007199254740993", "9007199254741093"
    ]  # fmt: skip


def test_a_missing_table_is_no_wrong_answer(laden, writing):
    """The claim is INCONCLUSIVE, the table is named, and the gate holds."""
    with writing('ALTER TABLE "주문" RENAME TO weg', 'ALTER TABLE weg RENAME TO "주문"'):
        ended = laden.pytest("-q", "verify/checks/test_consistency.py")
    assert ended.code == 1, ended.said
    assert ended.names("INCONCLUSIVE (no-answer)", "consistency.count dataset/orders", "주문"), ended.said
    assert "Traceback" not in ended.said
    gate = laden.gate("umzug")
    assert gate.code == 10, gate.said
    assert gate.names("consistency.count dataset/orders", "consistency.records dataset/orders"), gate.said


def test_a_column_only_one_side_has_is_named(laden, writing):
    """A column that never arrived is a difference, not a skipped comparison."""
    with writing('ALTER TABLE "주문" ADD COLUMN "Neu" int', 'ALTER TABLE "주문" DROP COLUMN "Neu"'):
        ended = laden.pytest("-q", "verify/checks/test_consistency.py")
    assert ended.code == 1, ended.said
    assert ended.names("consistency.records dataset/orders", "Neu"), ended.said


def test_an_empty_table_on_both_sides_proves_nothing(laden):
    """More is promised than is there: equal sides below `minimum` do not pass."""
    system = laden.root.parent / "laden" / "system.yaml"
    system.write_text(system.read_text().replace("minimum: 100", "minimum: 121"))
    ended = laden.pytest("-q", "verify/checks/test_consistency.py")
    assert ended.code == 1, ended.said
    assert ended.names(COUNT, RECORDS, "121", "120"), ended.said


@pytest.mark.parametrize(
    "address", ["ftp://x", "http://", "http://127.0.0.1:99999", "127.0.0.1:80", "http://x?a=1", "http://[::"]
)
def test_an_address_that_is_none_is_told_with_its_variable(laden, address):
    """What was exported wrongly is named; nothing crashes, nothing passes, and the gate holds."""
    desk = replace(laden, variables={**laden.variables, "NEU_URL": address, "NEU_DSN": "postgresql://[::x"})
    ended = desk.pytest("-q")
    assert ended.code == 1, ended.said
    assert ended.names("health.identity", "${NEU_URL}", "dsn", "17 failed"), ended.said
    assert "Traceback" not in ended.said
    assert "INTERNALERROR" not in ended.said
    gate = desk.gate("umzug")
    assert gate.code == 10, gate.said
    assert gate.names("consistency.records", "parity.endpoint", "health.identity"), gate.said


def without(text: str, *parts: str) -> str:
    """The description without the lines that start with one of these."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(parts))


def test_datasets_alone_are_a_system(laden):
    """No health, no identity, no address: what is declared is proven, and the gate names what is not."""
    folder = laden.root.parent / "laden"
    text = (folder / "system.yaml").read_text()
    datasets = text[text.index("datasets:") : text.index("steps:")]
    steps = "steps:\n  - {name: umzug, percent: 0, requires: [consistency]}\n"
    (folder / "system.yaml").write_text(f"system: laden\ndata: {{haupt: replicated}}\n{datasets}{steps}")
    for side in ("alt", "neu"):
        file = folder / f"{side}.yaml"
        file.write_text(without(file.read_text(), "urls", "headers", "identity"))
    ended = laden.pytest()
    assert ended.code == 0, ended.said
    assert ended.names("12 passed", "health.endpoint"), ended.said
    gate = laden.gate("umzug")
    assert gate.code == 10, gate.said
    assert gate.names("build is unknown", "identity"), gate.said
