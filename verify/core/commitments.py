"""What was promised, so that a loosened promise shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from verify.core.decision import Decision
from verify.core.links import Link
from verify.core.passage import lets_in
from verify.core.scalars import Duration
from verify.core.subjects import Environment

_PROMISED: Final = ("requires", "fresh", "observe", "on_fail")
# Decisions before this number knew nothing of softenings: their absence then says nothing.
_VERSION: Final = "2"
_SINCE_2: Final = ("softening ", "left out ", "version")
_DURATION: Final[TypeAdapter[timedelta]] = TypeAdapter(Duration)
_MORE_IS_STRICTER: Final = frozenset({"at_least", "minimum", "observe"})


def commitments(environment: Environment) -> dict[str, str]:
    """What was promised, accepted and waived, by name, so that a loosened promise shows."""
    system = environment.system
    found = {"version": _VERSION}
    found |= {f"objective {name}": _text(value) for name, value in system.objectives.model_dump(mode="json").items()}
    found |= {f"minimum dataset/{name}": str(spec.minimum) for name, spec in system.datasets.items()}
    found |= _signed(environment) | _softened(environment)
    for step in system.steps:
        said = step.model_dump(mode="json")
        found |= {f"step {step.name} {part}": _text(said[part]) for part in _PROMISED}
    return dict(sorted(found.items()))


def _text(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _signed(environment: Environment) -> dict[str, str]:
    """What somebody put a name to: accepted differences and waivers; two about one place are both kept."""
    found: dict[str, str] = {}
    for each in environment.system.accepted:
        values = [
            f"{side} {_text(getattr(each, side))}"
            for side in ("baseline", "candidate")
            if side in each.model_fields_set
        ]
        name = f"accepted {each.check} {each.subject} {each.path}"
        said = f"until {each.until}: {'; '.join([each.reason, *values])}"
        found[name] = f"{found[name]} and {said}" if name in found else said
    return found | {f"waived {w.check} {w.subject}": f"until {w.until}: {w.reason}" for w in environment.file.waived}


def _softened(environment: Environment) -> dict[str, str]:
    """Every rule that lets two unequal values count as equal, or leaves something out of a comparison."""
    system = environment.system
    found = {"softening defaults": _text(system.defaults.model_dump(mode="json")["volatile"])}
    for name, endpoint in system.endpoints.items():
        found[f"softening endpoint/{name}"] = _text(endpoint.compare.model_dump(mode="json"))
    for name, probe in system.errors.items():
        found[f"softening error/{name}"] = _text(probe.compare.model_dump(mode="json"))
    for name, spec in system.datasets.items():
        said = spec.model_dump(mode="json", by_alias=True)
        found[f"softening dataset/{name}"] = _text({part: said[part] for part in ("columns", "recheck")})
        found[f"left out dataset/{name}"] = _text({part: said[part] for part in ("except", "only", "where")})
    for name, discovery in system.discover.items():
        found[f"left out discover/{name}"] = _text(list(discovery.except_))
    return found


def changed(now: Mapping[str, str], chain: Sequence[Link]) -> tuple[str, ...]:
    """
    What is promised otherwise than when traffic was last let in, each with both values; before that, than at first.

    A decision in between settles nothing: what was loosened is listed until an ADVANCE was given in its sight.
    """
    decisions = [each for each in chain if isinstance(each, Decision)]
    reference = next((each for each in reversed(decisions) if lets_in(each)), decisions[0] if decisions else None)
    if reference is None:
        return ()
    then = reference.commitments
    skipped = () if "version" in then else _SINCE_2
    names = [name for name in sorted(set(now) | set(then)) if not (skipped and name.startswith(skipped))]
    return tuple(
        f"{name}: was {then.get(name, 'absent')}, is {now.get(name, 'absent')}{_kind(name, then.get(name), now.get(name))}"
        for name in names
        if now.get(name) != then.get(name)
    )


def _kind(name: str, then: str | None, now: str | None) -> str:
    """` (new)`, ` (loosened)` or nothing: what a reader has to look at twice."""
    if name.startswith(("accepted ", "waived ")):
        return " (new)" if then is None and now is not None else ""
    return " (loosened)" if _looser(name, then, now) else ""


def _looser(name: str, then: str | None, now: str | None) -> bool:
    """True when what is promised now is less than before, as far as numbers and names can tell."""
    if then is None or now is None:
        return now is None
    before, after = dict(_leaves(json.loads(then), name)), dict(_leaves(json.loads(now), name))
    if name.startswith(("softening ", "left out ")):
        return bool(after.keys() - before.keys()) or any(
            _greater(after[at], before[at]) for at in after.keys() & before
        )
    return any(_weaker(at, before[at], after.get(at)) for at in before)


def _weaker(at: str, then: JsonValue, now: JsonValue) -> bool:
    last = at.rsplit(".", 1)[-1].rsplit(" ", 1)[-1]
    if now is None:
        return then is not None and "fresh" not in at  # what says nothing about age falls back to the default
    strict = at.startswith("minimum") or last in _MORE_IS_STRICTER
    return _greater(then, now) if strict else _greater(now, then) or (then == "roll-back" and now == "hold")


def _greater(one: JsonValue, other: JsonValue) -> bool:
    first, second = _number(one), _number(other)
    return first is not None and second is not None and first > second


def _number(value: JsonValue) -> float | None:
    """The number, or the seconds of a duration (`7d`); None for what is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        return _DURATION.validate_python(value).total_seconds() if isinstance(value, str) else None
    except ValidationError:
        return None


def _leaves(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    """Every leaf with its path; an entry of a list is named by its value, so that order does not matter."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from [(f"{path}.{_text(inner)}", 0)] if isinstance(inner, dict | list) else [(f"{path}.{inner}", 0)]
    else:
        yield path, value
