"""What the owner of a database may define beside the server's own: casts of types to text, functions of known names."""

# ruff: noqa: S608 - the SQL is this file's own
from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.consistency.conftest import Kept
from tests.consistency.test_known_lies import DATASET, Run, compared, fill, places, run
from verify.core.verdicts import Cause, Verdict

pytestmark = pytest.mark.xdist_group("consistency")
__all__ = ["run"]
EXACT = DATASET.model_copy(update={"exact": True})
BLUE = "SELECT CASE $1 WHEN 'sad' THEN 'blue' ELSE 'fine' END"
NAMESAKES = ("count(int)", "unnest(lie.mood[])", "lower(lie.moods)", "concat(lie.mood)", "array_dims(lie.mood[])")


@pytest.fixture(params=[DATASET, EXACT], ids=["fast", "exact"])
def dataset(request: pytest.FixtureRequest) -> object:
    """The dataset of both tables, compared by fingerprint and by value."""
    return request.param


def lying(run: Run, type_name: str, body: str) -> None:
    """The type has a cast to text that says something else than the value."""
    run(
        f"CREATE FUNCTION lie.told({type_name}) RETURNS text IMMUTABLE LANGUAGE sql AS $$ {body} $$",
        f"CREATE CAST ({type_name} AS text) WITH FUNCTION lie.told({type_name})",
    )


def test_a_cast_of_an_enum_to_text_hides_nothing(run: Run, kept: Kept, dataset: object) -> None:
    """Two words whose cast says the same are two words, shown as they are kept."""
    lying(run, "lie.mood", BLUE)
    fill(run, "v lie.mood", "(1, 'sad'), (2, 'ok')", "(1, 'sad'), (2, 'happy')")
    found = compared(kept, dataset)
    assert places(found) == [("id=2", "$.v")]
    assert ("ok" in str(found.differences[0].baseline), "happy" in str(found.differences[0].candidate)) == (True, True)


def test_a_cast_of_a_composite_to_text_hides_nothing(run: Run, kept: Kept, dataset: object) -> None:
    """A part that the cast leaves out is compared."""
    lying(run, "lie.pair", "SELECT ($1).b::text")
    fill(run, "v lie.pair", "(1, ROW(1, 7)), (2, NULL)", "(1, ROW(2, 7)), (2, NULL)")
    assert [key for key, _ in places(compared(kept, dataset))] == ["id=1"]


def test_a_key_whose_type_has_a_cast_is_read_as_it_is_kept(run: Run, kept: Kept, dataset: object) -> None:
    """Rows are told apart by the key's own words: all are there, and the changed one is named by its word."""
    lying(run, "lie.mood", BLUE)
    for table, value in (("one", 1), ("other", 2)):
        run(
            f"CREATE TABLE lie.{table} (id lie.mood PRIMARY KEY, v int)",
            f"INSERT INTO lie.{table} VALUES ('sad', 0), ('ok', {value}), ('happy', 0)",
        )
    assert places(compared(kept, dataset)) == [('id=string "ok"', "$.v")]


@pytest.fixture
def cast(run: Run, request: pytest.FixtureRequest) -> Iterator[None]:
    """A cast of one of the server's own types to text, which only a superuser can make; it is gone afterwards."""
    lying(run, request.param, "SELECT 'lie'")
    yield
    run(f"DROP CAST ({request.param} AS text)")


@pytest.mark.parametrize("cast", ["int4", "numeric", "int8"], indirect=True)
@pytest.mark.parametrize("values", ["(1, 7, 7)", "(1, 8, 7)"], ids=["unlike", "alike"])
@pytest.mark.usefixtures("cast")
def test_a_cast_of_the_servers_own_type_concludes_nothing(
    run: Run, kept: Kept, dataset: object, values: str, request: pytest.FixtureRequest
) -> None:
    """Its words stand for every value of the type; where no such type is read, nothing is lost."""
    fill(run, "v int, w numeric", "(1, 8, 7)", values)
    found = compared(kept, dataset)
    own = request.node.callspec.params["cast"]
    if own == "int8":
        assert found.verdict is (Verdict.PASS if "8" in values else Verdict.FAIL)
    else:
        assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
        assert f"a cast to text of the server's own type {own}" in found.summary


def test_a_cast_that_is_the_types_own_output_changes_nothing(run: Run, kept: Kept, dataset: object) -> None:
    """WITH INOUT names what the server does anyway."""
    run("CREATE CAST (int4 AS text) WITH INOUT AS IMPLICIT")
    try:
        fill(run, "v int", "(1, 7)", "(1, 8)")
        assert compared(kept, dataset).verdict is Verdict.FAIL
    finally:
        run("DROP CAST (int4 AS text)")


@pytest.fixture
def namesakes(run: Run) -> Iterator[None]:
    """Functions in `public`, where they are found by name, that fit better than the server's own for any type."""
    run("CREATE TYPE lie.moods AS RANGE (subtype = lie.mood)")
    for each in NAMESAKES:
        run(f"CREATE FUNCTION public.{each} RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'lie' $$")
    yield
    for each in NAMESAKES:
        run(f"DROP FUNCTION public.{each}")


@pytest.mark.usefixtures("namesakes")
def test_functions_called_like_the_servers_own_are_not_asked(run: Run, kept: Kept, dataset: object) -> None:
    """Equal rows pass, and a changed word in a word, an array and a range is found."""
    columns, equal = "v lie.mood, a lie.mood[], r lie.moods", "(1, 'sad', '{sad}', '[sad,ok]')"
    fill(run, columns, equal, equal)
    assert compared(kept, dataset).verdict is Verdict.PASS
    run("UPDATE lie.other SET v = 'ok', a = '{ok}', r = '[ok,ok]'")
    found = places(compared(kept, dataset))
    assert [(key, path[:3]) for key, path in found] == [("id=1", "$.a"), ("id=1", "$.r"), ("id=1", "$.v")]
