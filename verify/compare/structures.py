"""Whether two collections are made alike: columns, constraints, indexes and what else changes what is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from pydantic import JsonValue

from verify.compare.explaining import Privacy
from verify.compare.rounding import only_rounded
from verify.core.datasets import Expected
from verify.core.structures import Structure
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive, passed
from verify.core.words import number_of

Facts = Mapping[str, JsonValue]
_NONE: Final = "none"
_OF_A_FIELD: Final = 3
_UNUSED: Final = "its server does not use it: build it again, or make it visible"
_GRANT: Final = "grant it to the roles of both sides and ask again, or waive the check"
_FORBIDS: Final = "it refuses records that the baseline takes; drop it, or make it on the baseline too"
# A constraint of a domain that was added NOT VALID.
_UNPROVEN: Final = re.compile(r"\Adomain .*\) NOT VALID\b", re.DOTALL)
_MEND: Final = "make the candidate like its baseline; a difference that is meant is named under accepted: with a date"
# Versions of the same extension or collation provider differ between two healthy servers; they are shown, not judged.
_SHOWN_ONLY: Final = ("version", "collation_version", "replica_identity", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both structures, with notes for the receipt; the baseline's is None where its kind has none to compare with."""

    baseline: Structure | None
    candidate: Structure
    notes: tuple[str, ...] = ()


def compare_schemas(sides: Sides, expected: Expected) -> Conclusion:
    """
    PASS when columns, constraints and settings are alike, every constraint is validated, and `expect` is met.

    A constraint under another name that says the same is the same. Versions are shown, not judged. What a side's role may not
    see leaves the rest INCONCLUSIVE, but what is seen to differ is a FAIL all the same.
    """
    one, other = sides.baseline, sides.candidate
    found = list(_expected_columns(other, expected))
    receipt = [f"{number_of(len(other.columns), 'column')} on candidate"]
    unseen = {**one.unseen, **other.unseen} if one is not None else {}
    if one is not None:
        unlike = _unlike(one, other)
        found += [each for each in unlike if not any(fnmatchcase(each.path, place) for place in unseen)]
        receipt += [number_of(len(one.constraints), "constraint"), number_of(len(one.settings), "setting")]
    found += _never_proven(other)
    receipt += [f"advice: {each}" for each in dict.fromkeys((*(one.advice if one else ()), *other.advice))]
    receipt += [*_shown_only(sides), *sides.notes]
    compared = one is not None or expected.columns or not other.columns
    looked = len(other.columns) if compared else None
    return _concluded(found, looked=looked, receipt=receipt, what="structure", unseen=unseen.values())


def _unlike(one: Structure, other: Structure) -> Iterator[Difference]:
    if one.kind != other.kind:
        yield Difference(path="$.kind", baseline=one.kind, candidate=other.kind)
    yield from _facts("columns", one.columns, other.columns)
    yield from _facts("constraints", *_unpaired(one.constraints, other.constraints))
    yield from _facts("settings", _wrapped(one.settings), _wrapped(other.settings))


def compare_indexes(sides: Sides, expected: Expected) -> Conclusion:
    """
    PASS when the candidate has every index of the baseline, each valid, and those that `expect` names, of all rows.

    An index is what it covers, not what it is called. One that only the candidate has is shown and not judged, unless it
    forbids records that the baseline takes: that of a constraint is told with the structure, any other unique one here.
    """
    one, other = sides.baseline, sides.candidate
    found = [
        Difference(path=f"$.indexes.{name}", baseline="valid", candidate="not valid", detail=_UNUSED)
        for name, facts in sorted(other.indexes.items())
        if facts.get("valid") is False
    ]
    found += _expected_indexes(other, expected)
    more: list[str] = []
    if one is not None:
        here, there = _unpaired(one.indexes, other.indexes)
        found += _facts("indexes", here, {name: facts for name, facts in there.items() if name in here})
        found += _forbidding(there, (there.keys() - here.keys()) - other.constraints.keys())
        more = sorted(f"$.indexes.{name}" for name in there.keys() - here.keys())
    asked = len(one.indexes) if one is not None else len(expected.indexes)
    receipt = [f"{number_of(asked, 'index', 'indexes')} asked for, {len(other.indexes):,} on candidate"]
    receipt += [f"only on candidate: {', '.join(more)}"] if more else []
    looked = asked or len(other.indexes) if one is not None or expected.indexes else None
    return _concluded(found, looked=looked, receipt=[*receipt, *sides.notes], what="indexes", may_be_none=True)


