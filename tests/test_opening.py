"""Which stores count as serving users, and how the stores of a trial are opened and closed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import environment
from tests.stored import Memory
from verify import opening
from verify.core.datasets import Dataset, Place
from verify.core.errors import UnresolvedReference
from verify.core.secrets import Secret
from verify.opening import Stores, _is_near, is_live
from verify.trial import on_trial

NEAR = [
    {"path": "/data/of/host=example.com/x.json"},
    {"dsn": "postgresql://u:p%40w@localhost:5432/db"},
    {"dsn": "postgresql://u@[::1]:5432/db"},
    {"dsn": "postgresql:///db"},
    {"dsn": "dbname=db"},
    {"dsn": "host='/var/run/postgresql' dbname=db"},
    {"dsn": "postgresql://u@localhost:1,127.0.0.1:2/db"},
    {"dsn": "mysql://u@127.0.0.1/db"},
    {"host": "/tmp/mysql.sock"},
    {"url": "http://127.0.0.1:9200"},
    {"endpoint": "http://localhost:8000", "region": "eu-west-1"},
    {"bucket": "files", "endpoint": "http://127.0.0.1:9000", "region": "eu-west-1"},
]
FAR = [
    {"region": "eu-west-1"},
    {"profile": "production"},
    {"bucket": "files"},
    {},
    {"url": "https://search.example.com", "aws_region": "eu-west-1"},
    {"url": "search.example.com:9200"},
    {"endpoint": "dynamodb.eu-west-1.example.com", "region": "eu-west-1"},
    {"dsn": "postgresql://u@localhost:5432,db.example.com:5432/db"},
    {"dsn": "postgresql://u@db.example.com:5432,localhost/db"},
    {"dsn": "host=localhost,db.example.com dbname=db"},
    {"dsn": "postgresql://u@localhost/db?hostaddr=192.0.2.7"},
    {"dsn": "service=production"},
    {"dsn": "postgresql:///?service=production"},
    {"dsn": "postgresql://u@[::1/db"},
    {"dsn": "mysql://u:secret@127.0.0.1.example.com/db"},
    {"dsn": "postgresql://localhost@db.example.com/db"},
    {"host": "127.0.0.1,db.example.com"},
    {"host": Secret("${HOST}", lambda: "db.example.com")},
]


@pytest.mark.parametrize("options", NEAR, ids=str)
def test_a_file_a_socket_or_a_loopback_host_is_near(options):
    """What lives on this machine need not be protected by default."""
    assert _is_near(options)


@pytest.mark.parametrize("options", FAR, ids=str)
def test_everything_else_is_far(options):
    """A store that names a host elsewhere, or leaves it to its driver, counts as serving users."""
    assert not _is_near(options)


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_an_address_without_host_follows_its_surroundings(name):
    """libpq takes the host it is not told from variables."""
    assert not _is_near({"dsn": "dbname=db"}, {name: "db.example.com"})
    assert _is_near({"dsn": "postgresql://localhost/db"}, {name: "db.example.com"})


class Opened:
    """A store that knows how it was opened."""

    def __init__(self, kind, options, *, source, protect):
        self.kind, self.options, self.source, self.protect = kind, options, source, protect
        self.closed = 0
        self.breaks = False

    def close(self):
        """It let go, or broke."""
        self.closed += 1
        if self.breaks:
            raise OSError("gone")


@pytest.fixture
def stores(monkeypatch, tmp_path):
    """The stores of a trial whose variables and store specs a test gives; nothing real is opened."""
    monkeypatch.setattr(opening, "open_store", Opened)

    def trial(values=None, **specs):
        place = environment(file={"stores": specs} if specs else {})
        known = {"TARGET_FILE": "there.json", "ORIGIN_FILE": "here.json"} if values is None else values
        return Stores(on_trial(place, values=known, root=tmp_path))

    return trial


def test_a_store_is_opened_once_and_closed_once(stores):
    """Two questions share one store, and nothing that was not asked is opened."""
    found = stores()
    one = found.on("candidate", "main")
    assert found.on("candidate", "main") is one
    assert one.source == "candidate main"
    found.close()
    assert one.closed == 1


def test_each_side_has_its_own_store(stores):
    """The same name on the other side is another store."""
    found = stores()
    paths = [found.on(side, "main").options["path"] for side in ("baseline", "candidate")]
    assert paths == ["here.json", "there.json"]


def test_a_store_that_breaks_when_it_is_closed_keeps_no_other_open(stores):
    """Every store lets go."""
    found = stores()
    sides = [found.on(side, "main") for side in ("baseline", "candidate")]
    for each in sides:
        each.breaks = True
    with pytest.raises(OSError, match="gone"):
        found.close()
    assert [each.closed for each in sides] == [1, 1]


@pytest.mark.parametrize(
    ("spec", "protect"),
    [
        ({"dsn": "${DSN}"}, True),
        ({"dsn": "postgresql://u@127.0.0.1/db"}, False),
        ({"dsn": "${DSN}", "protect": False}, False),
        ({"dsn": "postgresql://u@127.0.0.1/db", "protect": True}, True),
        ({"dsn": "dbname=db"}, True),
    ],
)
def test_what_is_far_is_protected_unless_said(stores, spec, protect):
    """The description's own word counts first."""
    values = {"DSN": "postgresql://u:fake-password@db.example.com/db", "PGHOST": "db.example.com"}
    store = stores(values, main={"kind": "postgres", **spec}).on("candidate", "main")
    assert store.protect is protect
    assert "fake-password" not in repr(store.options)


def test_a_missing_value_or_store_is_said(stores):
    """Nothing is opened in its place."""
    with pytest.raises(UnresolvedReference, match="TARGET_FILE"):
        stores({}).on("candidate", "main")
    with pytest.raises(UnresolvedReference, match="names no store 'other'"):
        stores().on("candidate", "other")


def test_a_copy_is_looked_for_on_the_candidate_first(stores):
    """Where both files name it, the candidate's is meant; else the baseline's."""
    assert stores().anywhere("main").source == "candidate main"
    assert stores(extra={"kind": "json_file", "path": "x"}).anywhere("main").source == "baseline main"
    assert stores(extra={"kind": "json_file", "path": "x"}).anywhere("extra").options == {"path": "x"}


class Located(Memory):
    """A store in memory that says where a collection is."""

    def describe(self, collection):
        """The same place for all stores of one name."""
        return replace(super().describe(collection), place=f"{self.source.split()[-1]} {collection}")


def test_a_copy_that_is_the_live_data_is_known_by_its_place():
    """However the store is called; another place, another collection and one that cannot be heard are not the same."""
    holds = {"users": [{"id": 1}], "old": [{"id": 1}]}
    live = [(Located("baseline a", holds), "users"), (Located("candidate b", holds), "users")]
    assert is_live(Located("copy b", holds), "users", live)
    assert is_live(Located("copy a", holds), "users", live)
    assert not is_live(Located("copy c", holds), "users", live)
    assert not is_live(Located("copy b", holds), "old", live)
    assert not is_live(Located("copy b", holds), "gone", [(Located("candidate b", holds), "gone")])
    assert not is_live(Memory("copy x", holds), "users", [(Memory("candidate x", holds), "users")])


def test_live_is_where_both_sides_keep_a_dataset(stores):
    """The store and the collection of each."""
    found = stores()
    dataset = Dataset(key=("id",), candidate=Place(collection="people"))
    assert found.live(dataset, "users") == [
        (found.on("baseline", "main"), "users"),
        (found.on("candidate", "main"), "people"),
    ]
