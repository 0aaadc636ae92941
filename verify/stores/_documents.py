"""The encoding of a JSON document that a server keeps as text."""

from __future__ import annotations

from verify.core.values import JSON_NULL, NULL, encode, parse_json


def document(text: str) -> str:
    """
    The canonical encoding of the document; JSON's null is told from no value.

    Servers keep names twice and any depth. Such a text is of a kind of its own and equals only the very same text.
    """
    try:
        found = encode(parse_json(text))
    except (ValueError, RecursionError):
        return f"xjson:{text}"
    return JSON_NULL if found == NULL else found
