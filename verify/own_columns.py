"""Columns that are no plain ones: what a store itself gives each record, and what it keeps no values of."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from verify.compare.explaining import visible
from verify.core.verdicts import Conclusion, Verdict
from verify.placed import Placed
from verify.stores.protocol import MEMBER, PLACED, Shape

_DRAWN: Final = "if {name} was drawn by each store for itself, say except: [{name}]"
_MOVED: Final = "if {name} is meant to differ, say except: [{name}]"


def widened(sides: tuple[Placed, Placed], shapes: tuple[Shape, Shape]) -> tuple[Shape, Shape]:
    """
    Both shapes, with every own column of both sides among their columns, and without what the other keeps no values of.

    One that a side's key or another name stands for is compared already; one that the other side does not have goes
    into the notes, for which a record of another kind of store has no counterpart.
    """
    here, there = ({each.name for each in shape.own} for shape in shapes)
    used = {name for side, shape in zip(sides, shapes, strict=True) for name in _used(side, shape)}
    both, told = (here & there) - used, used.union(sides[0].dataset.except_, *(_names(shape) for shape in shapes))
    told |= here | there if sides[0].dataset.only else set()  # what is not among them was left out by somebody
    one, other = _with(shapes[0], both, here - there - told), _with(shapes[1], both, there - here - told)
    said = {*sides[0].dataset.key, *sides[0].dataset.only, *sides[0].dataset.except_, *sides[0].dataset.columns}
    return _without(one, set(other.unheld) - said), _without(other, set(one.unheld) - said)


def _without(shape: Shape, names: set[str]) -> Shape:
    return replace(shape, columns=tuple(each for each in shape.columns if each.name not in names))


def _names(shape: Shape) -> set[str]:
    return {each.name for each in shape.columns}


def _used(side: Placed, shape: Shape) -> set[str]:
    """The fields that this side's key and other names are read from, and own columns that stand for the key."""
    view, dataset = side.view(), side.dataset
    key = set(view.key if view else dataset.key)
    standing = {
        each.name for each in shape.own if each.type == MEMBER and len(key) == 1 and key.isdisjoint(_names(shape))
    }
    named = (rule.baseline if side.role == "baseline" else rule.candidate for rule in dataset.columns.values())
    return {*key, *standing, *(name for name in named if name)}


def _with(shape: Shape, both: set[str], alone: set[str]) -> Shape:
    columns = tuple(each for each in shape.own if each.name in both)
    # Where a record lies within its store says nothing beside a store of another kind.
    alone = alone - {each.name for each in shape.own if each.type == PLACED}
    notes = tuple(f"{name} is not compared, because the other side has none" for name in sorted(alone))
    return replace(shape, columns=(*shape.columns, *columns), notes=(*shape.notes, *notes))


def with_remedy(conclusion: Conclusion, shapes: tuple[Shape, Shape]) -> Conclusion:
    """A FAIL about an own column says how it is left out; every other conclusion as it is."""
    names = sorted({(each.name, each.type) for shape in shapes for each in shape.own})
    shown = {each.path for each in conclusion.differences}
    words = {name: (_MOVED if kind == PLACED else _DRAWN).format(name=name) for name, kind in names}
    told = "; ".join(each for name, each in words.items() if visible(f"$.{name}") in shown)
    if conclusion.verdict is not Verdict.FAIL or not told:
        return conclusion
    return replace(conclusion, remedy="; ".join(each for each in (told, conclusion.remedy) if each))
