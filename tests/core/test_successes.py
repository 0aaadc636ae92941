"""What is asked while the candidate takes traffic, from the description alone."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.core.builders import SYSTEM, environment
from verify import success_soundness
from verify.core.model import EnvironmentFile, SystemFile
from verify.core.selectors import SELECTORS
from verify.core.subjects import claim_digest, depends
from verify.soundness import unsound
from verify.stats.trend import FEWEST

OBJECTIVES = {**SYSTEM["objectives"], "availability": {"at_least": 99.9}}
SUCCESS = {
    "data_loss": {"writes": {"source": "stats", "lost": "$.lost"}},
    "resources": {"memory": {"source": "prometheus", "query": "m"}},
    "alarms": {"pages": {"source": "prometheus", "names": ["Slow"]}},
    "split": {"request": "GET /health", "percent": 10.0},
}
FILE = {
    "urls": {"api": "${TARGET_URL}", "public": "${PUBLIC_URL}"},
    "metrics": {"stats": {"kind": "json", "request": "GET /stats"}, "prometheus": {"kind": "prometheus"}},
    "rollback": {"command": ["a"], "restore": ["b"], "request": "GET /health"},
}
COUNTS = {"total": "$.t", "firing": "$.f", "receivers": "$.r"}
NEW = ("availability", "data_losses", "resources", "alarms", "splits", "rollbacks")


def ids(found):
    """Every subject of the new selectors."""
    return [each.id for name in NEW for each in SELECTORS[name](found)]


def test_what_is_not_declared_is_not_asked():
    """An environment that says nothing of it plans what it planned before."""
    assert ids(environment()) == []


def test_what_is_declared_is_asked_of_a_candidate():
    """Each by its name; a baseline alone has nothing to be judged against."""
    found = environment(objectives=OBJECTIVES, success=SUCCESS, file=FILE)
    assert ids(found) == [
        "availability/candidate", "data_loss/writes", "resource/memory", "alarm/pages", "split/visitors",
        "rollback/traffic",
    ]  # fmt: skip
    assert ids(found.baseline) == []


def test_a_split_needs_the_public_address():
    """Where the file does not say where users come to, nobody can be counted."""
    assert "split/visitors" not in ids(environment(success=SUCCESS))


def digest_of(selector, check, **system):
    """The digest of the first claim."""
    found = environment(**{"objectives": OBJECTIVES, "success": SUCCESS, "file": FILE, **system})
    return claim_digest(found, check, SELECTORS[selector](found)[0])


def test_evidence_outlives_edits_that_do_not_concern_it():
    """Another floor of availability asks for no new load run; another health path asks for new probes' verdict."""
    other = {**OBJECTIVES, "availability": {"at_least": 99.5}}
    assert digest_of("latency", "load.latency") == digest_of("latency", "load.latency", objectives=other)
    assert digest_of("availability", "success.availability") != digest_of(
        "availability", "success.availability", objectives=other
    )
    assert digest_of("availability", "success.availability") != digest_of(
        "availability", "success.availability", health={"request": "GET /up"}
    )


def test_a_figure_depends_on_where_it_comes_from():
    """Another source is another claim."""
    found = environment(objectives=OBJECTIVES, success=SUCCESS, file=FILE)
    assert "stats" in depends(found, "success.data_loss", SELECTORS["data_losses"](found)[0])["metrics"]
    assert "prometheus" in depends(found, "success.alarms", SELECTORS["alarms"](found)[0])["metrics"]