def _expected_indexes(structure: Structure, expected: Expected) -> Iterator[Difference]:
    columns = [list(map(str, _columns(facts))) for facts in structure.indexes.values() if _serves_all(facts)]
    for each in expected.indexes:
        if not any(list(each) == has[: len(each)] for has in columns):
            path = f"$.indexes({', '.join(each)})"
            yield Difference(path=path, baseline="declared under expect", candidate=_NONE)


def _forbidding(indexes: Mapping[str, Facts], names: Collection[str]) -> Iterator[Difference]:
    """The unique indexes among these: whoever writes a second record of a kind is refused by them."""
    for name in sorted(names):
        if indexes[name].get("unique") is True:
            told = _told(indexes[name])
            yield Difference(path=f"$.indexes.{name}", baseline=_NONE, candidate=told, detail=_FORBIDS)


def _serves_all(facts: Facts) -> bool:
    """True when queries about any row of the collection can use it: valid, without a predicate, of no partition alone."""
    return facts.get("valid") is not False and facts.get("predicate") is None and facts.get("partition") is None


def compare_mappings(
    sides: Sides, misindexed: Sequence[tuple[str, str, str, str]], sampled: int, *, privacy: Privacy | None = None
) -> Conclusion:
    """
    PASS when mapping and settings are alike and no sampled document is indexed as another value than it holds.

    `misindexed` are (id, field, value in the document, value as indexed), all but the field as encodings; of each field
    the first few are shown and the others counted. `sampled` documents were looked at. Numbers that a field's type
    rounds are told in the receipt alone where the baseline's field is mapped alike, for there they are rounded as well.
    """
    one, other = sides.baseline, sides.candidate
    found: list[Difference] = []
    rounded = {each for each in misindexed if one is not None and _rounded_alike(one, other, each)}
    misindexed = [each for each in misindexed if each not in rounded]
    if one is not None:
        found += _facts("fields", one.columns, other.columns)
        found += _facts("aliases", *_unpaired(one.indexes, other.indexes))
        found += _facts("settings", _wrapped(one.settings), _wrapped(other.settings))
    shown = _by_field(misindexed, privacy or Privacy())
    receipt = [f"{number_of(len(other.columns), 'field')} on candidate"]
    receipt.append(f"{number_of(sampled, 'document')} looked up in the index")
    if rounded:
        names = ", ".join(sorted({each[1] for each in rounded}))
        told = number_of(len(rounded), "number is", "numbers are")
        receipt.append(f"{told} rounded in the index, by the same mapping as on the baseline: {names}")
    return _concluded(
        [*found, *shown], looked=len(other.columns), receipt=[*receipt, *sides.notes], what="mapping",
        omitted=len(misindexed) - len(shown),
    )  # fmt: skip


def _rounded_alike(one: Structure, other: Structure, finding: tuple[str, str, str, str]) -> bool:
    """Whether only digits were lost, by the field's type, which both sides map alike."""
    _, field, held, indexed = finding
    facts = one.columns.get(field)
    return facts is not None and facts == other.columns.get(field) and only_rounded(held, indexed, facts)


def _by_field(misindexed: Sequence[tuple[str, str, str, str]], privacy: Privacy) -> list[Difference]:
    """The first few of each field, by field and id."""
    fields: dict[str, list[Difference]] = {}
    for key, name, held, indexed in sorted(misindexed, key=lambda each: (each[1], each[0])):
        of_field = fields.setdefault(name, [])
        if len(of_field) < _OF_A_FIELD:
            path, told = f"$.{name}", f"_id={privacy.shown('$._id', key).removeprefix('string ')}"
            one, other = privacy.shown(path, held), privacy.shown(path, indexed)
            of_field.append(Difference(key=told, path=path, baseline=f"holds {one}", candidate=f"indexed as {other}"))
    return [each for of_field in fields.values() for each in of_field]


