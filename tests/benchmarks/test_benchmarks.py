"""Each benchmark at its smallest size: what is printed has its parts. Nothing here looks at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import chosen, names
from benchmarks.measuring.figures import BenchmarkError, Figure, Ratio, Result, Sizes
from benchmarks.measuring.orders import orders
from benchmarks.measuring.planted import Planted, scenarios
from benchmarks.measuring.race import Contestant, race
from benchmarks.measuring.report import as_markdown, last_line

ROOT = Path(__file__).resolve().parents[2]
ROLES = {
    "calibration": ["ours"] * 5,
    "consistency.dynamodb": ["ours", "limit"] * 2,
    "consistency.json_files": ["ours", "limit"] * 2,
    "consistency.json_postgres": ["ours", "limit", "limit", "peer", *["ours", "limit", "limit"] * 2],
    "consistency.opensearch": ["ours", "limit", "limit"] * 2,
    "consistency.postgres": ["ours", *["limit"] * 3, *["peer"] * 4, *["ours", *["limit"] * 3] * 3],
    "load_harness": ["ours", "peer", "ours", "peer"],
    "load_verdicts": ["ours"],
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
        module="benchmarks.consistency.json_postgres",
        function="tokenised",
        expected=expected,
        arguments={"paths": [str(path)]},
    )


def peer(path: Path, **changes: object) -> Contestant:
    """The same as a peer."""
    return replace(counting(path, expected="3 records"), role="peer", **changes)


def test_the_benchmarks_are_the_modules_of_the_folder() -> None:
    """Every module is offered, and this file knows every one of them."""
    assert names() == sorted(ROLES)


def test_a_folder_means_all_that_is_in_it() -> None:
    """`consistency` is every pair of stores, no word is everything, and a name is itself."""
    assert chosen(["consistency"]) == [name for name in names() if name.startswith("consistency.")]
    assert chosen([]) == names()
    assert chosen(["load_harness"]) == ["load_harness"]


@pytest.mark.parametrize("name", sorted(ROLES))
def test_a_quick_run_has_every_part(name: str) -> None:
    """Machine, contestants with their rounds and memory, and ratios that are not held to a bar."""
    said = quick(name)
    assert {"cores", "processor", "Python", "PostgreSQL", "load average at the start"} <= said["machine"].keys()
    [found] = said["benchmarks"]
    assert found["name"] == name
    assert [each["role"] for each in found["figures"]] == ROLES[name]
    measured = [each for each in found["figures"] if not each["why_not"]]
    assert all(each["rounds"] and each["peak_mb"] is not None for each in measured)
    assert all(
        each["role"] != "peer" or each["why_not"] == "left out" for each in found["figures"] if each not in measured
    )
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


def test_a_peer_that_answers_wrongly_is_shown(tmp_path: Path) -> None:
    """The race goes on, and the table says what the peer said beside its time."""
    file = tmp_path / "two.json"
    file.write_text("[1, 2]", encoding="utf-8")
    figures = race([counting(file, expected="2 records"), peer(file)], rounds=2, within=60)
    assert figures[1].wrong == "'2 records'; '3 records' was expected"
    assert not figures[0].wrong
    said = as_markdown(Result(name="some", data="rows", figures=figures, ratios=()))
    assert "(**wrong answer**: '2 records'; '3 records' was expected)" in said


@pytest.mark.parametrize("once", [True, False])
def test_a_peer_that_cannot_go_on_is_left_out(tmp_path: Path, *, once: bool) -> None:
    """The others are measured, and the table says why there is no figure of it."""
    file = tmp_path / "three.json"
    file.write_text("[1, 2, 3]", encoding="utf-8")
    broken = peer(file, function="no_such", once=once)
    figures = race([broken, counting(file, expected="3 records")], rounds=2, within=60)
    assert [len(each.rounds) for each in figures] == [0, 2]
    assert "no_such" in figures[0].why_not
    assert "| not measured: " in as_markdown(Result(name="some", data="rows", figures=figures, ratios=()))


def test_what_runs_once_has_one_round(tmp_path: Path) -> None:
    """The others have all theirs, and the order of the table is kept."""
    file = tmp_path / "three.json"
    file.write_text("[1, 2, 3]", encoding="utf-8")
    figures = race([peer(file, once=True), counting(file, expected="3 records")], rounds=3, within=60)
    assert [len(each.rounds) for each in figures] == [1, 3]


@pytest.mark.parametrize(("rows", "number", "ids"), [(100, 0, []), (105, 1, [10]), (100, 2, [10, 100]),
                                                     (30, 3, [10, 20, 30]), (1000, 3, [10, 500, 1000])])  # fmt: skip
def test_planted_rows_are_tens(rows: int, number: int, ids: list[int]) -> None:
    """So many, spread from the first to the last, and exactly these cost more."""
    planted = Planted(rows=rows, number=number)
    assert list(planted.ids) == ids
    plain = orders(Planted(rows=rows, number=0))
    differing = [one["id"] for one, other in zip(plain, orders(planted), strict=True) if one != other]
    assert differing == ids


def test_every_scenario_is_planted_once() -> None:
    """None, two, a millionth and a tenth; more than a tenth cannot be planted."""
    assert [each.number for each in scenarios(2_000_000)] == [0, 2, 200_000]
    assert [each.number for each in scenarios(1_000_000)] == [0, 2, 1, 100_000]
    with pytest.raises(ValueError, match="each tenth"):
        list(Planted(rows=100, number=11).ids)


def test_all_sizes_grow_together() -> None:
    """Half the rows are half of everything that has records."""
    half = Sizes(rows=100, json_rows=60, items=80, documents=200).scaled(50)
    assert (half.rows, half.json_rows, half.items, half.documents) == (50, 30, 40, 100)


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
