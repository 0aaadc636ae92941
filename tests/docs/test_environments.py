"""docs/environments.md and docs/stores.md against the models they describe."""

from __future__ import annotations

import importlib

import pytest

from tests.docs.described import every_key, shown_default
from tests.docs.pages import ROOT, fences, rows, sections
from verify.core.model import EnvironmentFile, SystemFile
from verify.positions import read_yaml
from verify.stores.registry import kinds, problems

KEYS = every_key()
FILES = sorted(ROOT.glob("environments/*/*.yaml"))
PAGE = (ROOT / "docs" / "environments.md").read_text(encoding="utf-8")
STORES = (ROOT / "docs" / "stores.md").read_text(encoding="utf-8")
PAGES = ("docs/environments.md", "docs/stores.md", "docs/getting-started.md")
PARTS = [(page, text) for page in PAGES for kind, text in fences((ROOT / page).read_text(encoding="utf-8"))
         if kind == "yaml" and text.startswith("# in ")]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.section}.{key.name}")
def test_every_key_is_described_with_its_default(key):
    """A key that nobody can look up, or whose default is told wrongly, misleads whoever writes a file."""
    assert key.section in sections(PAGE), f"docs/environments.md needs a heading `## {key.section}`"
    described = rows(sections(PAGE)[key.section])
    assert key.name in described, f"`{key.name}` is missing under `## {key.section}`"
    default, meaning = described[key.name]
    assert default == key.default
    assert meaning


def test_nothing_is_described_that_is_not_there():
    """A key that was taken away must leave the page too: a file that uses it is refused."""
    told = {(section, name) for section, text in sections(PAGE).items() for name in rows(text)}
    assert told == {(key.section, key.name) for key in KEYS}


@pytest.mark.parametrize("kind", kinds())
def test_every_store_has_a_heading_with_its_options(kind):
    """A store is found by its kind, and used by its options."""
    assert kind in sections(STORES), f"docs/stores.md needs a heading `## {kind}`"
    described = rows(sections(STORES)[kind])
    options = importlib.import_module(f"verify.stores.{kind}").Options.model_fields
    expected = {field.alias or name: shown_default(field) for name, field in options.items()}
    assert {name: default for name, (default, _) in described.items()} == expected
    assert "cannot see" in sections(STORES)[kind]


@pytest.mark.parametrize(("page", "text"), PARTS)
def test_examples_are_accepted(page, text, tmp_path):
    """What a page shows is what readers paste."""
    path = tmp_path / "part.yaml"
    path.write_text(text, encoding="utf-8")
    document = read_yaml(path, shown=page)
    assert document.mistakes == ()
    assert isinstance(document.data, dict)
    if text.startswith("# in system.yaml"):
        SystemFile.model_validate({"system": "shop", **document.data})
        return
    assert text.startswith("# in an environment file")
    found = EnvironmentFile.model_validate({"environment": "next", **document.data})
    assert [problem for spec in found.stores.values() for problem in problems(spec.kind, spec.options)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_environment_file_names_its_schema(path):
    """Editors complete and check a file that says where its schema is."""
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../schema.json\n")
