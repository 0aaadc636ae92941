"""A file made to stop the reader is answered or refused, in a time that grows no faster than the file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from verify.core.errors import StoreUnreadable
from verify.stores.json_file import connect

SIZE = 1_000_000
# A quadratic pass over a million characters takes minutes; a linear one, with all of today's patience, under two seconds.
SECONDS = 20.0
REFUSED: dict[str, Callable[[], str]] = {
    "brackets": lambda: "[" * SIZE,
    "braces": lambda: "[" + "{" * SIZE,
    "quotation marks": lambda: "[" + '"' * SIZE,
    "backslashes": lambda: '[{"id":"' + "\\" * SIZE,
    "escaped quotation marks": lambda: '[{"id":"' + '\\"' * (SIZE // 2),
    "commas": lambda: "[" + "," * SIZE,
    "colons": lambda: '{"a"' + ":" * SIZE,
    "minus signs": lambda: '[{"id":' + "-" * SIZE,
    "two points": lambda: "[" + ",".join(['{"id":1.1.1}'] * (SIZE // 13)) + "]",
    "a string without end": lambda: '[{"id":"' + "x" * SIZE,
    "a name twice at the end": lambda: "[" + '{"id":1},' * (SIZE // 9) + '{"id":1,"id":2}]',
    "noise": lambda: "[{" + "".join(Random(1).choices('[]{}",:\\ 01', k=SIZE)),
}
ANSWERED: dict[str, Callable[[], str]] = {
    "blanks": lambda: "[" + (" " * 1_000 + '{"id":1},') * (SIZE // 1_009) + '{"id":1}]',
    "blanks inside": lambda: "[" + ",".join(['{"id":' + " " * 500 + "1}"] * (SIZE // 508)) + "]",
    "empty records": lambda: "[" + ",".join(["{}"] * (SIZE // 3)) + "]",
    "a record of many names": lambda: "[{" + ",".join(f'"{number}":1' for number in range(SIZE // 9)) + "}]",
    "a name for each record": lambda: "[" + ",".join(f'{{"{number}":1}}' for number in range(SIZE // 11)) + "]",
    "digits": lambda: '[{"id":' + "1" * SIZE + "}]",
    "exponents": lambda: "[" + ",".join(f'{{"id":{number}e5}}' for number in range(SIZE // 15)) + "]",
    "escapes": lambda: '[{"id":"' + "\\u0041" * (SIZE // 6) + '"}]',
    "deep values": lambda: "[" + ",".join(['{"id":' + "[" * 190 + "]" * 190 + "}"] * (SIZE // 388)) + "]",
    "shapes": lambda: "[" + ",".join(f'{{"id":{_shape(number)}}}' for number in range(SIZE // 50)) + "]",
}


def _shape(number: int) -> str:
    return "[" + ",".join("[]" if number >> bit & 1 else "{}" for bit in range(16)) + "]"


def _rows(folder: Path, text: str) -> int:
    (folder / "a.json").write_text(text)
    store = connect({"path": str(folder / "a.json")}, source="baseline file", protect=False)
    started = time.process_time()
    try:
        return sum(batch.num_rows for batch in store.scan("$", key=["id"], columns=[]))
    finally:
        assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused(tmp_path: Path, name: str) -> None:
    """What is no JSON is an error soon."""
    with pytest.raises(StoreUnreadable):
        _rows(tmp_path, REFUSED[name]())


@pytest.mark.parametrize("name", ANSWERED)
def test_an_odd_file_is_read(tmp_path: Path, name: str) -> None:
    """What is JSON, however odd, is read."""
    assert _rows(tmp_path, ANSWERED[name]()) > 0
