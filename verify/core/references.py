"""What a description leaves to be filled in: `${NAME}` and `${NAME:-default}`."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from verify.core.errors import Mistake, UnresolvedReference
from verify.core.secrets import Mask, Secret

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_BROKEN: Final = re.compile(r"\$\{(?![A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\})[^}]*\}?")
_ELSEWHERE: Final = re.compile(r"^(ssm:|secretsmanager:)")


def names_in(value: JsonValue) -> tuple[str, ...]:
    """Every NAME referred to anywhere inside the value, sorted."""
    return tuple(sorted({found[1] for found in _REFERENCE.finditer(json.dumps(value, ensure_ascii=False))}))


def broken_in(value: str) -> str | None:
    """The first `${…` of the text that is not a reference, or None."""
    found = _BROKEN.search(value)
    return found[0] if found else None


def strings_in(value: JsonValue, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every string inside the value with the path that leads to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from strings_in(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from strings_in(inner, (*path, index))


class Resolver:
    """
    Fills references from a mapping (the process environment), at the edge and only for what asks.

    Values that become secrets are made known to `mask` before anybody can print them. Raises
    UnresolvedReference naming every missing variable.
    """

    def __init__(self, values: Mapping[str, str], *, mask: Mask, remedy: str) -> None:
        self._values = values
        self._remedy = remedy
        self.mask = mask

    def text(self, template: str) -> str:
        """The template filled in, for what may be seen (addresses); a password inside it is masked all the same."""
        value = self._fill(template)
        if "@" in value and "://" in value:
            self.mask.add(value)
        return value

    def secret(self, template: str) -> Secret:
        """A handle for the filled template; the value is looked up now (so that it can be masked) and again at use."""
        self.mask.add(self._fill(template))
        for _, value in ((name, self._values.get(name)) for name in names_in(template)):
            if value:
                self.mask.add(value)
        return Secret(
            ", ".join(f"${{{name}}}" for name in names_in(template)) or "literal", lambda: self._fill(template)
        )

    def _fill(self, template: str) -> str:
        if _ELSEWHERE.match(template):
            raise UnresolvedReference(
                f"{template.partition(':')[0]}: references are not resolved yet; export the value and write ${{NAME}}"
            )
        missing = [
            found[1] for found in _REFERENCE.finditer(template) if found[2] is None and not self._values.get(found[1])
        ]
        if missing:
            names = ", ".join(f"${{{name}}}" for name in sorted(set(missing)))
            raise UnresolvedReference(f"{names} is not set; {self._remedy}")
        odd = sorted(name for name in names_in(template) if not _is_text(self._values.get(name, "")))
        if odd:
            raise UnresolvedReference(f"{', '.join(f'${{{name}}}' for name in odd)} holds bytes that are not UTF-8")
        return _REFERENCE.sub(lambda found: self._values.get(found[1]) or found[2] or "", template)


def _is_text(value: str) -> bool:
    """False for what the shell handed over as bytes that are not UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def hashed_targets(
    names: tuple[str, ...], values: Mapping[str, str], *, key: bytes, unset: bool = False
) -> dict[str, str]:
    """
    A keyed hash (HMAC-SHA-256, 16 hex digits) of each variable that has a value; equal values give equal hashes.

    With `unset` also of those without one: what asked a default asked another place than what the variable names.
    """
    return {
        name: hmac.new(key, f"{name}={values.get(name, '')}".encode(), hashlib.sha256).hexdigest()[:16]
        for name in names
        if unset or values.get(name)
    }


def misspelt(file: str, line: int, path: str, text: str) -> Mistake | None:
    """The mistake of a string with a broken reference, or None."""
    found = broken_in(text)
    if found is None:
        return None
    return Mistake(
        file=file, line=line, path=path, message=f"{found!r} is not a reference; write ${{NAME}} or ${{NAME:-default}}"
    )
