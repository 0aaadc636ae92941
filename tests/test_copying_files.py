"""Copies that are files: one that is missing, one that is damaged, and one that says where its rows are not."""

from __future__ import annotations

import json

import pytest

from tests.stored import Memory
from tests.stores.dumps import written
from verify.copying import backup_of
from verify.core.datasets import Backup, Dataset
from verify.core.verdicts import Verdict
from verify.stores.json_file import connect as json_file

ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}]
PLAIN = Dataset(key=("id",))
VIEW = (
    "CREATE TABLE public.people (\n    id integer NOT NULL\n);\nCREATE VIEW public.users AS\n SELECT id FROM public.people;\n"
    "COPY public.people (id) FROM stdin;\n1\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n"
)


def test_a_view_in_a_dump_is_no_damaged_copy(tmp_path):
    """No other dump would hold its rows: the remedy is to name the table, and the named table is read."""
    live = Memory("baseline s", {"users": [{"id": 1}]}, open=False)
    copy = written(tmp_path, VIEW)
    asked = {"dataset": "users", "store": "backup"}
    found = backup_of(live, copy, Backup(**asked), PLAIN, seed=1, conceal=str, personal=())
    assert found.verdict is Verdict.FAIL
    assert found.summary.startswith("the backup of users cannot be read: backup: public.users is a view")
    assert "name the tables it is made of" in found.summary
    assert "of a view: a table that it is made of" in found.remedy
    named = Backup(**asked, collection="people")
    assert backup_of(live, copy, named, PLAIN, seed=1, conceal=str, personal=()).verdict is Verdict.PASS


@pytest.mark.parametrize("text", [None, "", '[{"id": 1}', '[{"id": 1}] x'], ids=["missing", "empty", "cut", "torn"])
def test_a_file_that_is_missing_or_damaged_fails(tmp_path, text):
    """That is what a backup is asked about."""
    if text is not None:
        (tmp_path / "users.json").write_text(text)
    copy = json_file({"path": str(tmp_path)}, source="backup file", protect=False)
    live = Memory("baseline s", {"users": ROWS})
    backup = Backup(dataset="users", store="backup")
    found = backup_of(live, copy, backup, PLAIN, seed=1, conceal=str, personal=())
    assert found.verdict is Verdict.FAIL
    assert "the backup of users cannot be read: backup file: " in found.summary
    assert ("make another copy" in found.remedy) is (text is not None)


def test_a_whole_file_is_read(tmp_path):
    """A file that holds what its dataset holds passes."""
    (tmp_path / "users.json").write_text(json.dumps(ROWS))
    copy = json_file({"path": str(tmp_path)}, source="backup file", protect=False)
    backup = Backup(dataset="users", store="backup")
    found = backup_of(Memory("b", {"users": ROWS}), copy, backup, PLAIN, seed=1, conceal=str, personal=())
    assert found.verdict is Verdict.PASS
