"""Which declared rule would cover what moves on its own; a proposal, never a decision."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

from verify.compare.json_rules import DocumentRules
from verify.compare.json_values import Value
from verify.compare.volatile import guess
from verify.core.scalars import Volatile
from verify.core.verdicts import Difference

_INDEX: Final = re.compile(r"\[\d+\]")
_PROPOSED: Final = 5


def _read(shown: str) -> Value:
    """The scalar behind a shown value; null when it cannot be told (concealed, cut, a container)."""
    name, _, text = shown.partition(" ")
    try:
        if name == "string":
            found = json.loads(text)
            return found if isinstance(found, str) else None
        if name == "number":
            return Decimal(text)
    except (ValueError, InvalidOperation):
        return None
    return None


def _rule(difference: Difference) -> Volatile | None:
    return guess(_read(difference.baseline), _read(difference.candidate))


def proposal(differences: Iterable[Difference], rules: DocumentRules) -> str:
    """What a person may declare when the named places move by nature; empty when no rule would do."""
    proposed: dict[str, str] = {}
    for each in differences:
        if not each.path.startswith("$"):
            continue
        path = _INDEX.sub("[*]", each.path)
        rule = _rule(each)
        if rule and path not in rules.volatile:
            proposed.setdefault(f"{path}: {rule}", "volatile")
        elif "absent" in (each.baseline, each.candidate) and path.endswith("[*]"):
            proposed.setdefault(f"{path.removesuffix('[*]')}: null", "unordered")
    parts = [f"{name}: {{{rule}}}" for rule, name in list(proposed.items())[:_PROPOSED]]
    return f"if these move by nature, declare {', '.join(parts)}" if parts else ""
