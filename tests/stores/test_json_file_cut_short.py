"""A JSON file is said to be cut short only when its text ends inside of a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores.test_json_file import _rows, _written
from verify.core.errors import StoreUnreadable

MALFORMED = (
    '[{"id": 01}]', '[{"id": 1},]', '[{"id": "a\nb"}]', '[{"id": 1}]//c', '[{"id": +1}]', '[{"id": 1.}]',
    '[{"id": "\\x41"}]', '[{"id": tru}]', '[{"id": 1,}]', '[{"id": }]', "[{id: 1}]", '[{"id" 1}]', '[{"id": "\\u12"}]',
    '[{"id": -}]', '[{"id": 1e}]', '[{"id": nulll}]', "[{'id': 1}]",
)  # fmt: skip
CUT = (
    '[{"id": tr', '[{"id": -', '[{"id": 1.', '[{"id": 1e', '[{"id": 1.5e+', '[{"id": "a', '[{"id": "\\', '[{"id": "\\u1',
    '[{"id": "\\u', '[{"id":', '[{"id"', '[{"id": 1,', '[{"id": 1, \n', "[{", '[{"id": {"a": [1,', '[{"id": 1}, ', "[",
    '[{"id": 1', '[{"id": "\\ud800\\u',
)  # fmt: skip


def _reason(folder: Path, text: str) -> str:
    with pytest.raises(StoreUnreadable) as error:
        _rows(_written(folder, text), "$")
    return str(error.value)


@pytest.mark.parametrize("text", MALFORMED)
@pytest.mark.parametrize("tail", ["", "\n\n"])
def test_what_is_malformed_is_not_cut_short(tmp_path: Path, text: str, tail: str) -> None:
    """Everything is there; copying it once more would not help."""
    assert "cut short" not in _reason(tmp_path, text + tail)


@pytest.mark.parametrize("text", CUT)
def test_what_ends_inside_a_value_is_cut_short(tmp_path: Path, text: str) -> None:
    """In a word, a number, a text, an escape, or between them."""
    assert "cut short" in _reason(tmp_path, text)
