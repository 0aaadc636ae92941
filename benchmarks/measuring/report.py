"""Results as Markdown for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from benchmarks.measuring.figures import Figure, Ratio, Result


def as_markdown(result: Result) -> str:
    """One benchmark: the data, a table of contestants, a table of ratios, notes."""
    return "\n".join(_lines(result))


def _lines(result: Result) -> Iterator[str]:
    yield f"## {result.name}\n\n{result.data}; took {result.took:.0f} s.\n"
    yield "| measured | role | median | lowest to highest | rounds | peak memory |"
    yield "|---|---|--:|--:|--:|--:|"
    yield from map(_figure, result.figures)
    yield "\n| ratio | value | bar | |"
    yield "|---|--:|--:|---|"
    yield from map(_ratio, result.ratios)
    if result.notes:
        yield ""
    yield from (f"- {note}" for note in result.notes)


def _figure(figure: Figure) -> str:
    if not figure.rounds:
        return f"| {figure.name} | {figure.role} | not measured: {figure.why_not} | | | |"
    memory = "" if figure.peak_mb is None else f"{figure.peak_mb:.1f} MB"
    between = f"{_number(min(figure.rounds))} to {_number(max(figure.rounds))}"
    middle = f"{_number(figure.median)} {figure.unit}"
    name = f"{figure.name} (**wrong answer**: {figure.wrong})" if figure.wrong else figure.name
    return f"| {name} | {figure.role} | {middle} | {between} | {len(figure.rounds)} | {memory} |"


def _ratio(ratio: Ratio) -> str:
    sign = "≤" if ratio.at_most else "≥"
    bar = "" if ratio.bar is None else f"{sign} {ratio.bar:g}"
    said = {None: "", True: "met", False: "**missed**"}[ratio.met]
    return f"| {ratio.name} | {_number(ratio.value)} | {bar} | {said} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.3g}"


def machine_lines(machine: Mapping[str, str]) -> str:
    """The machine in one line."""
    return "; ".join(f"{name}: {text}" for name, text in machine.items())


def last_line(results: Sequence[Result]) -> str:
    """How many bars were met, and which were not."""
    judged = [(result.name, each) for result in results for each in result.ratios if each.met is not None]
    missed = [f"{name}: {each.name}" for name, each in judged if not each.met]
    if not judged:
        return "no bar was judged"
    said = f"{len(judged) - len(missed)} of {len(judged)} bars met"
    return f"{said}; missed: {'; '.join(missed)}" if missed else said


def as_json(machine: Mapping[str, str], results: Sequence[Result]) -> str:
    """Everything that was measured, every round of it."""
    found = [
        {**asdict(each), "figures": [{**asdict(figure), "median": figure.median if figure.rounds else None}
                                     for figure in each.figures],
         "ratios": [{**asdict(ratio), "met": ratio.met} for ratio in each.ratios]}
        for each in results
    ]  # fmt: skip
    return json.dumps({"machine": dict(machine), "benchmarks": found}, indent=1)
