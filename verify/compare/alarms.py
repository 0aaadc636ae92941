"""Do the alarms exist, tell somebody, and stay quiet?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from verify.compare.data_loss import figure
from verify.compare.documents import parse_json
from verify.compare.json_paths import find
from verify.compare.json_values import JsonDocument
from verify.core.alarms import Alarm, AlarmState, AlarmsTold
from verify.core.replies import Reply
from verify.core.successes import AlarmFigures, AlarmList, Alarms
from verify.core.verdicts import (
    Cause,
    Conclusion,
    Difference,
    Observation,
    Problem,
    failed,
    inconclusive,
    passed,
    unheard,
)

_SHOWN = 20


def judge_alarms(told: Observation[AlarmsTold]) -> Conclusion:
    """
    PASS when every declared alarm exists, tells somebody and is quiet.

    FAIL names each alarm that is absent, fires or tells nobody. INCONCLUSIVE for a state that is not known, such as
    INSUFFICIENT_DATA, for a reader who could not be found out, and where no alarm was told of at all.
    """
    if isinstance(told, Problem):
        return unheard(told) or inconclusive(told.cause, told.reason)
    alarms, absent = told.value.alarms, told.value.absent
    if not alarms and not absent:
        return inconclusive(Cause.NO_ANSWER, f"{told.source}: no alarm was asked about, and that proves nothing")
    wrong = [*(_absent(each) for each in absent), *(each for alarm in alarms for each in _wrong(alarm))]
    receipt = _receipt(alarms)
    doubts = [doubt for alarm in alarms for doubt in _doubts(alarm)]
    if wrong:
        said = "; ".join(f"{each.path}: {each.candidate}" for each in wrong[:_SHOWN])
        return failed(f"{told.source}: {said}", differences=wrong, receipt=receipt)
    if doubts:
        cause = Cause.NO_ANSWER if any(each.unclear for each in alarms) else Cause.TOO_FEW
        return inconclusive(cause, f"{told.source}: {'; '.join(doubts[:_SHOWN])}", receipt=receipt)
    noun = "alarm exists, tells" if len(alarms) == 1 else "alarms exist, each tells"
    return passed(f"{len(alarms):,} {noun} somebody, none fires", receipt=receipt)


def _absent(name: str) -> Difference:
    return Difference(path=name, baseline="an alarm (declared)", candidate="there is none")


def _wrong(alarm: Alarm) -> list[Difference]:
    found = []
    if alarm.state is AlarmState.FIRING:
        found.append(Difference(path=alarm.name, baseline="quiet (expected)", candidate=f"fires ({alarm.said})"))
    if alarm.missing:
        said = f"tells nobody: {', '.join(dict.fromkeys(alarm.missing))}"
        found.append(Difference(path=alarm.name, baseline="tells somebody (expected)", candidate=said))
    return found


def _doubts(alarm: Alarm) -> list[str]:
    unknown = [f"its state is {alarm.said}"] if alarm.state is AlarmState.UNKNOWN else []
    return [f"{alarm.name}: {each}" for each in [*unknown, *dict.fromkeys(alarm.unclear)]]


def _receipt(alarms: Sequence[Alarm]) -> str:
    shown = [
        f"{each.name} watches {each.watches}" + (f", tells {each.reaches}" if each.reaches else "")
        for each in alarms[:_SHOWN]
    ]
    more = [f"and {len(alarms) - _SHOWN:,} more"] if len(alarms) > _SHOWN else []
    return "; ".join([*shown, *more])


def read_alarms(reply: Reply, spec: Alarms) -> AlarmsTold | str:
    """What a JSON answer says of its alarms, or why it says nothing: no JSON, a place that is absent or of another kind."""
    if not 200 <= reply.status < 300:
        return f"answered {reply.status}"
    try:
        document = parse_json(reply.body)
    except ValueError as error:
        return f"is not JSON: {error}"
    if spec.figures is not None:
        return _counted(document, spec.figures)
    if spec.list_ is None:
        return "says neither list: nor figures:, so nobody knows where its alarms are"
    return _listed(document, spec.list_, spec.names)


def _counted(document: JsonDocument, spec: AlarmFigures) -> AlarmsTold | str:
    found: dict[str, Decimal | int] = {}
    for path in (spec.total, spec.firing, spec.receivers):
        value = figure(path, document)
        if isinstance(value, str):
            return value
        found[path] = value
    total, firing, receivers = (found[path] for path in (spec.total, spec.firing, spec.receivers))
    if not total:
        return AlarmsTold(alarms=(), absent=("any alarm",))
    alarm = Alarm(
        name=f"{total:,} alarms", watches=f"what {spec.total} counts",
        state=AlarmState.FIRING if firing else AlarmState.QUIET, said=f"{firing:,} of {total:,}",
        reaches=f"{receivers:,} at {spec.receivers}",
        missing=() if receivers else (f"{spec.receivers} is 0",),
    )  # fmt: skip
    return AlarmsTold(alarms=(alarm,))


def _listed(document: JsonDocument, spec: AlarmList, names: Sequence[str]) -> AlarmsTold | str:
    items = list(find(spec.at, document).values())
    if len(items) == 1 and isinstance(items[0], list):
        items = list(items[0])
    elif not items:
        return f"holds nothing at {spec.at}"
    alarms = []
    for each in items:
        read = _item(each, spec, names)
        if isinstance(read, str):
            return read
        alarms += [read] if read else []
    there = {each.name for each in alarms}
    absent = tuple(sorted(each for each in set(names) if each not in there))
    return AlarmsTold(alarms=tuple(sorted(alarms, key=lambda each: each.name)), absent=absent)


def _item(item: JsonDocument, spec: AlarmList, names: Sequence[str]) -> Alarm | str | None:
    """One alarm of the list, None for one that nobody asked about, or what cannot be read of it."""
    values = {path: list(find(path, item).values()) for path in (spec.name, spec.state, spec.notifies)}
    found = [values[spec.name], values[spec.state]]
    if any(len(each) != 1 or not isinstance(each[0], str) for each in found):
        return f"lists an alarm at {spec.at} without one text at {spec.name} and at {spec.state}"
    (name,), (said,) = ([str(each) for each in one] for one in found)
    if name not in names:
        return None
    told = _told(values[spec.notifies])
    state = _state(said, spec)
    return Alarm(
        name=name, watches=f"what {spec.at} lists it for", state=state, said=said,
        reaches=f"{told:,} at {spec.notifies}" if told else "",
        missing=(f"{spec.notifies} says that nobody is",) if told == 0 else (),
        unclear=(f"{spec.notifies} says nothing of whom it tells",) if told is None else (),
    )  # fmt: skip


def _state(said: str, spec: AlarmList) -> AlarmState:
    word = said.casefold()
    if word in {each.casefold() for each in spec.firing}:
        return AlarmState.FIRING
    return AlarmState.QUIET if word in {each.casefold() for each in spec.quiet} else AlarmState.UNKNOWN


def _told(found: Sequence[JsonDocument]) -> int | None:
    """How many are told: of a list its length, of a number itself, of a flag 0 or 1; None for anything else."""
    if len(found) != 1:
        return None
    value = found[0]
    if isinstance(value, list):
        return len(value)
    if isinstance(value, bool | int) and value >= 0:
        return int(value)
    return None
