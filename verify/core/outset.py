"""What makes a PASS easier from the beginning: nothing before it could show it as changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, JsonValue

from verify.core.commitments import commitments, signed
from verify.core.datasets import Dataset
from verify.core.decision import Decision
from verify.core.links import Link
from verify.core.model import Comparison, Defaults, Step
from verify.core.passage import lets_in
from verify.core.plan import by_itself
from verify.core.scalars import show_duration
from verify.core.subjects import Environment

# Another name of a column on one side softens nothing.
_NAMES: Final = frozenset({"baseline", "candidate"})


def from_the_start(environment: Environment, chain: Sequence[Link]) -> list[str]:
    """
    Every softening in force that no decision saw come, a sentence each, until traffic was let in in its sight.

    What came after the first decision is listed as changed, and not here.
    """
    decisions = [each for each in chain if isinstance(each, Decision)]
    if any(lets_in(each) for each in decisions):
        return []
    now, then = commitments(environment), decisions[0].commitments if decisions else {}
    return [
        f"in force from the start: {name}: {words}"
        for name, words in softenings(environment).items()
        if not decisions or then.get(name) == now.get(name)
    ]


def softenings(environment: Environment) -> dict[str, str]:
    """What makes a PASS easier than by itself, under the names that `commitments` gives it; only what is said."""
    system = environment.system
    found: dict[str, JsonValue] = {"softening defaults": _compared(system.defaults)}
    for name, endpoint in system.endpoints.items():
        found[f"softening endpoint/{name}"] = _compared(endpoint.compare)
    for name, probe in system.errors.items():
        found[f"softening error/{name}"] = _compared(probe.compare)
    for name, dataset in system.datasets.items():
        found[f"softening dataset/{name}"] = _ruled(dataset)
        found[f"left out dataset/{name}"] = _said(dataset, "except", "only", "where")
    for name, discovery in system.discover.items():
        found[f"left out discover/{name}"] = _said(discovery, "except")
    for step in system.steps:
        found[f"step {step.name} fresh"] = _longer(step)
        found[f"step {step.name} on_fail"] = {str(each): what for each, what in step.on_fail.items() if what == "hold"}
    return {**{name: _words(said) for name, said in found.items() if said}, **signed(environment)}


def _words(said: JsonValue) -> str:
    """`columns (price (trim: true)), recheck (within: 2s)`: what is said, for people."""
    if isinstance(said, dict):
        parts = sorted(said.items())
        return ", ".join(
            f"{name} ({_words(each)})" if isinstance(each, dict) else f"{name}: {_words(each)}" for name, each in parts
        )
    if isinstance(said, list):
        return ", ".join(_words(each) for each in said) or "none"
    return said if isinstance(said, str) else json.dumps(said)


def _said(spec: BaseModel, *parts: str) -> dict[str, JsonValue]:
    """These parts of a description, where they are not what holds by itself."""
    told = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {part: told[part] for part in parts if part in told}


def _compared(compare: Comparison | Defaults) -> dict[str, JsonValue]:
    """What is softer; headers only where one is left out that is compared by itself."""
    headers = {each.lower() for each in compare.headers or ()}
    fewer = compare.headers is not None and not headers.issuperset(Defaults().headers)
    return _said(compare, "unordered", "volatile", "tolerance", *(["headers"] if fewer else []))


def _ruled(dataset: Dataset) -> dict[str, JsonValue]:
    rules = {name: _said(rule, *(type(rule).model_fields.keys() - _NAMES)) for name, rule in dataset.columns.items()}
    columns: dict[str, JsonValue] = {name: rule for name, rule in rules.items() if rule}
    return {**({"columns": columns} if columns else {}), **_said(dataset, "recheck")}


def _longer(step: Step) -> dict[str, JsonValue]:
    """The families whose evidence may be older than it may by itself."""
    return {str(family): show_duration(span) for family, span in step.fresh.items() if span > by_itself(str(family))}
