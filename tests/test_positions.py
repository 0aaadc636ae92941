"""YAML with the line of every value, and nothing implicit."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from verify.core.errors import InvalidEnvironment
from verify.positions import read_yaml, show_path


@pytest.fixture
def read(tmp_path):
    """Reads text or bytes as `a.yaml`."""

    def reading(text):
        path = tmp_path / "a.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_yaml(path, shown="a.yaml")

    return reading


def refused(read, text):
    """The message of a text that is no document at all."""
    with pytest.raises(InvalidEnvironment) as error:
        read(text)
    return str(error.value)


def mistakes(read, text):
    """The mistakes of a text, as shown."""
    return [str(each) for each in read(text).mistakes]


def test_values_have_lines(read):
    """Every path leads to its line; an unknown path to its nearest part."""
    found = read("a: 1\nb:\n  - x\n  - c: yes sir\nd: {e: 2}\n")
    assert found.data == {"a": 1, "b": ["x", {"c": "yes sir"}], "d": {"e": 2}}
    assert [found.line(path) for path in [("a",), ("b",), ("b", 1, "c"), ("d", "e"), ("b", 1, "z", 5), ("z",), ()]] == [
        1,
        2,
        4,
        5,
        4,
        1,
        1,
    ]
    assert found.mistakes == ()
    assert show_path(("b", 1, "c")) == "b[1].c"


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No",
        "YES",
        "on",
        "Off",
        "y",
        "n",
        "0755",
        "012",
        "1:30",
        "190:20:30",
        "1_000",
        "1,000",
        "+1_0",
        "1_0.5",
        "0x_1F",
        "0o1_7",
    ],
)
def test_surprises_are_mistakes(read, text):
    """What reads differently from parser to parser must be quoted."""
    assert mistakes(read, f"a: {text}\n")[0].startswith(f"a.yaml:1: a: {text} reads differently")
    quoted = read(f'a: "{text}"\n')
    assert (quoted.data, quoted.mistakes) == ({"a": text}, ())


@pytest.mark.parametrize("text", ["yes", "0755", "1:30"])
def test_a_version_directive_changes_nothing(read, text):
    """%YAML 1.1 is no way around."""
    assert "reads differently" in mistakes(read, f"%YAML 1.1\n---\na: {text}\n")[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("2026-12-31", "2026-12-31"),
        ("GET /x", "GET /x"),
        ("${A}", "${A}"),
        ("200-299", "200-299"),
        ("'no'", "no"),
        ("|-\n  no", "no"),
        ("nobody", "nobody"),
        ("10.0.0.1", "10.0.0.1"),
        ("18446744073709551617", 2**64 + 1),
    ],
    ids=str,
)
def test_plain_values(read, text, value):
    """The core schema of YAML 1.2."""
    found = read(f"a: {text}\n")
    assert (found.data, found.mistakes) == ({"a": value}, ())
    assert type(found.data["a"]) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan", "1e999", "-1e999", "-0755", "=", "<<", "9" * 5000])
def test_values_that_are_not_read(read, text):
    """Not a number, infinite, or special to YAML: a mistake of at most a line's length."""
    found = mistakes(read, f"a: {text}\n")
    assert len(found) == 1
    assert found[0].startswith("a.yaml:1: a: ")
    assert len(found[0]) < 300


@pytest.mark.parametrize(
    "text",
    [
        "!foo x",
        "!foo {b: 1}",
        "!foo [1]",
        "!!set {b}",
        '!!int "5"',
        '!foo "5"',
        "!!python/object:os.system x",
        "!!str 5",
        "!!bool x",
        "!!null x",
        "! 5",
        "!!binary aGk=",
    ],
)
def test_tags_are_mistakes(read, text):
    """A tag changes what a value is; none is read, on scalars, lists and mappings alike."""
    found = mistakes(read, f"z: 1\na: {text}\n")
    assert found
    assert all(each.startswith("a.yaml:2: ") for each in found)
    assert "tag" in found[0]


def test_duplicate_keys(read):
    """Both places are named; quoting does not make a key another one."""
    assert mistakes(read, "a: 1\nb:\n  c: 1\n  c: 2\n'a': 2\n") == [
        "a.yaml:4: b.c: said twice (first in line 3); keep one",
        "a.yaml:5: a: said twice (first in line 1); keep one",
    ]


