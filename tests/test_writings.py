"""The journal of what a load run wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from verify.core.errors import EvidenceError
from verify.core.model import Endpoint
from verify.writings import Removal, WriteJournal, read_journal, removal_of, tagged_body, unfit_writes

UNDO = {"request": "DELETE /api/things/{id}", "captures": {"id": "$.id"}}


def endpoint(**given: object) -> Endpoint:
    """An endpoint that creates a thing, but for what is given."""
    return Endpoint.model_validate({"request": "POST /api/things", "writes": True, "undo": UNDO, **given})


def removal(number: int) -> Removal:
    """How the thing of that number is removed."""
    return removal_of(endpoint(), "create", number, "candidate", b'{"id": "a/%d"}' % number)


def test_a_journal_says_what_is_left(tmp_path: Path) -> None:
    """Of five requests one created something that is gone, one something that is left; one is refused, two are unknown."""
    journal = WriteJournal(tmp_path / "writes" / "one.journal", begins={"tag": "cutover-one"})
    numbers = [
        journal.asked("create", side) for side in ("baseline", "candidate", "candidate", "baseline", "candidate")
    ]
    journal.made(removal(numbers[0]))
    journal.made(removal(numbers[1]))
    journal.nothing(numbers[2])
    journal.unknown(numbers[3], "timeout")
    journal.removed(numbers[0])
    journal.close()
    found = read_journal(journal.path)
    assert (found.tag, found.made, found.closed) == ("cutover-one", 2, False)
    assert [each.words for each in found.left.values()] == ["candidate DELETE /api/things/a%2F2"]
    assert list(found.unknown.values()) == ["baseline create: timeout", "candidate create was not answered"]


def test_a_line_cut_short_by_a_crash_is_not_read(tmp_path: Path) -> None:
    """The request whose second line is incomplete is unknown; a broken line in the middle is an error that names it."""
    path = tmp_path / "one.journal"
    journal = WriteJournal(path, begins={"tag": "cutover-one"})
    journal.made(removal(journal.asked("create", "candidate")))
    journal.close()
    path.write_bytes(path.read_bytes()[:-9])
    assert list(read_journal(path).unknown) == [1]
    assert not read_journal(path).left
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(EvidenceError, match="line 3"):
        read_journal(path)


def test_a_journal_is_one_run_s_alone(tmp_path: Path) -> None:
    """While it is open nobody else removes what it names; afterwards somebody may."""
    path = tmp_path / "one.journal"
    journal = WriteJournal(path, begins={"tag": "cutover-one"})
    with pytest.raises(BlockingIOError):
        WriteJournal(path)
    journal.close()
    WriteJournal(path).close()


@pytest.mark.parametrize("body", ["{}", '{"id": null}', '{"id": ".."}', '{"id": true}', '{"id": {}}', "<html>"])
def test_an_answer_that_names_nothing_removes_nothing(body: str) -> None:
    """Only a text or a whole number is a name."""
    with pytest.raises(ValueError, match=r"\$\.id|Expecting value"):
        removal_of(endpoint(), "create", 1, "candidate", body.encode())


def test_a_name_cannot_lead_elsewhere() -> None:
    """Slashes, question marks and line ends of an answer are encoded."""
    found = removal_of(endpoint(), "create", 1, "candidate", b'{"id": "../users/1?x=\\n"}')
    assert found.request == "DELETE /api/things/..%2Fusers%2F1%3Fx%3D%0A"


def test_the_tag_is_written_where_it_is_asked_for() -> None:
    """Other fields stay, the declared body is not changed, objects on the way are made."""
    body = {"size": 1, "note": {"by": "x"}}
    assert tagged_body(body, "$.note.memo", "cutover-1") == {"size": 1, "note": {"by": "x", "memo": "cutover-1"}}
    assert tagged_body(body, "$.a.b", "t")["a"] == {"b": "t"}
    assert body == {"size": 1, "note": {"by": "x"}}
    assert tagged_body(body, None, "t") is body


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"writes": False}, "belong to a request that says writes: true"),
        ({"leaves": "nothing"}, "either undo: or leaves"),
        ({"undo": {**UNDO, "captures": {"key": "$.id"}}}, "do not name the same: id, key"),
        ({"undo": {**UNDO, "tagged": "GET /api/things/{id}"}}, "tagged: needs tag:"),
        ({"undo": {**UNDO, "tag": "memo"}}, "pattern"),
    ],
)
def test_what_cannot_be_undone_is_a_mistake_of_the_description(wrong: dict[str, object], said: str) -> None:
    """Each is told by its words."""
    with pytest.raises(ValidationError, match=said):
        endpoint(**wrong)


def test_writes_that_nobody_could_undo_are_named() -> None:
    """`undo:` or `leaves: nothing` is enough; one that only reads needs neither."""
    found = {
        "undone": endpoint(), "idempotent": endpoint(undo=None, leaves="nothing"), "bad": endpoint(undo=None),
        "read": Endpoint(request="GET /"),
    }  # fmt: skip
    assert unfit_writes(found.items()) == ["bad"]
