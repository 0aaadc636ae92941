"""YAML 1.2 read with the line of every value, and nothing implicit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event, NodeEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from verify.core.errors import InvalidEnvironment, Mistake

Path_ = tuple[str | int, ...]
_DEEPEST: Final = 32
_LARGEST: Final = 2**20
_SURPRISES: Final = re.compile(
    r"(?i:y|yes|n|no|on|off)|0\d+|[-+]?\d[\d_]*(?::[0-5]?\d)+|\d[\d,]*,\d+|[-+]?\d\w*_[\w.]*"
)
_TAG: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Plain data and the line each path of it stands on; `mistakes` found while reading."""

    file: str
    data: JsonValue
    lines: Mapping[Path_, int]
    mistakes: tuple[Mistake, ...]

    def line(self, path: Path_) -> int:
        """The line of this path, or of the nearest part of it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def mistake(self, path: Path_, message: str) -> Mistake:
        """A mistake at this path."""
        return Mistake(file=self.file, line=self.line(path), path=show_path(path), message=message)


def show_path(path: Path_) -> str:
    """`endpoints.list.headers[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(slots=True)
class _Reader:
    file: str
    lines: dict[Path_, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, node: Node, path: Path_, message: str) -> None:
        line = node.start_mark.line + 1
        self.mistakes.append(Mistake(file=self.file, line=line, path=show_path(path), message=message))

    def read(self, node: Node, path: Path_) -> JsonValue:
        self.lines[path] = node.start_mark.line + 1
        if len(path) > _DEEPEST:
            self.wrong(node, path, f"nested deeper than {_DEEPEST} levels")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(each, (*path, index)) for index, each in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        self.wrong(node, path, "neither a mapping, a list nor a value")
        return None

    def _mapping(self, node: MappingNode, path: Path_) -> JsonValue:
        found: dict[str, JsonValue] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else "?"
            if not isinstance(key_node, ScalarNode) or key == "<<":
                self.wrong(key_node, (*path, key), "keys are plain words; merge keys are not read")
            elif key in found:
                first = self.lines[(*path, key)]
                self.wrong(key_node, (*path, key), f"said twice (first in line {first}); keep one")
            else:
                found[key] = self.read(value_node, (*path, key))
                self.lines[(*path, key)] = key_node.start_mark.line + 1
        return found

    def _scalar(self, node: ScalarNode, path: Path_) -> JsonValue:
        text, plain = str(node.value), node.style is None or node.style == ""
        if any("\ud800" <= each <= "\udfff" for each in text):
            self.wrong(node, path, "holds half a character (a lone surrogate); write the character itself")
            return None
        if not plain:
            return text
        if _SURPRISES.fullmatch(text):
            self.wrong(
                node,
                path,
                f"{text} reads differently from parser to parser; quote it, or write true, false or a plain number",
            )
            return text
        return self._typed(node, str(node.tag).removeprefix(_TAG), text, path)

    def _typed(self, node: ScalarNode, tag: str, text: str, path: Path_) -> JsonValue:
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        if tag in {"int", "float"}:
            if (number := _number(text, tag)) is not None:
                return number
            self.wrong(node, path, f"{text[:40]} is not a number this suite reads; quote it or write it in decimal")
        elif tag not in {"str", "timestamp"}:
            self.wrong(node, path, f"the tag {node.tag} is not read; write a plain value")
        return text


def _number(text: str, tag: str) -> int | float | None:
    """The finite number a plain scalar stands for, or None."""
    try:
        number = int(text, 0) if tag == "int" else float(text)
    except ValueError:
        return None
    return number if isinstance(number, int) or math.isfinite(number) else None


def read_yaml(path: Path, *, shown: str) -> Document:
    """
    The file's data with lines; raises InvalidEnvironment when it is no YAML at all.

    Duplicate keys, aliases, tags, values that YAML versions read differently and depth over 32 are mistakes
    of the document, reported together with those of its content.
    """
    text = _text(path, shown)
    try:
        events = list(_events(text, shown))
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _unreadable(shown, mark.line + 1 if mark else 1, str(error.problem)) from error
    except (YAMLError, RecursionError) as error:
        raise _unreadable(shown, 1, str(error).partition("\n")[0]) from error
    aliases = [each for each in events if isinstance(each, AliasEvent)]
    if aliases:
        line = aliases[0].start_mark.line + 1
        raise _unreadable(
            shown, line, f"alias *{aliases[0].anchor}: aliases are not read; say it in full, or once under defaults"
        )
    reader = _Reader(shown)
    data = reader.read(node, ()) if node is not None else {}
    mistakes = (*_tags(events, shown), *reader.mistakes)
    return Document(file=shown, data={} if data is None else data, lines=reader.lines, mistakes=mistakes)


def _events(text: str, shown: str) -> Iterator[Event]:
    """What the text is made of; ends early where it nests so deep that composing it would exhaust the stack."""
    depth = 0
    for each in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(each, CollectionStartEvent) - isinstance(each, CollectionEndEvent)
        if depth > 4 * _DEEPEST:
            raise _unreadable(shown, each.start_mark.line + 1, f"nested deeper than {_DEEPEST} levels")
        yield each


def _tags(events: Iterable[Event], shown: str) -> Iterator[Mistake]:
    """Every tag written out; what a value is, is said by how it is written."""
    for each in events:
        if isinstance(each, NodeEvent) and (tag := getattr(each, "tag", None)) is not None:
            message = f"the tag {tag} is not read; write a plain value"
            yield Mistake(file=shown, line=each.start_mark.line + 1, path="", message=message)


def _text(path: Path, shown: str) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise _unreadable(shown, 1, f"larger than {_LARGEST} bytes; an environment file holds facts, not data")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise _unreadable(shown, 0, "there is no such file") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _unreadable(shown, line, "not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise _unreadable(shown, 0, f"cannot be read: {error.strerror}") from error


def _unreadable(file: str, line: int, message: str) -> InvalidEnvironment:
    return InvalidEnvironment([Mistake(file=file, line=line, path="", message=message)])
