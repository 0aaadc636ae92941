"""
Keys that a side writes in its own way, `PK: "PLAN#{id}"`, and how they are read back.

A placeholder ends where the literal after it first begins, so it matches no text that contains that literal; one
that nothing follows takes the rest. A text therefore fits in one way or not at all, and two texts that differ never
give the same values. `{{` and `}}` are braces. A pattern that is one placeholder and nothing else passes any
kind of value as it is; every other pattern is about strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.softened_kernels import TEXT, joined

_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Literals and placeholders in turn: `literals` has one item more than `names`, and the ends may be empty."""

    literals: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """True when the text is one placeholder and nothing else."""
        return self.literals == ("", "") and len(self.names) == 1


def template_of(text: str) -> Template:
    """The text taken apart. Raises ValueError for a brace without its partner and for a placeholder without a name."""
    literals, names = [""], list[str]()
    for found in _PIECE.finditer(text):
        piece = found[0]
        if found[1] is not None:
            if not found[1]:
                raise ValueError(f"{text!r} has braces with no name in them; write {{{{}}}} for plain braces")
            names.append(found[1])
            literals.append("")
        elif piece in ("{", "}"):
            raise ValueError(f"{text!r} has a brace without its partner; write {piece * 2} for a plain one")
        else:
            literals[-1] += piece[0] if piece in ("{{", "}}") else piece
    return Template(literals=tuple(literals), names=tuple(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPattern:
    """How one side writes the key: `fields` (its own names) by `templates`, over the names of the logical key."""

    key: tuple[str, ...]
    fields: tuple[str, ...]
    templates: tuple[Template, ...]

    def read(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """
        The logical key's columns, null in every one of them where the physical key fits no template.

        `columns` has the physical key's fields. A name that stands twice and does not agree fits not.
        """
        values: dict[str, pa.Array] = {}
        fits: pa.Array | None = None
        for field, template in zip(self.fields, self.templates, strict=True):
            matched, found = _matched(template, columns[field])
            fits = matched if fits is None else pc.and_(fits, matched)
            for name, value in found:
                if name in values:
                    fits = pc.and_(fits, pc.fill_null(pc.equal(values[name], value), fill_value=False))
                else:
                    values[name] = value
        nothing = pa.scalar(None, TEXT)
        return {name: pc.if_else(fits, values[name], nothing) for name in self.key}


def key_pattern(key: Sequence[str], written: Mapping[str, str]) -> KeyPattern:
    """
    The pattern of a side that writes `written` (field → text) for the names of `key`.

    Raises ValueError, naming the field, for a text that cannot be read back.
    """
    for field, text in written.items():
        if problem := template_problem(key, text):
            raise ValueError(f"{field}: {problem}")
    templates = tuple(template_of(text) for text in written.values())
    missing = [name for name in key if not any(name in each.names for each in templates)]
    if missing:
        raise ValueError(missing_names(missing))
    return KeyPattern(key=tuple(key), fields=tuple(written), templates=templates)


def missing_names(names: Sequence[str]) -> str:
    """What is wrong with a pattern that leaves these names of the key out."""
    said = ", ".join(f"{{{name}}}" for name in names)
    return f"the key cannot be read back: no field has {said}; each name of the dataset's key belongs in one"


def template_problem(key: Sequence[str], text: str) -> str | None:
    """Why this text cannot be read back to names of the key; None when it can."""
    try:
        template = template_of(text)
    except ValueError as error:
        return str(error)
    strange = [name for name in template.names if name not in key]
    if strange:
        return f"{text!r} speaks of {strange[0]!r}, which is no name of the key ({', '.join(key) or 'there is none'})"
    for at, literal in enumerate(template.literals[1:-1]):
        if not literal:
            one, other = template.names[at : at + 2]
            return f"{text!r} has nothing between {{{one}}} and {{{other}}}, so nobody can tell where one ends"
    return None


def _matched(template: Template, array: pa.Array) -> tuple[pa.Array, list[tuple[str, pa.Array]]]:
    """Which rows fit, and the encodings of the placeholders, meaningless in the other rows."""
    if template.whole:
        return pc.is_valid(array), [(template.names[0], array)]
    if not template.names:
        return pc.equal(array, f"s{template.literals[0]}"), []
    found = pc.extract_regex(array, _expression(template))
    fits, values = pc.is_valid(found), []
    for at, name in enumerate(template.names):
        value = pc.struct_field(found, [at])
        if template.literals[at + 1]:
            # A longer match is what RE2 tries when the first one leads nowhere.
            inside = pc.match_substring(value, template.literals[at + 1])
            fits = pc.and_(fits, pc.fill_null(pc.invert(inside), fill_value=False))
        values.append((name, joined("s", value)))
    return fits, values


def _expression(template: Template) -> str:
    parts = [_escaped(f"s{template.literals[0]}")]
    for at, literal in enumerate(template.literals[1:]):
        parts.append(f"(?P<p{at}>.*?){_escaped(literal)}")
    return rf"(?s)\A{''.join(parts)}\z"


def _escaped(text: str) -> str:
    return "".join(each if each.isascii() and each.isalnum() else f"\\x{{{ord(each):x}}}" for each in text)
