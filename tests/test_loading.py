"""Environment files: found by name, every mistake told at once."""

from __future__ import annotations

from textwrap import dedent

import pytest

from verify.core.errors import CutoverError, InvalidEnvironment
from verify.loading import ENVIRONMENTS, available, find, listing, load_environment

SYSTEM = """\
system: shop
health: {request: GET /health}
endpoints:
  list: {request: GET /api/list}
  item: {request: GET /api/item/1, as: ann}
identities:
  ann: {token: "${TOKEN}"}
datasets:
  users: {key: [id]}
steps:
  - {name: "10", percent: 10.0, requires: [health, parity]}
"""
ORIGIN = """\
environment: origin
urls: {api: "${ORIGIN_URL}"}
stores: {main: {kind: json_file, path: "${ORIGIN_FILE}"}}
"""
TARGET = """\
environment: target
baseline: origin
urls: {api: "${TARGET_URL}"}
stores: {main: {kind: postgres, dsn: "${TARGET_DSN}"}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Writes files below environments/ and loads from there."""
    monkeypatch.chdir(tmp_path)

    class Folder:
        path = tmp_path / "environments"

        def write(self, place="shop", /, **files):
            for name, text in {"system": SYSTEM, "origin": ORIGIN, "target": TARGET, **files}.items():
                if text is not None:
                    path = self.path / place / f"{name}.yaml"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(dedent(text), encoding="utf-8")
            return self

        def load(self, name="target", **changes):
            return load_environment(name, folder=self.path, **changes)

        def mistakes(self, name="target", **files):
            self.write(**files)
            with pytest.raises(InvalidEnvironment) as error:
                self.load(name)
            return str(error.value).splitlines()

    return Folder()


def test_an_environment_with_its_baseline(folder):
    """System, file and baseline, nothing resolved."""
    found = folder.write().load()
    assert found.id == "shop/target"
    assert found.baseline is not None
    assert found.baseline.name == "origin"
    assert found.baseline.baseline is None
    assert found.file.urls == {"api": "${TARGET_URL}"}


def test_the_baseline_itself_has_none(folder):
    """It can be looked at, with nothing to compare it with."""
    assert folder.write().load("origin").baseline is None


@pytest.mark.parametrize("name", ["target", "shop/target"])
def test_names(folder, name):
    """A stem or system/stem."""
    assert find(name, folder.write().path) == folder.path / "shop" / "target.yaml"


def test_a_path_is_a_name_too(folder, tmp_path):
    """Relative or absolute."""
    folder.write()
    assert folder.load("environments/shop/target.yaml").id == "shop/target"
    assert folder.load(str(tmp_path / "environments/shop/target.yaml")).id == "shop/target"


@pytest.mark.parametrize(
    ("name", "guess"), [("targte", "did you mean target?"), ("shop/orign", "did you mean shop/origin?"), ("zzz", "")]
)
def test_unknown_names_list_the_candidates(folder, name, guess):
    """What there is, and a guess where one is near."""
    with pytest.raises(CutoverError) as error:
        folder.write().load(name)
    text = str(error.value)
    assert guess in text
    assert "environments:\n  shop/origin\n  shop/target" in text


def test_ambiguous_names_list_the_candidates(folder):
    """Two systems may have an environment of one name."""
    folder.write().write("cafe", system=SYSTEM.replace("shop", "cafe"))
    with pytest.raises(CutoverError, match="is the name of several environments") as error:
        folder.load("target")
    assert "  cafe/target\n" in str(error.value)
    assert folder.load("cafe/target").id == "cafe/target"


def test_no_environment_at_all(folder):
    """An empty folder says so."""
    assert "none below" in listing(folder.path)
    assert available(folder.path) == {}


@pytest.mark.parametrize(
    ("test", "path", "message"),
    [
        ("{at_least: 1, below: 5}", "", "say exactly one of starts:, not:, at_least: and below:"),
        ("{}", "", "say exactly one of starts:, not:, at_least: and below:"),
        ("{bellow: 5}", ".bellow", "is not known here; did you mean below?"),
        ("{starts: 5}", ".starts", "must be text; quote it; found 5"),
        ("{not: {a: 1}}", ".not", "must be text, a number, true, false or null, or a list of these"),
        ("{not: [[1]]}", ".not", "must be text, a number, true, false or null, or a list of these"),
        ("{below: [1]}", ".below", "must be text or a number"),
        ("[[1], 2]", "", "must be text, a number, true, false or null, a list of these, or a test: starts:, not:,"),
    ],
)
@pytest.mark.parametrize("side", ["", ".baseline", ".candidate"])
def test_a_wrong_test_of_a_field_is_told_once(folder, test, path, message, side):
    """What else might have stood there is not told: it contradicts the one mistake."""
    where = f"where: {{id: {test}}}"
    said = f"{side[1:]}: {{{where}}}" if side else where
    found = folder.mistakes(system=SYSTEM.replace("users: {key: [id]}", f"users: {{key: [id], {said}}}"))
    told = [line for line in found if "where" in line]
    start = f"environments/shop/system.yaml:9: datasets.users{side}.where.id{path}: {message}"
    assert told[0].startswith(start), told
    assert len(told) == 1


