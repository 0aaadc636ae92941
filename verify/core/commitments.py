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
from verify.core.successes import Success

_PROMISED: Final = ("requires", "fresh", "observe", "on_fail")
_VERSION: Final = "5"
# A decision of an earlier number knew nothing of these: that it does not name them says nothing.
_SINCE: Final = {2: ("softening ", "left out "), 3: ("success ", "metrics ", "rollback ", "health "),
                 5: ("compared ",)}  # fmt: skip
_STEPS_SINCE: Final = {4: (" percent", " of")}
_DURATION: Final[TypeAdapter[timedelta]] = TypeAdapter(Duration)
_MORE_IS_STRICTER: Final = frozenset(
    {"at_least", "minimum", "observe", "peak", "safety", "share", "over", "visitors", "asks", "sticky", "drills", "quiet",
     "healthy_threshold"}
)  # fmt: skip
# More or less of these is another measurement, and neither a stricter nor a looser one.
_NEITHER: Final = ("split.percent", "split.rate", "path.interval")
# Each entry excuses something: one more is looser, one less is not.
_EXCUSING: Final = ".list_.quiet."
# What these name is compared, and whether everything is where they name nothing.
_COMPARED: Final = {"headers": False, "only": True}
# What says nothing about these falls back to what holds by itself.
_BY_ITSELF: Final = ("fresh", "headroom.share")


def commitments(environment: Environment) -> dict[str, str]:
    """What was promised, accepted and waived, by name, so that a loosened promise shows."""
    system = environment.system
    found = {"version": _VERSION}
    found |= {f"objective {name}": _text(value) for name, value in system.objectives.model_dump(mode="json").items()}
    found |= {f"minimum dataset/{name}": str(spec.minimum) for name, spec in system.datasets.items()}
    found |= signed(environment) | _softened(environment) | _successes(environment)
    for step in system.steps:
        said = step.model_dump(mode="json")
        found |= {f"step {step.name} {part}": _text(said[part]) for part in _PROMISED}
        found |= {f"step {step.name} percent": _share(step.percent), f"step {step.name} of": _text(step.of)}
    return dict(sorted(found.items()))


def _successes(environment: Environment) -> dict[str, str]:
    """What is measured while traffic moves, where figures come from, and how traffic goes back; headers may be secret."""
    system, file = environment.system, environment.file
    found: dict[str, str] = {}
    for part, said in system.success.model_dump(mode="json").items():
        named = _by_name(system.success, part)
        found |= {f"success {part}/{name}": _text(said[name]) for name in named}
        if not named and said:
            found[f"success {part}"] = _text(said)
    for name, source in file.metrics.items():
        found[f"metrics {name}"] = _text(source.model_dump(mode="json", exclude={"headers"}))
    if system.health:
        found["health path"] = _text(system.health.model_dump(mode="json"))
    if file.rollback:
        told = file.rollback.model_dump(mode="json")
        words = {part: " ".join(told[part]) for part in ("command", "restore")}
        found["rollback drill"] = _text({**told, **words})
    return found


def _by_name(success: Success, part: str) -> list[str]:
    """The names under which something is declared there, when names are what it is declared by."""
    declared = getattr(success, part)
    return sorted(declared) if isinstance(declared, dict) else []


def _text(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _share(percent: float | None) -> str:
    """A share of traffic as it is written: `10`, not `10.0`."""
    return _text(int(percent) if percent is not None and percent.is_integer() else percent)


def signed(environment: Environment) -> dict[str, str]:
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
    headers: list[JsonValue] = [*sorted({each.lower() for each in system.defaults.headers})]
    found["compared defaults"] = _text({"headers": headers})
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
    known = int(then.get("version", "1"))
    names = [name for name in sorted(set(now) | set(then)) if not _unsaid(name, known)]
    return tuple(
        f"{name}: was {then.get(name, 'absent')}, is {now.get(name, 'absent')}{_kind(name, then.get(name), now.get(name))}"
        for name in names
        if now.get(name) != then.get(name) and not (name not in then and _softens_nothing(name, now[name]))
    )


def _softens_nothing(name: str, now: str) -> bool:
    """True when what came is compared whole: more is asked then. An empty list of headers compares none."""
    if not name.startswith(("softening ", "left out ")):
        return False
    said = json.loads(now)
    if isinstance(said, list):
        return not said
    return said.get("headers") is None and not any(said.values())


def _unsaid(name: str, known: int) -> bool:
    """True when a decision of this number could not have named it, or it promises nothing."""
    parts = tuple(each for since, named in _SINCE.items() if since > known for each in named)
    ends = tuple(each for since, named in _STEPS_SINCE.items() if since > known for each in named)
    return name.startswith(("version", *parts)) or (name.startswith("step ") and name.endswith(ends))


def _kind(name: str, then: str | None, now: str | None) -> str:
    """` (new)`, ` (loosened)` or nothing: what a reader has to look at twice."""
    if name.startswith(("accepted ", "waived ")):
        return " (new)" if then is None and now is not None else ""
    return " (loosened)" if _looser(name, then, now) else ""


def _looser(name: str, then: str | None, now: str | None) -> bool:
    """True when what is promised now is less than before, as far as numbers and names can tell."""
    if then is None or now is None:
        return now is None and not name.startswith("metrics ")  # a check whose source is gone is refused
    before, after = dict(_leaves(json.loads(then), name)), dict(_leaves(json.loads(now), name))
    if name.startswith(("softening ", "left out ", "compared ")):
        return _softer(name, before, after)
    excused = any(_EXCUSING in at for at in after.keys() - before.keys())
    return excused or any(_weaker(at, before[at], after.get(at)) for at in before if _EXCUSING not in at)


def _softer(name: str, before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> bool:
    """True when more is softened, or by more; and where what is named is compared, when less is named."""
    more = set(after.keys() - before.keys())
    for part, empty_is_all in _COMPARED.items():
        was, now = ({at for at in each if at.startswith(f"{name}.{part}.")} for each in (before, after))
        if was or not (empty_is_all or f"{name}.{part}" in before):
            more = (more - now) | (was - now if now or not empty_is_all else set())
    return bool(more) or any(_greater(after[at], before[at]) for at in after.keys() & before)


def _weaker(at: str, then: JsonValue, now: JsonValue) -> bool:
    last = at.rsplit(".", 1)[-1].rsplit(" ", 1)[-1]
    if at.endswith(_NEITHER) or at.startswith("metrics "):
        return False
    if at.startswith("step ") and last in {"percent", "of"}:
        return _exposes(last, then, now)
    if now is None:
        return then is not None and not any(each in at for each in _BY_ITSELF)
    strict = at.startswith("minimum") or last in _MORE_IS_STRICTER
    return _greater(then, now) if strict else _greater(now, then) or (then == "roll-back" and now == "hold")


def _exposes(part: str, then: JsonValue, now: JsonValue) -> bool:
    """True when the same proof lets in more traffic than it did, or is about another side."""
    return now != then if part == "of" else (_number(now) or 0.0) > (_number(then) or 0.0)


def _greater(one: JsonValue, other: JsonValue) -> bool:
    first, second = _number(one), _number(other)
    return first is not None and second is not None and first > second


def _number(value: JsonValue) -> float | None:
    """The number, or the seconds of a duration (`7d`); None for what is neither."""
    if isinstance(value, int | float):  # a promise that is switched off is one less
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
