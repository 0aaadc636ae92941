"""The repository's own pages, and the parts of them that tests hold to the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| *`([^`]+)` *\| *(.*?) *\| *(.*?) *\|$", re.MULTILINE)
_BUILT = {"__pycache__", "out"}


def tracked() -> list[Path]:
    """Every file of the checkout but what is hidden or built; `.ci` and `.github` are neither."""
    top = [each for each in ROOT.iterdir() if not each.name.startswith(".") or each.name in {".ci", ".github"}]
    found = [path for each in top for path in ([each] if each.is_file() else each.rglob("*"))]
    return sorted(path for path in found if path.is_file() and not _is_built(path.relative_to(ROOT)))


def _is_built(path: Path) -> bool:
    return bool(_BUILT & set(path.parts)) or any(part.endswith(".egg-info") for part in path.parts)


def markdown() -> list[Path]:
    """Every Markdown page."""
    return [path for path in tracked() if path.suffix == ".md"]


def prose(text: str) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", text)


def fences(text: str) -> Iterator[tuple[str, str]]:
    """Each fenced block: its language, and what it holds."""
    yield from ((found[1], found[2]) for found in _FENCE.finditer(text))


def sections(text: str) -> dict[str, str]:
    """What stands below each `## heading`, up to the next one."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> dict[str, tuple[str, str]]:
    """The rows of a table of keys: name → default and meaning."""
    return {found[1]: (found[2], found[3]) for found in _ROW.finditer(text)}


def files_of(page: str, folder: Path) -> Path:
    """The page's complete YAML files, each named by its first line, written below the folder; the system's folder."""
    for language, text in fences((ROOT / page).read_text(encoding="utf-8")):
        name = text.partition("\n")[0].removeprefix("# environments/")
        if language == "yaml" and name.endswith(".yaml"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder / "shop"