def test_five_mistakes_are_five_lines(folder):
    """Every mistake with file, line, path, and a guess."""
    system = """\
    system: shop
    helth: {request: GET /health}
    endpoints:
      list: {request: get /api/list}
      item: {request: GET /api/item/1, wieght: 2, writes: no}
    steps:
      - {name: "10", percent: 10.0, requires: [healt]}
    """
    found = folder.mistakes(system=system)
    shown = "environments/shop/system.yaml"
    for start in (
        f"{shown}:2: helth: is not known here; did you mean health?",
        f"{shown}:4: endpoints.list.request: 'get /api/list' is not a request",
        f"{shown}:5: endpoints.item.wieght: is not known here; did you mean weight?",
        f"{shown}:5: endpoints.item.writes: no reads differently",
        f"{shown}:7: steps[0].requires[0]: 'healt' is not one of",
    ):
        assert sum(line.startswith(start) for line in found) == 1, (start, found)
    assert "did you mean health?" in next(line for line in found if "requires[0]" in line)
    assert len(found) == 5


def test_mistakes_of_all_three_files_come_together(folder):
    """System, environment and baseline in one go."""
    found = folder.mistakes(
        system=SYSTEM.replace("as: ann", "as: anne"), target=TARGET + "loda: 1\n", origin=ORIGIN + "title: 5\n"
    )
    assert [line.partition(":")[0].rpartition("/")[2] for line in found] == [
        "origin.yaml",
        "system.yaml",
        "target.yaml",
    ]
    assert "must be text; quote it; found 5" in found[0]
    assert "no identity is called 'anne'; did you mean ann?" in found[1]
    assert "did you mean load?" in found[2]


def test_missing_keys_are_named_at_their_parent(folder):
    """The line of the mapping that lacks them."""
    found = folder.mistakes(system=SYSTEM.replace("users: {key: [id]}", "users: {minimum: 2}"))
    assert found == ["environments/shop/system.yaml:9: datasets.users.key: is required"]


@pytest.mark.parametrize("text", ["", "# x\n", "---\n", "- a\n", "hello\n", "5\n"])
def test_files_that_are_no_description(folder, text):
    """Empty, a list, a word: what is required or expected is said."""
    found = folder.mistakes(target=text)
    assert len(found) == 1
    assert found[0].startswith(("environments/shop/target.yaml:1: ", "environments/shop/target.yaml:2: "))
    assert "is required" in found[0] or "must be a mapping" in found[0]


def test_missing_baseline_lists_the_siblings(folder):
    """The line of `baseline:` and what there is."""
    found = folder.mistakes(target=TARGET.replace("baseline: origin", "baseline: orgin"))
    assert found == [
        "environments/shop/target.yaml:2: baseline: there is no orgin.yaml beside this file; there are: origin, target"
    ]


def test_missing_system(folder):
    """An environment alone is not enough."""
    assert folder.mistakes(system=None) == ["environments/shop/system.yaml: there is no such file"]


def test_a_file_that_is_not_there(folder):
    """A path is taken at its word."""
    folder.write()
    with pytest.raises(InvalidEnvironment, match=r"nowhere.yaml: there is no such file"):
        folder.load("environments/shop/nowhere.yaml")


def test_an_environment_cannot_be_its_own_baseline(folder):
    """Compared with itself everything is equal."""
    found = folder.mistakes(target=TARGET.replace("baseline: origin", "baseline: target"))
    assert len(found) == 1
    assert "target.yaml:2: baseline: " in found[0]
    assert "itself" in found[0]


def test_file_and_environment_have_one_name(folder):
    """A copied file would write its evidence under another's name."""
    found = folder.mistakes(target=TARGET.replace("environment: target", "environment: origin"))
    assert any("target.yaml:1: environment: 'origin' is not the name of this file" in line for line in found)


def test_folder_and_system_have_one_name(folder):
    """So has a copied folder."""
    found = folder.mistakes(system=SYSTEM.replace("system: shop", "system: cafe"))
    assert any("system.yaml:1: system: 'cafe' is not the name of this folder" in line for line in found)


def test_broken_references_have_lines(folder):
    """Anywhere in any file."""
    found = folder.mistakes(target=TARGET.replace("${TARGET_URL}", "${TARGET URL}"))
    assert "target.yaml:3: urls.api: '${TARGET URL}' is not a reference" in found[0]


def test_store_problems_are_asked_for(folder):
    """What a kind needs is said by its kind, once a store."""
    folder.write()
    with pytest.raises(InvalidEnvironment) as error:
        folder.load(stores=lambda kind, options: [f"{kind} needs more than {sorted(options)}"])
    assert sorted(str(error.value).splitlines()) == [
        "environments/shop/origin.yaml:3: stores.main: json_file needs more than ['path']",
        "environments/shop/target.yaml:4: stores.main: postgres needs more than ['dsn']",
    ]


def test_wrong_freshness_key_is_one_mistake(folder):
    """A union of words is one place, told once, with a guess."""
    steps = '- {name: "10", percent: 10.0, requires: [health, parity], fresh: {helth: 1h}}'
    found = folder.mistakes(system=SYSTEM.replace('- {name: "10", percent: 10.0, requires: [health, parity]}', steps))
    assert all(line.startswith("environments/shop/system.yaml:11: steps[0].fresh.helth") for line in found)
    assert len(found) == 1
    assert "did you mean health?" in found[0]


@pytest.mark.parametrize("name", sorted(available()))
def test_shipped_environments_load(name):
    """What the repository ships is sound."""
    assert load_environment(name, folder=ENVIRONMENTS).id == name
