"""What was promised, so that a loosened promise shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from verify.core.decision import Decision
from verify.core.subjects import Environment

_PROMISED: Final = ("requires", "fresh", "observe", "on_fail")


def commitments(environment: Environment) -> dict[str, str]:
    """What was promised, accepted and waived, by name, so that a loosened promise shows."""
    system = environment.system
    found = {
        f"objective {name}": json.dumps(value, sort_keys=True)
        for name, value in system.objectives.model_dump(mode="json").items()
    }
    found |= {f"minimum dataset/{name}": str(spec.minimum) for name, spec in system.datasets.items()}
    found |= {f"accepted {a.check} {a.subject} {a.path}": f"until {a.until}: {a.reason}" for a in system.accepted}
    found |= {f"waived {w.check} {w.subject}": f"until {w.until}: {w.reason}" for w in environment.file.waived}
    for step in system.steps:
        said = step.model_dump(mode="json")
        found |= {f"step {step.name} {part}": json.dumps(said[part], sort_keys=True) for part in _PROMISED}
    return dict(sorted(found.items()))


def changed(now: Mapping[str, str], chain: Sequence[Decision]) -> tuple[str, ...]:
    """What is promised otherwise than at the last decision, each with both values."""
    if not chain:
        return ()
    then = chain[-1].commitments
    names = sorted(set(now) | set(then))
    return tuple(
        f"{name}: was {then.get(name, 'absent')}, is {now.get(name, 'absent')}"
        for name in names
        if now.get(name) != then.get(name)
    )