@pytest.mark.parametrize(
    "said",
    [{"success": {"data_loss": {"x": {"source": "s"}}}},
     {"success": {"data_loss": {"x": {"source": "s", "attempted": "$.a"}}}},
     {"success": {"data_loss": {"x": {"source": "s", "lost": "$.l", "attempted": "$.a", "stored": ["$.b"]}}}},
     {"objectives": {"availability": {"at_least": 100.0}}}, {"objectives": {"availability": {"at_least": 0.0}}},
     {"success": {"alarms": {"x": {"source": "s"}}}}, {"success": {"alarms": {"x": {"source": "s", "names": [""]}}}},
     {"success": {"alarms": {"x": {"source": "s", "names": ["a"], "figures": COUNTS}}}},
     {"success": {"alarms": {"x": {"source": "s", "metrics": ["a"], "list": {"at": "$", "notifies": "$"}}}}},
     {"success": {"split": {"request": "GET /", "percent": 0.0}}}, {"success": {"split": {"request": "GET /", "asks": 1}}}],
    ids=["no way", "half a way", "two ways", "100 %", "0 %", "no alarm", "an alarm without a name",
         "counts of named alarms", "a list of metrics", "a split of nothing", "asked once"],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused(said):
    """A promise that no sample can show is a mistake of the description."""
    with pytest.raises(ValidationError):
        SystemFile.model_validate({"system": "shop", **said})


@pytest.mark.parametrize(
    "said",
    [{"kind": "json"}, {"kind": "prometheus", "request": "GET /"}, {"kind": "cloudwatch"},
     {"kind": "cloudwatch", "region": "r"}, {"kind": "prometheus", "region": "r", "namespace": "n"}],
    ids=["json without a request", "prometheus with one", "cloudwatch nowhere", "no namespace", "a region too many"],
)  # fmt: skip
def test_a_source_says_what_its_kind_needs(said):
    """And nothing that its kind does not know."""
    with pytest.raises(ValidationError):
        EnvironmentFile.model_validate({"environment": "next", "metrics": {"x": said}})


class Document:
    """Places of mistakes, without lines."""

    def mistake(self, path, message):
        """What was found."""
        return f"{'.'.join(map(str, path))}: {message}"


def mistakes(success=SUCCESS, file=FILE, **system):
    """What is wrong with the files together."""
    found = environment(success=success, file=file, **system)
    documents = {"system": Document(), "candidate": Document(), "baseline": None}
    return unsound(found.system, found.file, None, documents, stores=None)


def test_sources_and_urls_must_exist():
    """A name that leads nowhere is told with the nearest one."""
    assert [each for each in mistakes() if "metrics" in each or "rollback" in each or "success" in each] == []
    wrong = {**SUCCESS, "data_loss": {"writes": {"source": "stat", "lost": "$["}}}
    told = "\n".join(mistakes(success=wrong))
    assert "no source is called 'stat'" in told
    assert "is not a JSONPath" in told
    swapped = {**SUCCESS, "resources": {"memory": {"source": "stats", "query": "m"}}}
    assert "is of kind json, which cannot tell it" in "\n".join(mistakes(success=swapped))
    nowhere = {**FILE, "rollback": {**FILE["rollback"], "url": "pubic"}}
    assert "asks url 'pubic'" in "\n".join(mistakes(file=nowhere))
    assert "needs the health path" in "\n".join(mistakes(health=None, objectives=OBJECTIVES))


MACHINES = {"kind": "cloudwatch", "region": "r", "namespace": "n"}


@pytest.mark.parametrize(
    ("part", "said", "message"),
    [("alarms", {"source": "stats", "names": ["a"]}, "name one of kind prometheus or cloudwatch"),
     ("alarms", {"source": "prometheus", "metrics": ["a"]}, "name one of kind cloudwatch"),
     ("alarms", {"source": "prometheus", "figures": COUNTS}, "name one of kind json"),
     ("alarms", {"source": "stats", "figures": {**COUNTS, "total": "$["}}, "is not a JSONPath"),
     ("alarms", {"source": "machines", "metrics": ["CPU api"]}, "is no metric"),
     ("resources", {"source": "machines", "query": "CPU Average"}, "CloudWatch has samples every 1, 5, 10"),
     ("resources", {"source": "machines", "query": "CPU", "every": "1m"}, "is no query"),
     ("consumption", {"source": "machines", "query": "A Sum", "baseline": "B"}, "'B' is no query"),
     ("resources", {"source": "prometheus", "query": "m", "over": "1m", "every": "5s"}, "holds fewer than 20 samples"),
     ("logs", {"source": "prometheus", "query": "sum(increase(x[75s])) or vector(0)"}, "also while nobody measures"),
     ("logs", {"source": "prometheus", "query": "increase(x[1m])"}, "misses what is counted between"),
     ("consumption", {"source": "prometheus", "query": "x", "baseline": "x or vector(0)"}, "also while nobody measures"),
     ("logs", {"source": "machines", "query": "Errors Sum", "every": "90s"}, "or whole minutes")],
)  # fmt: skip
def test_a_source_must_understand_what_it_is_asked(part, said, message):
    """Before anything is asked."""
    file = {**FILE, "metrics": {**FILE["metrics"], "machines": MACHINES}}
    found = [each for each in mistakes(success={part: {"x": said}}, file=file) if each.startswith("success")]
    assert len(found) == 1, found
    assert message in found[0]


def test_fewer_samples_than_a_trend_needs_are_a_mistake():
    """The number is written twice, so that no command loads what only a check needs."""
    assert success_soundness._FEWEST == FEWEST


def test_what_a_source_understands_is_no_mistake():
    """All three kinds of source, all ways to name alarms."""
    file = {**FILE, "metrics": {**FILE["metrics"], "machines": MACHINES}}
    alarms = {
        "a": {"source": "machines", "names": ["cpu"], "metrics": ["CPU Service=api"]},
        "b": {"source": "prometheus", "names": ["Slow"]}, "c": {"source": "stats", "figures": COUNTS},
        "d": {"source": "stats", "names": ["x"], "list": {"at": "$", "notifies": "$.to"}},
    }  # fmt: skip
    memory = {"source": "machines", "query": "Memory Average 'Name=the api'", "every": "1m"}
    found = mistakes(success={"alarms": alarms, "resources": {"memory": memory}}, file=file)
    assert [each for each in found if each.startswith("success")] == []
