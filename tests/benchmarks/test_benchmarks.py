"""Each benchmark at its smallest size: what is printed has its parts. Nothing here looks at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import names
from benchmarks.measuring.figures import BenchmarkError, Figure, Ratio, Result
from benchmarks.measuring.race import Contestant, race
from benchmarks.measuring.report import as_markdown, last_line

ROOT = Path(__file__).resolve().parents[2]
ROLES = {
    "consistency_json": ["ours", "limit", "limit", "peer"],
    "consistency_postgres": ["ours", "limit", "limit", "ours", "limit", "limit"],
    "load_harness": ["ours", "peer"],
}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as people call it."""
    command = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def quick(name: str) -> dict[str, Any]:
    """What one benchmark says in JSON; it ended well."""
    found = run(name, "--quick", "--json")
    assert found.returncode == 0, found.stderr
    said: dict[str, Any] = json.loads(found.stdout)
    return said


def counting(path: Path, *, expected: str) -> Contestant:
    """A contestant that tells how many records a file holds."""
    return Contestant(
        name="count",
        role="ours",
        module="benchmarks.consistency_json",
        function="tokenised",
        expected=expected,
        arguments={"path": str(path)},
    )


def test_the_benchmarks_are_the_modules_of_the_folder() -> None:
    """Every module is offered, and this file knows every one of them."""
    assert names() == sorted(ROLES)


@pytest.mark.parametrize("name", sorted(ROLES))
def test_a_quick_run_has_every_part(name: str) -> None:
    """Machine, contestants with their rounds and memory, and ratios that are not held to a bar."""
    said = quick(name)
    assert {"cores", "processor", "Python", "PostgreSQL", "load average at the start"} <= said["machine"].keys()
    [found] = said["benchmarks"]
    assert found["name"] == name
    assert [each["role"] for each in found["figures"]] == ROLES[name]
    assert all(each["rounds"] and each["peak_mb"] is not None for each in found["figures"])
    assert found["ratios"]
    assert {each["met"] for each in found["ratios"]} == {None}


@pytest.mark.parametrize("words", [("no_such",), ("--rows", "3"), ("--rows", "many")])
def test_what_cannot_be_run_is_refused(words: tuple[str, ...]) -> None:
    """A usage error is exit code 2 and says what there is to choose."""
    found = run(*words)
    assert found.returncode == 2
    assert not found.stdout
    assert "--rows" in found.stderr


def test_a_race_counts_equally_many_rounds_for_each(tmp_path: Path) -> None:
    """The warm-up is not among the rounds, and every contestant has the same number of them."""
    file = tmp_path / "three.json"
    file.write_text("[1, 2, 3]", encoding="utf-8")
    figures = race([counting(file, expected="3 records")] * 2, rounds=3, within=60)
    assert [len(each.rounds) for each in figures] == [3, 3]
    assert all(each.peak_mb is not None and each.peak_mb >= 0 for each in figures)


def test_a_race_without_time_has_one_round(tmp_path: Path) -> None:
    """A warm-up that used up all the time is the one round."""
    file = tmp_path / "three.json"
    file.write_text("[1, 2, 3]", encoding="utf-8")
    [figure] = race([counting(file, expected="3 records")], rounds=3, within=0)
    assert len(figure.rounds) == 1


@pytest.mark.parametrize(("text", "reason"), [("[1]", "'1 records'; '3 records' was expected"), ("[", "JSONDecode")])
def test_a_wrong_answer_has_no_speed(tmp_path: Path, text: str, reason: str) -> None:
    """A contestant that answers wrongly, or ends, ends the race with the reason."""
    file = tmp_path / "broken.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BenchmarkError, match=reason):
        race([counting(file, expected="3 records")], rounds=1, within=60)


def test_a_missed_bar_is_told() -> None:
    """The table marks it and the last line names it; a ratio without a bar is not counted."""
    ratios = (
        Ratio(name="slow", value=2.0, bar=1.1),
        Ratio(name="fast", value=0.5, bar=0.45, at_most=False),
        Ratio(name="shown", value=9.0),
    )
    figure = Figure(name="ours", role="ours", rounds=(1.0, 3.0, 2.0), peak_mb=1.0)
    result = Result(name="some", data="rows", figures=(figure,), ratios=ratios, notes=("a note",))
    said = as_markdown(result)
    assert "| slow | 2 | ≤ 1.1 | **missed** |" in said
    assert "| ours | ours | 2 s | 1 to 3 | 3 | 1.0 MB |" in said
    assert last_line([result]) == "1 of 2 bars met; missed: some: slow"
    assert last_line([]) == "no bar was judged"
