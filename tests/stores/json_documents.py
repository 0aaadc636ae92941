"""JSON documents of any kind, what the reference reads of them, and what pages do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random

from verify.core import reference
from verify.core.errors import StoreError
from verify.core.values import ABSENT, encode
from verify.stores.json_file.page import Page
from verify.stores.json_file.parser import Parser
from verify.stores.json_file.records import Records

NAMES = ["id", "a", "이름", "na\u00efve", "", 'a"', "\x01", "z"]
LETTERS = ["a", "안", "\u00e9", "\U0001f600", '\\"', "\\\\", "\\/", "\\n", "\\u0001", "\\uC548", "\\ud800", "{", "}", "]",
           ",", ":", " ", "#", "0", "\x7f", "\u2028", "\ufeff"]  # fmt: skip
FIGURES = ["0", "-0", "7", "-12", "100", "1.5", "2.50", "3.0", "-0.0", "-0.50", "0.05", "1e5", "1E-7", "-1.50e+3", "0e9",
           "9007199254740993", "0.100000000000000005", "1e400", "1" + "0" * 399, "1" + "0" * 400, "0." + "0" * 41,
           "0." + "0" * 397 + "1", "0." + "0" * 398 + "1", "14.285714285714286"]  # fmt: skip
COLUMNS = ["k", "a", "id"]
Spelling = Callable[[], str]
Row = Sequence[str]
# Stands for a scalar in the text of a record; no document holds it.
HOLE = "\0"


def _shape(random: Random, depth: int) -> object:
    kind = random.random()
    if not depth or kind < 0.6:
        return None
    if kind < 0.8:
        return [_shape(random, depth - 1) for _ in range(random.randrange(4))]
    return {name: _shape(random, depth - 1) for name in random.sample(NAMES, random.randrange(4))}


def scalar(random: Random) -> str:
    """A string, number or word as some writer spells it."""
    kind = random.random()
    if kind < 0.4:
        return '"' + "".join(random.choice(LETTERS) for _ in range(random.randrange(5))) + '"'
    return random.choice(FIGURES if kind < 0.8 else ["true", "false", "null"])


def _filled(random: Random, shape: object, blank: Spelling, leaf: Spelling) -> str:
    """The text of a value of this shape, names in one of their spellings, blanks anywhere."""
    if isinstance(shape, Mapping):
        members = (
            f"{blank()}{json.dumps(name, ensure_ascii=random.random() < 0.5)}{blank()}:{_filled(random, item, blank, leaf)}"
            for name, item in shape.items()
        )
        return f"{blank()}{{{','.join(members)}{blank()}}}{blank()}"
    if isinstance(shape, list):
        return f"{blank()}[{','.join(_filled(random, item, blank, leaf) for item in shape)}{blank()}]{blank()}"
    return blank() + leaf() + blank()


def document(random: Random, form: str) -> str:
    """Some records, not all of one shape, or none."""
    spaces = random.choice(["", "", " ", " \t\r"])

    def blank() -> str:
        return "".join(random.choice(spaces) for _ in range(random.randrange(3))) if spaces else ""

    shapes = [
        {name: _shape(random, 3) for name in random.sample(NAMES, random.randrange(6))}
        for _ in range(random.randrange(1, 4))
    ]
    records = []
    for number in range(random.choice([0, 1, 5, 20])):
        fields = list(random.choice(shapes).items())
        random.shuffle(fields) if random.random() < 0.2 else None
        text = _filled(random, dict(fields[random.random() < 0.2 :]), blank, lambda: scalar(random))
        records.append(f'{blank()}"{number}-{scalar(random)[1:-1]}"{blank()}:{text}' if form == "object" else text)
    return enclosed(records, form)


def alike(random: Random, form: str, number: int) -> str:
    """So many records of one shape, written alike but for their scalars."""
    spaces = random.choice(["", "", " \t\r"])

    def blank() -> str:
        return "".join(random.choice(spaces) for _ in range(random.randrange(3))) if spaces else ""

    shape = {name: _shape(random, 3) for name in random.sample(NAMES, random.randrange(1, 6))} | {"k": None}
    written = _filled(random, shape, blank, lambda: HOLE)
    before, behind, gap = blank(), blank(), random.choice(["", "\n", " "])
    records = []
    for at in range(number):
        text = re.sub(HOLE, lambda _: scalar(random), written)
        name = f'{before}"{at}-{scalar(random)[1:-1]}"{behind}:' if form == "object" else ""
        records.append(name + text)
    return enclosed(records, form, gap)


def enclosed(records: Sequence[str], form: str, gap: str = "") -> str:
    """The document with these records, each behind `gap`."""
    if form == "lines":
        return "".join(f"{record}\n" for record in records)
    text = ",".join(gap + record for record in records)
    return f"[{text}]" if form == "array" else f"{{{text}}}"


class Pieces:
    """A text that is read so many characters at a time."""

    def __init__(self, text: str, size: int) -> None:
        self._text, self._size, self._at = text, size, 0

    def read(self, _: int) -> str:
        """The next characters."""
        self._at += self._size
        return self._text[self._at - self._size : self._at]


def _row(member: str | None, record: object) -> Row:
    if not isinstance(record, dict):
        raise TypeError("a record that is not an object")
    fields = record if member is None else {COLUMNS[0]: member} | record
    others = {name: item for name, item in fields.items() if name not in COLUMNS}
    return [*(encode(fields[name]) if name in fields else ABSENT for name in COLUMNS), encode(others)]


def rows_expected(text: str, form: str) -> list[Row] | None:
    """What the reference reads, or None where there is nothing to read."""
    if form == "lines":
        records = [(None, reference.read(line)) for line in text.split("\n") if line.strip(" \t\r")]
        return [_row(*each) for each in records]
    read = reference.read(text)
    if isinstance(read, dict):
        return [_row(*each) for each in read.items()]
    return [_row(None, each) for each in read] if isinstance(read, list) else None


def rows_found(text: str, form: str, size: int) -> tuple[list[Row], int]:
    """The rows, and how many of them came in pages."""
    walk = Parser(Pieces(text, size), "file")
    records = Records(walk)
    rows: list[Row] = []
    paged = 0
    for each in records.lines() if form == "lines" else records.at([]):
        if isinstance(each, Page):
            rows += [list(row.values()) for row in each.batch(COLUMNS, set(COLUMNS), COLUMNS[0]).to_pylist()]
            paged += each.rows
        else:
            rows.append(_row(*each))
    if walk.peek():
        raise walk.broken("something follows")
    return rows, paged


def same_answer(text: str, form: str) -> None:
    """Pages say what the reference says, also where it says no."""
    try:
        expected = rows_expected(text, form)
    except (ValueError, TypeError):
        expected = None
    try:
        found, _ = rows_found(text, form, 2**20)
    except (StoreError, ValueError):
        found = None
    assert found == expected or (expected == [] and found is None), text


def broken(text: str, form: str) -> Iterator[str]:
    """The text with each character left out, exchanged or doubled up, as far as the reference knows the form."""
    for at in range(len(text)):
        for character in ("", *'"\\{}[],: \n01-.eEtn#s/\ufeff\x00\x1f'):
            # The reference takes lines one by one; a record over several lines is for the parser alone to allow.
            if form != "lines" or "\n" not in (character, text[at]):
                yield text[:at] + character + text[at + 1 :]
                yield text[:at] + character + text[at:]
