"""The page of a decision: one file that needs no network, the same bytes for the same input."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.html import charts, series_charts
from reports.html.causes import Cause, causes
from reports.html.figures import milliseconds
from reports.html.material import Material
from reports.html.texts import Caps, counted, cut, line, listed
from reports.html.views import View
from reports.html.wording import basis, families, led, means, outcome, proven, sentence, stamp, unknowns, where
from reports.terminal import build_said, headline
from verify.core.again import asked_again

LARGEST: Final = 5_000_000
_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
_SMALLEST: Final = 0.001


@cache
def _engine() -> Environment:
    engine = Environment(
        loader=FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    engine.filters.update(cut=cut, line=line, stamp=stamp, ms=milliseconds)
    engine.globals.update(
        asked_again=asked_again,
        build_said=build_said,
        where=where,
        counted=counted,
        listed=listed,
        charts=charts,
        series_charts=series_charts,
        len=len,
    )
    return engine


def _inlined(name: str) -> tuple[Markup, str]:
    """A file of ours to be put into the page, and the word by which the page's policy allows exactly it."""
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"'sha256-{digest}'"  # noqa: S704 - a file of this package


def _context(material: Material, caps: Caps, found: Sequence[Cause]) -> Mapping[str, object]:
    decision = material.decision
    said = led(decision, headline(decision))
    style, style_word = _inlined("page.css")
    script, script_word = _inlined("page.js")
    policy = (
        f"default-src 'none'; style-src {style_word}; script-src {script_word}; base-uri 'none'; form-action 'none'"
    )
    return {
        "material": material,
        "decision": decision,
        "caps": caps,
        "policy": policy,
        "outcome": outcome(decision),
        "style": style,
        "script": script,
        "headline": f"{outcome(decision)}: {said.partition(': ')[2]}",
        "sentence": sentence(decision, said),
        "means": means(decision),
        "proven": proven(decision),
        "basis": basis(decision),
        "families": families(decision),
        "unknowns": unknowns(decision),
        "view": View(material, caps, found),
    }


def page(material: Material, *, limit: int = LARGEST) -> str:
    """
    The page as UTF-8 text of at most `limit` bytes, where even its shortest form does not need more.

    What is shown of claims, differences and texts is shortened until it fits; the page counts what is left out.
    """
    template = _engine().get_template("page.html")
    found = causes(material.decision)
    scale, text = 1.0, ""
    while scale > _SMALLEST:
        text = template.render(_context(material, Caps().scaled(scale), found))
        size = len(text.encode())
        if size <= limit:
            break
        scale *= max(0.1, min(0.8, 0.9 * limit / size))
    return text
