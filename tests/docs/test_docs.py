"""The pages against the code: links, commands, exit codes, generated files, and what must stand in none."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.docs.pages import ROOT, fences, markdown, prose, tracked
from verify.cli import main
from verify.core.catalogue import dump_lock
from verify.core.decision import UNUSABLE, Action
from verify.discovery import asked_checks
from verify.generated import docs_files, outdated, schema_files
from verify.trial import LOCK

PAGES = markdown()
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?<![\w./-])cutover ([a-z]\w*)")
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)(?:::[^`]*)?`")
MADE_LATER = ("reports/out", "environments/shop")
EXIT_CODE = re.compile(r"^\| (\d+) \| (\w+) \|", re.MULTILINE)
# Written in pieces, so that this file does not hold what it looks for.
HOSTS = tuple(f"{name}.org" for name in ("pypi", "pythonhosted", "maven", "npmjs"))
MACHINE = re.compile(r"(?<![\w.$}~/-])/(?:root|home|work|Users)/\w")


def named(paths):
    """Ids that read as paths."""
    return [str(path.relative_to(ROOT)) for path in paths]


def anchors(text):
    """What each heading of a page is linked as."""
    headings = re.findall(r"^#+ (.+)$", prose(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=named(PAGES))
def test_links_lead_somewhere(page):
    """A dead link on a page about trust costs trust."""
    for link in LINK.findall(prose(page.read_text(encoding="utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{page.name} links to {link}"
        assert ROOT in (target, *target.parents), f"{page.name} links outside the repository: {link}"
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=named(PAGES))
def test_every_named_place_exists(page):
    """A stranger finds where to add something only where the page says it is."""
    text = prose(page.read_text(encoding="utf-8"))
    places = [each for each in PATH.findall(text) if (ROOT / each.partition("/")[0]).exists()]
    assert {each for each in places if not (ROOT / each).exists() and not each.startswith(MADE_LATER)} == set()


@pytest.mark.parametrize(("page", "most"), [("README.md", 200), ("ARCHITECTURE.md", 70)])
def test_front_pages_stay_short(page, most):
    """What is read first is read whole."""
    assert len((ROOT / page).read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize("page", PAGES, ids=named(PAGES))
def test_every_command_exists(page):
    """A page that shows a command that is not there sends its reader away."""
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*(block for _, block in fences(text)), *re.findall(r"`([^`\n]+)`", prose(text))])
    assert {each for each in COMMAND.findall(code) if each not in main.commands} == set()


@pytest.mark.parametrize("page", PAGES, ids=named(PAGES))
def test_every_option_exists(page):
    """An option that a page shows is one that the command has."""
    for _, block in fences(page.read_text(encoding="utf-8")):
        for line in re.findall(r"^(?:\$ )?cutover (.+)$", block, flags=re.MULTILINE):
            words = shlex.split(line.partition("…")[0], comments=True)
            command = main.commands[words[0]]
            known = {option for each in command.params for option in each.opts}
            own = words[1 : words.index("--")] if "--" in words else words[1:]
            assert {each for each in own if each.startswith("--")} <= known, f"{page.name}: cutover {line}"


@pytest.mark.parametrize("page", ["README.md", "docs/gate.md"])
def test_exit_codes_are_as_the_gate_ends(page):
    """A job built on a wrong table would move traffic on the wrong answer."""
    table = {int(code): name for code, name in EXIT_CODE.findall((ROOT / page).read_text(encoding="utf-8"))}
    words = {action.exit_code: action.value for action in Action}
    assert {code: name for code, name in table.items() if code != UNUSABLE} == words
    assert UNUSABLE in table


def test_generated_files_are_as_the_code_says():
    """docs/checks.md, docs/faults.md, environments/schema.json and CATALOGUE.lock say what the code says."""
    assert outdated({**docs_files(), **schema_files(), LOCK: dump_lock(asked_checks())}) == []


def readable(path):
    """The file's text; nothing for one that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_no_file_names_a_machine_or_a_registry():
    """What is cloned works anywhere, and its packages come from wherever its user's clients are told to look."""
    texts = {str(path.relative_to(ROOT)): readable(path) for path in tracked()}
    found = {path: [*MACHINE.findall(text), *(host for host in HOSTS if host in text)] for path, text in texts.items()}
    assert len(texts) > 100
    assert {path: words for path, words in found.items() if words} == {}
