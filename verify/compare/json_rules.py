"""What two equal documents may differ in, declared and then compiled once per comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from verify.compare.json_paths import Key, Pattern, Patterns, State, View, compile_pattern
from verify.compare.json_values import JsonDocument, Value, exact, kind, within
from verify.compare.shown import concealed, show
from verify.compare.volatile import form
from verify.core.scalars import Volatile


def _withheld(_: str) -> str:
    return "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRules:
    """
    What two equal documents may differ in; keys are JSONPath patterns (RFC 9535).

    `volatile` names the kind that both values must be of; `unordered` a list that is a multiset, with the
    member that identifies an element or None; `tolerance` how far two numbers may lie apart; `personal`
    selects what is shown only as `conceal` of it, with everything below it.
    """

    volatile: Mapping[str, Volatile] = field(default_factory=dict)
    unordered: Mapping[str, str | None] = field(default_factory=dict)
    tolerance: Mapping[str, float | Decimal] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    conceal: Callable[[str], str] = _withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One declared rule; `label` is the name under which its use is counted."""

    pattern: str
    label: str
    volatile: Volatile | None = None
    tolerance: Decimal | None = None
    unordered: bool = False
    member: str | None = None
    personal: bool = False

    def form_of(self, value: Value) -> str | None:
        """The form in which this rule can excuse the value alone, or None."""
        if self.volatile is not None:
            return form(value, self.volatile)
        return "number" if self.tolerance is not None and kind(value) == "number" else None

    def excuses(self, baseline: Value, candidate: Value) -> bool:
        """True when the rule reads both values and finds them alike enough."""
        if self.tolerance is not None:
            return within(baseline, candidate, self.tolerance)
        here = self.form_of(baseline)
        return here is not None and here == self.form_of(candidate)


def _declared(rules: DocumentRules) -> tuple[Rule, ...]:
    found = [
        Rule(pattern=path, label=f"{path} volatile {rule}", volatile=rule) for path, rule in rules.volatile.items()
    ]
    for path, distance in rules.tolerance.items():
        allowed = Decimal(exact(distance))
        if not allowed.is_finite() or allowed < 0:
            raise ValueError(f"the tolerance of {path} is {distance}; write a number that is not negative")
        found.append(Rule(pattern=path, label=f"{path} tolerance {distance}", tolerance=allowed))
    for path, member in rules.unordered.items():
        by = f" by {member}" if member else ""
        found.append(Rule(pattern=path, label=f"{path} unordered{by}", unordered=True, member=member))
    found += [Rule(pattern=path, label="", personal=True) for path in rules.personal]
    return tuple(found)


class Rules:
    """Compiled rules; raises ValueError for a pattern that is no JSONPath."""

    def __init__(self, declared: DocumentRules) -> None:
        self._rules = _declared(declared)
        self._conceal = declared.conceal
        self._hides = bool(declared.personal)
        self._patterns = Patterns(
            Pattern(rule=index, segments=compile_pattern(rule.pattern), sticky=rule.personal)
            for index, rule in enumerate(self._rules)
        )
        self.start = self._patterns.start
        self.dead = self._patterns.dead
        self.child = self._patterns.child
        self.child_seen = self._patterns.child_seen

    def at(self, state: State) -> Sequence[Rule]:
        """The rules that select this place, in the order declared."""
        return [self._rules[index] for index in sorted(state.rules)] if state.rules else ()

    def blind(self, state: State) -> bool:
        """True when a rule excuses any value here, so that comparing it says nothing."""
        return any(rule.volatile == "any" for rule in self.at(state))

    def redacted(self, value: Value, state: State, root: JsonDocument) -> Value:
        """The value with every personal scalar inside it replaced by what stands for it."""
        if not self._hides or value is None or kind(value) == "absent":
            return value
        if isinstance(value, dict):
            return {name: self._below(value, name, state, root) for name in value}
        if isinstance(value, list):
            return [self._below(value, index, state, root) for index in range(len(value))]
        return concealed(value, self._conceal) if self._personal(state) else value  # type: ignore[arg-type]

    def _below(
        self,
        container: list[JsonDocument] | dict[str, JsonDocument],
        key: Key,
        state: State,
        root: JsonDocument,
    ) -> JsonDocument:
        view: View = (root, container, key)
        child = container[key]  # type: ignore[index]
        return self.redacted(child, self.child_seen(state, (view,)), root)  # type: ignore[return-value]

    def _personal(self, state: State) -> bool:
        return any(rule.personal for rule in self.at(state))

    def show(self, value: Value, state: State, root: JsonDocument) -> str:
        """The value after its kind, personal data concealed, at most 200 characters."""
        scalar = kind(value) in ("bool", "number", "string")
        if scalar and self._personal(state):
            return f"{kind(value)} {concealed(value, self._conceal)}"  # type: ignore[arg-type]
        return show(self.redacted(value, state, root))
