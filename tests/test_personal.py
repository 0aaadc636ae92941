"""What is declared as personal is hidden wherever a dataset holds it."""

from __future__ import annotations

import pytest

from tests.core.builders import environment
from tests.test_datasets import World, world
from verify.compare.explaining import Privacy
from verify.core.verdicts import Verdict
from verify.personal import personal_places

__all__ = ["world"]
SECRET = "kim@shop.example"


def hidden(places, path: str) -> bool:
    """Whether a value at this place is shown as a hash alone."""
    return Privacy(personal=places, conceal=lambda _: "hash").shown(path, f"s{SECRET}") == "string hash"


@pytest.mark.parametrize(
    ("declared", "path"),
    [
        ("$..email", "$.email"), ("$.customer.phone", "$.phone"), ("$.contacts[*]", "$.contacts[3]"),
        ("$['E-Mail']", "$.E-Mail"), ("$..['E-Mail']", "$['E-Mail']"), ("$..['größe']", "$.größe"),
        ("$['a.b']", "$.a.b"), ("$['a.b']", "$['a.b']"), ("$['a.b']", "$.a.b.c"), ("$['$oid']", "$.$oid"),
        ("$['$.id']", "$.$.id"), ("$['a[0]']", "$.a[0]"), ("$['it\\'s']", "$.it's"), ("$['id','email']", "$.id"),
        ("$..email", "$.email (field)"), ("$..email", "$.doc.email"),
        ("$..email", "$.doc.all[0].email"), ("$.customer.phone", "$.doc.phone"),
        ("$.all[?@.open].email", "$.doc.all[0].email"),
    ],
)  # fmt: skip
def test_the_last_name_is_hidden_as_a_column_and_inside_documents(declared, path):
    """However the path writes it, and however the difference does."""
    assert hidden(personal_places(environment(defaults={"personal": [declared]})), path)


@pytest.mark.parametrize("path", ["$.id", "$.a", "$.b", "$.doc.a", "$.mail"])
def test_other_names_are_shown(path):
    """A name is hidden as a whole, never by a part of it, and a path without a name hides nothing."""
    assert not hidden(personal_places(environment(defaults={"personal": ["$..email", "$['a.b']", "$[*]"]})), path)


def test_what_is_made_of_personal_data_is_personal():
    """A column kept in a personal field, inside one or in a text made of one; a key's field that holds it."""
    columns = {
        "mail": {"candidate": "email"},
        "city": {"baseline": "$.address.city"},
        "who": {"baseline": "{id} {email}"},
    }
    users = {
        "key": ["mail"], "store": "main", "columns": {**columns, "open": {"candidate": "other"}},
        "baseline": {"key": {"PK": "USER#{mail}", "SK": "META"}},
    }  # fmt: skip
    backup = {"dataset": "users", "store": "main", "key": {"CK": "{mail}"}, "columns": {"copy": {"candidate": "email"}}}
    found = environment(
        defaults={"personal": ["$..email", "$.address"]}, datasets={"users": users}, backups={"b": backup}
    )
    places = personal_places(found)
    for name in ("mail", "city", "who", "PK", "CK", "copy"):
        assert hidden(places, f"$.{name}"), name
    for name in ("open", "SK", "id"):
        assert not hidden(places, f"$.{name}"), name


@pytest.mark.parametrize(
    ("question", "selector"), [("compare", "datasets"), ("keys", "datasets"), ("dual_write", "dual_written")]
)
def test_no_check_shows_a_personal_key(world: World, question: str, selector: str):
    """What is on one side only is named by its key."""
    users = {
        "key": ["email"], "store": "main", "recheck": {"within": "1ms", "every": "1ms"}, "dual_write": {"version": "v"}
    }  # fmt: skip
    world.system = {"datasets": {"users": users}, "defaults": {"personal": ["$..email"]}}
    world.stores["baseline main"].holds = {"users": [{"email": "open", "v": 1}, {"email": SECRET, "v": 1}]}
    world.stores["candidate main"].holds = {"users": [{"email": "open", "v": 1}]}
    found = world.asked(question, selector, "users")
    assert found.verdict is Verdict.FAIL
    assert SECRET not in str(found)
    assert "hash:x" in str(found)