def _concluded(
    found: list[Difference], *, looked: int | None, receipt: list[str], what: str, may_be_none: bool = False,
    omitted: int = 0, unseen: Iterable[str] = (),
) -> Conclusion:  # fmt: skip
    """`looked` is None where there was nothing to compare with: neither a baseline of this kind nor `expect`."""
    told = "; ".join(receipt)
    if found:
        words = f"{number_of(len(found) + omitted, 'difference')} in the {what}"
        return failed(words, differences=found, omitted=omitted, receipt=told, remedy=_MEND)
    if unseen := sorted(set(unseen)):
        words = f"a role may not see {', '.join(unseen)}, so whether that is alike is not known"
        return inconclusive(Cause.NO_ANSWER, words, receipt=told, remedy=_GRANT)
    if looked is None:
        words = f"both sides describe their {what} in other words, and nothing is expected; nothing was compared"
        return inconclusive(Cause.NOT_PERMITTED, words, receipt=told, remedy="say under expect: what it must have")
    if not looked and not may_be_none:
        return inconclusive(Cause.TOO_FEW, f"the candidate tells of no {what}; nothing was compared", receipt=told)
    alike = f"the {what} {'are' if may_be_none else 'is'} alike"
    return passed(alike if looked else f"there are no {what} on either side", receipt=told)


def _facts(nouns: str, one: Mapping[str, Facts], other: Mapping[str, Facts]) -> Iterator[Difference]:
    """Everything under the same name, fact by fact."""
    for name in sorted(one.keys() | other.keys()):
        path = f"$.{nouns}.{name}"
        if name not in one or name not in other:
            yield Difference(path=path, baseline=_told(one.get(name)), candidate=_told(other.get(name)))
            continue
        for fact in sorted(one[name].keys() | other[name].keys()):
            here, there = one[name].get(fact), other[name].get(fact)
            if here != there and fact not in _SHOWN_ONLY:
                yield Difference(path=f"{path}.{fact}", baseline=_text(here), candidate=_text(there))


def _unpaired(one: Mapping[str, Facts], other: Mapping[str, Facts]) -> tuple[dict[str, Facts], dict[str, Facts]]:
    """What has no like on the other side; one that says the same under another name has only been renamed."""
    here = {name: facts for name, facts in one.items() if other.get(name) != facts}
    there = {name: facts for name, facts in other.items() if one.get(name) != facts}
    for name in sorted(here.keys() - there.keys()):
        twin = next((each for each in sorted(there) if each not in here and there[each] == here[name]), None)
        if twin is not None:
            del here[name], there[twin]
    return here, there


def _never_proven(structure: Structure) -> Iterator[Difference]:
    """Constraints that the candidate has but never proved on the rows it holds."""
    for name, facts in sorted(structure.constraints.items()):
        if facts.get("validated") is False:
            yield Difference(
                path=f"$.constraints.{name}", baseline="validated", candidate="not validated",
                detail="rows written before it may break it; validate it",
            )  # fmt: skip
    for name, facts in sorted(structure.columns.items()):
        made = facts.get("made of")
        for word, told in sorted(made.items()) if isinstance(made, dict) else ():
            if _UNPROVEN.search(str(told)):
                yield Difference(
                    path=f"$.columns.{name}.made of.{word}", baseline="validated", candidate="not validated",
                    detail="values written before it may break it; validate it",
                )  # fmt: skip


def _expected_columns(structure: Structure, expected: Expected) -> Iterator[Difference]:
    for name, type_ in sorted(expected.columns.items()):
        has = structure.columns.get(name)
        if has is None or str(has.get("type")) != type_:
            yield Difference(path=f"$.columns.{name}", baseline=f"{type_} (declared)", candidate=_type(has))


def _type(facts: Facts | None) -> str:
    return _NONE if facts is None else str(facts.get("type"))


def _shown_only(sides: Sides) -> list[str]:
    """What differs and is only shown."""
    if sides.baseline is None:
        return []
    one, other = _wrapped(sides.baseline.settings), _wrapped(sides.candidate.settings)
    return [
        f"{name} {fact}: {_text(one[name].get(fact))} on baseline, {_text(other[name].get(fact))} on candidate (not judged)"
        for name in sorted(one.keys() & other.keys())
        for fact in _SHOWN_ONLY
        if one[name].get(fact) != other[name].get(fact)
    ]


def _wrapped(settings: Mapping[str, JsonValue]) -> dict[str, Facts]:
    """Each setting as facts: a mapping is one already, a list is told apart by its members."""
    found: dict[str, Facts] = {}
    for name, value in settings.items():
        if isinstance(value, dict) and all(isinstance(each, dict) for each in value.values()) and value:
            found |= {f"{name}.{part}": each for part, each in value.items() if isinstance(each, dict)}
        elif value != {}:  # nothing of a kind has no facts
            found[name] = value if isinstance(value, dict) else {"value": value}
    return found


def _columns(facts: Facts) -> list[JsonValue]:
    found = facts.get("columns")
    return found if isinstance(found, list) else []


def _told(facts: Facts | None) -> str:
    return _NONE if facts is None else _text(dict(facts))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
