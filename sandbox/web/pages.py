"""HTML pages of a twin's front end; the same on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_PAGE = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>{title}</title></head>
<body><div id="root" data-page="{page}"><h1>{title}</h1><p>{text}</p></div></body></html>
"""


def html(page: str, title: str, text: str) -> str:
    """One page."""
    return _PAGE.format(page=escape(page), title=escape(title), text=escape(text))


def pages(site: str, titles: Mapping[str, str]) -> Mapping[str, str]:
    """The pages by path, from their titles by path."""
    return {path: html(path, title, f"{site}: {title}") for path, title in titles.items()}


def fallback(site: str) -> str:
    """What a single-page front end answers for every path it does not know, with status 200."""
    return html("fallback", site, "…")
