"""A name under `except` that nobody has is told, also where records may have any field."""

from __future__ import annotations

import pytest

from tests.stored import Memory
from verify.comparing import compare_dataset
from verify.core.datasets import Column, Dataset, Place
from verify.core.verdicts import Verdict

ROWS = [{"id": number, "name": f"n{number}", "at": number} for number in range(20)]
OTHERS = [{**row, "at": -1} for row in ROWS]


def asked(there, here=ROWS, /, *, open_=(True, True), **said):
    """The conclusion about two stores in memory, of which either may be open."""
    sides = zip(("baseline", "candidate"), (here, there), open_, strict=True)
    one, other = (Memory(f"{side} s", {"t": rows}, open=is_open) for side, rows, is_open in sides)
    return compare_dataset(one, other, Dataset(**{"key": ("id",), **said}), name="t", seed=1, conceal=str)


@pytest.mark.parametrize("open_", [(True, True), (True, False), (False, True)])
def test_a_misspelt_exception_is_told(open_):
    """It hides nothing, and the reader of the evidence must not believe that it did."""
    found = asked(ROWS, open_=open_, **{"except": ("att", "nmae")})
    assert found.verdict is Verdict.PASS
    assert "advice: except names nobody has: att, nmae;" in found.receipt
    assert asked(OTHERS, open_=open_, **{"except": ("att",)}).verdict is Verdict.FAIL


def late(rows):
    """The same, where only the last record has a field, and the store does not tell of it before."""

    class Late(Memory):
        def describe(self, collection):
            found = super().describe(collection)
            return type(found)(columns=found.columns[:1], open=True)

    return Late("baseline s", {"t": [*rows[:-1], {**rows[-1], "rare": 1}]})


@pytest.mark.parametrize("side", ["baseline", "candidate"])
@pytest.mark.parametrize("columns", [{}, {"name": Column(trim=True)}], ids=["plain", "through a view"])
def test_one_record_that_has_it_is_enough(side, columns):
    """Somebody has it, and it was left out."""
    stores = [Memory("candidate s", {"t": ROWS}), late(ROWS)]
    one, other = stores if side == "candidate" else stores[::-1]
    dataset = Dataset(key=("id",), columns=columns, **{"except": ("rare", "rrae")})
    found = compare_dataset(one, other, dataset, name="t", seed=1, conceal=str)
    assert found.verdict is Verdict.PASS
    assert "except names nobody has: rrae;" in found.receipt


def test_an_exception_that_somebody_has_is_no_news():
    """Nothing is advised, and nothing more is read than was."""
    found = asked(OTHERS, **{"except": ("at",)})
    assert found.verdict is Verdict.PASS
    assert "advice" not in found.receipt


@pytest.mark.parametrize(
    "said",
    [
        {"key": ()},
        {"only": ("name",)},
        {"columns": {"label": Column(candidate="name", baseline="name")}},
        {"candidate": Place(where={"id": tuple(range(20))})},
        {"baseline": Place(key={"id": "{id}"})},
    ],
)
def test_it_is_told_whatever_else_is_said(said):
    """Multisets, `only`, other names, filters and patterns: the same advice, and a difference stays one."""
    found = asked(ROWS, **{"except": ("att",), **said})
    assert found.verdict is Verdict.PASS
    assert "except names nobody has: att;" in found.receipt
    wrong = [{**row, "name": "x"} if row["id"] == 7 else row for row in ROWS]
    assert asked(wrong, **{"except": ("att",), **said}).verdict is Verdict.FAIL
