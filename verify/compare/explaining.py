"""A proven difference in words: the place inside the value, and both sides; personal values as keyed hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from deepdiff import DeepDiff

from verify.compare.json_paths import show_key
from verify.core.showing import show
from verify.core.values import ABSENT, Tree, kind_of, regrown, tree
from verify.core.verdicts import Difference
from verify.core.visible import unambiguous

SHOWN_CHARACTERS: Final = 200
# deepdiff compares long lists pairwise; past this many characters the whole value is named instead.
_EXPLAINED: Final = 20_000
# A step of a path: `['two words']`, `[3]`, or a name up to the next dot or bracket.
_STEP: Final = re.compile(r"\['((?:[^'\\]|\\.)*)'\]|(\[[^\]]*\])|\.?([^.\[]+)")

_MARK: Final = re.compile(r'\\.|"', re.DOTALL)


def visible(path: str) -> str:
    """A column's path, `$.price`, for people: its name escaped where it cannot be written or told apart on paper."""
    return path if unambiguous(path) else f"${show_key(path.removeprefix('$.'))}"


def _nobody(path: str) -> str:
    raise ValueError(f"{path} is personal, and nothing was given to conceal it with")


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """
    Which places hold personal data, and what is shown instead.

    `personal` holds column names and JSONPaths: `email`, `$.address.street`, `$..email` (at any depth).
    """

    personal: Collection[str] = ()
    conceal: Callable[[str], str] = _nobody

    def shown(self, path: str, encoding: str, within: str = "") -> str:
        """
        The value for people, or its kind and keyed hash when the place, or one inside it, is personal.

        A member of a list whose order does not count has no place: it is asked of the whole list, `within`.
        """
        if encoding != ABSENT and any(_holds(pattern, path, within or encoding) for pattern in self.personal):
            return f"{kind_of(encoding)} {self.conceal(encoding)}"
        text = show(encoding)
        if len(text) <= SHOWN_CHARACTERS:
            return text
        return f"{text[:SHOWN_CHARACTERS]}… ({len(text):,} characters)"


def _holds(pattern: str, path: str, encoding: str) -> bool:
    here = _steps(path)
    if pattern.startswith("$.."):
        name = "".join(_steps(f"${pattern[2:]}"))
        return name in here or _of_column(path, name) or name in _names_inside(tree(encoding))
    place = _steps(pattern if pattern.startswith("$") else f"$.{pattern}")
    inside = place[: len(here)] == here and len(place) > len(here) and encoding[0] in "lm"
    return here[: len(place)] == place or inside


def _of_column(path: str, name: str) -> bool:
    """Whether the path begins with this column, whose name it writes as it is: `$.a.b` may be one column `a.b`."""
    rest = path.removeprefix(f"$.{name}")
    return rest != path and rest[:1] in {"", ".", "["}


def _steps(path: str) -> tuple[str, ...]:
    """The members and indexes of a path one by one, however it writes them."""
    found = _STEP.finditer(path.removeprefix("$"))
    return tuple(_unescaped(each[1]) if each[1] is not None else each[2] or each[3] for each in found)


def _unescaped(quoted: str) -> str:
    """The name that stands between the quotes of a step, whose escapes are those of JSON but for the quote."""
    text = _MARK.sub(lambda found: {"\\'": "'", '"': '\\"'}.get(found[0], found[0]), quoted)
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:  # an escape that JSON does not have
        return re.sub(r"\\(.)", r"\1", quoted)


def _names_inside(parts: Tree) -> Iterator[str]:
    if isinstance(parts, dict):
        for name, item in parts.items():
            yield name
            yield from _names_inside(item)
    elif isinstance(parts, list):
        for item in parts:
            yield from _names_inside(item)


def explained(path: str, baseline: str, candidate: str) -> list[tuple[str, str, str]]:
    """
    The places where two unequal values differ, each with both encodings; at least one, sorted by path.

    deepdiff sees encodings as leaves, so its own idea of equality (2 == 2.0 == True) never comes into play.
    """
    alike = baseline[0] == candidate[0] and baseline[0] in "lm"
    if not alike or len(baseline) + len(candidate) > _EXPLAINED:
        return [(path, baseline, candidate)]
    found = DeepDiff(
        tree(baseline), tree(candidate), view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False
    )
    places = sorted(
        (_place(path, level.path(output_format="list")), _encoded(level.t1), _encoded(level.t2))
        for levels in found.values()
        for level in levels
    )
    return places or [(path, baseline, candidate)]


def _place(path: str, steps: list[str | int]) -> str:
    return path + "".join(map(show_key, steps))


def _encoded(part: object) -> str:
    return regrown(part) if isinstance(part, str | list | dict) else ABSENT


def _first_apart(baseline: str, candidate: str) -> str:
    """Where two long texts part, when what is shown of them looks alike."""
    pairs = zip(baseline, candidate, strict=False)
    at = next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(baseline), len(candidate)))
    return f"first differs at character {at:,}" if at > SHOWN_CHARACTERS // 2 else ""


def differences(key: str, path: str, baseline: str, candidate: str, privacy: Privacy) -> list[Difference]:
    """One Difference for each place inside the value."""
    return [
        Difference(
            key=key, path=visible(path) + place.removeprefix(path),
            baseline=privacy.shown(place, one), candidate=privacy.shown(place, other),
            detail=_first_apart(one, other),
        )
        for place, one, other in explained(path, baseline, candidate)
    ]  # fmt: skip
