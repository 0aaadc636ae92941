"""DynamoDB's typed JSON as canonical encodings, exact, without a Python value in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from json import encoder
from typing import Final

from verify.core.values import ABSENT, canonical_number, from_base64

Item = dict[str, dict[str, object]]
_TAG: Final = "\x01"
_KNOWN_SHAPES: Final = 4096
# What json.dumps(text, ensure_ascii=False) says, without making an encoder for each text. orjson has already refused
# lone surrogates, so every text here can be written as it is.
_quoted: Final[Callable[[str], str]] = encoder.encode_basestring
_number: Final = lru_cache(maxsize=2**12)(canonical_number)


class NotTyped(ValueError):
    """The page holds something that is not DynamoDB's typed JSON."""


def encoded(value: object) -> str:
    """The encoding of one attribute as it came: `{"S": "a"}`, `{"N": "1.50"}`. Raises NotTyped for anything else."""
    kind, body = _taken(value)
    found = _WHOLE.get(kind)
    if found is None:
        raise NotTyped(f"the attribute type {kind!r} is not one of {', '.join(sorted(_WHOLE))}")
    return found(body)


def _taken(value: object) -> tuple[str, object]:
    if not isinstance(value, dict) or len(value) != 1:
        raise NotTyped("an attribute that is not one type and its value")
    ((kind, body),) = value.items()
    return kind, body


def _text(body: object) -> str:
    if not isinstance(body, str):
        raise NotTyped("text was expected in an attribute")
    return body


def _plain(body: object) -> str:
    text = _text(body)
    return _quoted(_TAG + text if text.startswith(_TAG) else text)


def _digits(body: object) -> str:
    text = _number(_text(body))
    if text.lstrip("-") in {"nan", "inf"}:
        raise NotTyped("a number that is not finite")
    return text


def _bytes(body: object) -> str:
    return "y" + from_base64(_text(body)).hex()


def _truth(body: object) -> str:
    if body is True:
        return "true"
    if body is False:
        return "false"
    raise NotTyped("true or false was expected in an attribute")


def _null(body: object) -> str:
    if body is not True:
        raise NotTyped("NULL is always true")
    return "null"


def _list(body: object) -> str:
    if not isinstance(body, list):
        raise NotTyped("a list was expected in an attribute")
    return f"[{','.join([_token(each) for each in body])}]"


def _map(body: object) -> str:
    if not isinstance(body, dict):
        raise NotTyped("a map was expected in an attribute")
    return f"{{{','.join([f'{_quoted(name)}:{_token(body[name])}' for name in sorted(body)])}}}"


def _set(token: Callable[[object], str]) -> Callable[[object], str]:
    def whole(body: object) -> str:
        if not isinstance(body, list):
            raise NotTyped("a set was expected in an attribute")
        return f"e[{','.join(sorted({token(each) for each in body}))}]"

    return whole


def _tagged(whole: Callable[[object], str]) -> Callable[[object], str]:
    return lambda body: _quoted(_TAG + whole(body))


_SETS: Final = {"SS": _set(_plain), "NS": _set(_digits), "BS": _set(_tagged(_bytes))}
_WHOLE: Final[dict[str, Callable[[object], str]]] = {
    "S": lambda body: "s" + _text(body),
    "N": lambda body: "#" + _digits(body),
    "B": _bytes,
    "BOOL": lambda body: "b" + _truth(body),
    "NULL": lambda body: "n" if _null(body) else "",
    "M": lambda body: "m" + _map(body),
    "L": lambda body: "l" + _list(body),
    **_SETS,
}
_INSIDE: Final[dict[str, Callable[[object], str]]] = {
    "S": _plain,
    "N": _digits,
    "B": _tagged(_bytes),
    "BOOL": _truth,
    "NULL": _null,
    "M": _map,
    "L": _list,
    **{kind: _tagged(whole) for kind, whole in _SETS.items()},
}


def _token(value: object) -> str:
    kind, body = _taken(value)
    found = _INSIDE.get(kind)
    if found is None:
        raise NotTyped(f"the attribute type {kind!r} is not one of {', '.join(sorted(_INSIDE))}")
    return found(body)


class Rows:
    """Turns items into rows of encodings: the named fields, then the map of all others but those in `skip`."""

    def __init__(self, names: Sequence[str], skip: Sequence[str]) -> None:
        self._names = tuple(names)
        self._known = frozenset(names) | frozenset(skip)
        self._shapes: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}

    def columns(self, items: Sequence[Item]) -> list[list[str]]:
        """One list of encodings a column. Raises ValueError (NotTyped, a damaged number or base64) for a broken item."""
        found = [[encoded(item[name]) if name in item else ABSENT for item in items] for name in self._names]
        found.append([self._rest(item) for item in items])
        return found

    def _rest(self, item: Mapping[str, object]) -> str:
        names = tuple(item)
        shape = self._shapes.get(names)
        if shape is None:
            shape = tuple((name, _quoted(name) + ":") for name in sorted(names) if name not in self._known)
            if len(self._shapes) < _KNOWN_SHAPES:
                self._shapes[names] = shape
        return f"m{{{','.join([start + _token(item[name]) for name, start in shape])}}}"