def test_merge_keys_and_complex_keys(read):
    """Keys are plain words."""
    assert "merge keys are not read" in mistakes(read, "a: {<<: {b: 1}}\n")[0]
    assert "keys are plain words" in mistakes(read, "? [a]\n: b\n")[0]


def test_aliases_are_refused(read):
    """With their line and what to do."""
    assert refused(read, "a: &x 1\nb: *x\n").startswith("a.yaml:2: alias *x: aliases are not read")
    assert "alias" in refused(read, "a: &a [*a]\n")


def test_alias_bomb_returns_at_once(read):
    """324 bytes that would grow to gigabytes."""
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
    )
    started = time.process_time()
    assert "alias" in refused(read, bomb)
    assert time.process_time() - started < 1


def test_depth(read):
    """Deep nesting is a mistake, deeper nesting no crash."""
    assert "nested deeper than 32 levels" in mistakes(read, "a: " + "[" * 60 + "]" * 60)[0]
    for deep in (3_000, 200_000):
        started = time.process_time()
        assert refused(read, "[" * deep) == "a.yaml:1: nested deeper than 32 levels"
        assert refused(read, "- " * deep) == "a.yaml:1: nested deeper than 32 levels"
        assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n\tb: 1\n", "a.yaml:2: "),
        (b"a: 1\nb: \xff\n", "a.yaml:2: not UTF-8"),
        ("a: é\n".encode("utf-16"), "a.yaml:1: not UTF-8"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2: "),
        ("a: 1\nb: c: d\n", "a.yaml:2: "),
        ("a: 1\nb: 'x\n", "a.yaml:"),
        ("a: \x00\n", "a.yaml:1: "),
        ("a: \x1b[2K\n", "a.yaml:1: "),
        (b"x" * (2**20 + 1), "a.yaml:1: larger than"),
    ],
    ids=[f"case {number}" for number in range(9)],
)
def test_what_is_no_document(read, text, said):
    """The place and one line of what is wrong."""
    found = refused(read, text)
    assert found.startswith(said)
    assert "\n" not in found


def test_bom_and_windows_line_ends(read):
    """An editor's habits change neither values nor lines."""
    found = read("\ufeffa: 1\r\nb: x\r\nc: no\r\n")
    assert found.data == {"a": 1, "b": "x", "c": "no"}
    assert [each.line for each in found.mistakes] == [3]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "--- # x\n...\n"])
def test_an_empty_file_is_an_empty_mapping(read, text):
    """So that what is required can be named."""
    assert read(text).data == {}


def test_missing_file_and_folder(tmp_path):
    """Not a traceback."""
    with pytest.raises(InvalidEnvironment, match=r"a.yaml: there is no such file"):
        read_yaml(tmp_path / "a.yaml", shown="a.yaml")
    with pytest.raises(InvalidEnvironment, match=r"a.yaml: cannot be read"):
        read_yaml(tmp_path, shown="a.yaml")


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc é.$-1", max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(data=PLAIN)
def test_what_is_quoted_reads_back(tmp_path_factory, data):
    """Data written with every text quoted reads back the same, without a mistake."""
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text(json.dumps({"a": data}), encoding="utf-8")
    found = read_yaml(path, shown="a.yaml")
    kept = [each for each in found.mistakes if "keys are plain" not in each.message]
    if "<<" not in json.dumps(data):
        assert (found.data, kept) == ({"a": data}, [])


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60) | st.text(alphabet="ab:-[]{}&*!|>'\"# \n\t%,?0~", max_size=40))
def test_reading_is_total(tmp_path_factory, text):
    """Any text is a document or an InvalidEnvironment with a place; it never holds what a parser alone would not."""
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        found = read_yaml(path, shown="a.yaml")
    except InvalidEnvironment as error:
        assert str(error).startswith("a.yaml")  # noqa: PT017 - either outcome is right, each with its own property
        return
    if not found.mistakes and isinstance(found.data, dict) and found.data:
        assert len(found.data) == len(YAML(typ="safe", pure=True).load(text.replace("\r", "\n")))


@pytest.mark.parametrize("text", ['a: "\\ud800"', 'a: "x\\udfff"'])
def test_half_a_character_is_a_mistake(read, text):
    """A lone surrogate could not be written down again."""
    assert "half a character" in mistakes(read, text + "\n")[0]
