"""What `cutover drill` prints of its outcomes."""

from __future__ import annotations

from dataclasses import replace

from verify.commands.drill import closing_lines, outcome_lines, summary
from verify.drilling.outcome import Outcome

CONTROLS = tuple(
    Outcome(
        fault=name, kind="control", seconds=8.0, caught=(), missed=(), alarms=(), decisions=(), advance="ADVANCE",
        stay="ADVANCE",
    )
    for name in ("no fault", "no fault, twin 2")
)  # fmt: skip
CAUGHT = replace(CONTROLS[0], fault="row-lost", kind="data", caught=("consistency.count dataset/a",), advance="HOLD")
LOUD = replace(CAUGHT, fault="last-digit", alarms=("load.latency mix/api: expected PASS, was FAIL",))
MISSED = replace(CAUGHT, fault="row-extra", caught=(), missed=("a b: expected FAIL, was PASS",))


def test_controls_are_no_planted_faults() -> None:
    """Kill rate and false alarms count what was planted; a control that alarms is a false alarm, however many twins."""
    told = closing_lines([*CONTROLS, CAUGHT, LOUD, MISSED], 61.4)
    assert told == ["kill rate 67 % (2 of 3 faults), false alarms 1, 61 s"]
    loud = [CONTROLS[0], replace(CONTROLS[1], alarms=("x y: expected PASS, was FAIL",))]
    assert closing_lines(loud, 2.0) == ["kill rate nothing planted (0 of 0 faults), false alarms 1, 2 s"]


def test_seconds_are_those_of_the_clock() -> None:
    """Twins side by side take less than their faults' seconds together."""
    found = summary([*CONTROLS, CAUGHT], 12.34)
    assert (found["seconds"], found["planted"], found["caught"], found["false_alarms"]) == (12.3, 1, 1, 0)


def test_a_longer_run_under_load_is_told() -> None:
    """What a short run left undecided stands below the fault, and is no mark against it."""
    again = replace(CAUGHT, again=("load.headroom headroom/candidate",))
    first, second = outcome_lines(again)
    assert first.startswith("ok    row-lost")
    assert second.strip() == "asked again, a short run had left it undecided: load.headroom headroom/candidate"
    assert again.clean


def test_a_control_has_nothing_to_catch() -> None:
    """Of a healthy twin the line says so, of a fault that turned nothing that no claim did."""
    assert outcome_lines(CONTROLS[1])[0].endswith("nothing to catch")
    assert outcome_lines(replace(CAUGHT, caught=()))[0].endswith("no claim")
