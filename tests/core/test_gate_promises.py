"""What is promised about success while traffic moves: loosened is told, tightened is only listed."""

from __future__ import annotations

import pytest

from tests.core.builders import entered, environment
from verify.core.commitments import changed, commitments

FILE = {
    "urls": {"api": "${TARGET_URL}", "public": "${PUBLIC_URL}"},
    "metrics": {
        "stats": {"kind": "json", "request": "GET /stats", "headers": {"Authorization": "Bearer not-a-real-token"}},
        "prometheus": {"kind": "prometheus"},
    },
    "rollback": {"command": ["a", "b"], "restore": ["c"], "request": "GET /health", "drills": 3},
}
AVAILABLE = {"at_least": 99.9, "gap": "30s", "bad_windows": 5}
HEADROOM = {"peak": 100.0, "p95_ms": 200.0}
LOSS = {"source": "stats", "attempted": "$.tried", "stored": ["$.share", "$.rate"]}
MEMORY = {"source": "prometheus", "query": "m", "growth": 10.0, "at_most": 900.0}
LOGS = {"source": "prometheus", "query": "e", "at_most": 3.0}
READS = {"source": "prometheus", "query": "r", "baseline": "b", "max_ratio": 1.1}
STATES = {
    "at": "$.alarms",
    "name": "$.name",
    "state": "$.state",
    "notifies": "$.to",
    "quiet": ["ok", "muted"],
    "firing": ["alarm"],
}
ALARM = {"source": "stats", "names": ["pages"], "list": STATES}
SPLIT = {"request": "GET /health", "margin": 3.0, "visitors": 2000, "asks": 3, "canary": {"x-canary": "yes"}}


def told(then, now):
    """Every change between two descriptions, in words."""
    before = entered(commitments=commitments(environment(**then)))
    return changed(commitments(environment(**now)), [before])


def described(part, said):
    """A description whose only promise beside the usual ones is this."""
    if part in {"availability", "headroom"}:
        return {"objectives": {part: said} if said else {}}
    if part == "rollback":
        return {"file": {**FILE, "rollback": {**FILE["rollback"], **said}}}
    if part == "split":
        return {"file": FILE, "success": {"split": said} if said else {}}
    if part == "health":
        return {"health": {"request": "GET /health", **said}}
    return {"file": FILE, "success": {part: {"it": said}} if said else {}}


# What is promised, and what makes it stricter: the other way round it is looser.
STRICTER = [
    ("availability", AVAILABLE, {**AVAILABLE, "at_least": 99.95}),
    ("availability", AVAILABLE, {**AVAILABLE, "gap": "10s"}),
    ("availability", AVAILABLE, {**AVAILABLE, "bad_windows": 4}),
    ("availability", {"at_least": 99.9}, AVAILABLE),
    ("headroom", HEADROOM, {**HEADROOM, "peak": 150.0}),
    ("headroom", HEADROOM, {**HEADROOM, "safety": 2.0}),
    ("headroom", HEADROOM, {**HEADROOM, "p95_ms": 100.0}),
    ("data_loss", None, LOSS),
    ("data_loss", {**LOSS, "stored": ["$.share"]}, LOSS),
    ("data_loss", {**LOSS, "stored": ["$.rate"]}, LOSS),
    ("resources", MEMORY, {**MEMORY, "growth": 5.0}),
    ("resources", MEMORY, {**MEMORY, "at_most": 800.0}),
    ("resources", {**MEMORY, "at_most": None}, MEMORY),
    ("resources", MEMORY, {**MEMORY, "over": "2h"}),
    ("resources", MEMORY, {**MEMORY, "stale": "1m"}),
    ("resources", None, MEMORY),
    ("logs", LOGS, {**LOGS, "at_most": 0.0}),
    ("alarms", None, ALARM),
    ("alarms", ALARM, {**ALARM, "list": {**STATES, "quiet": ["ok"]}}),
    ("alarms", ALARM, {**ALARM, "names": ["pages", "disk"]}),
    ("consumption", READS, {**READS, "max_ratio": 1.0}),
    ("split", SPLIT, {**SPLIT, "margin": 1.0}),
    ("split", SPLIT, {**SPLIT, "visitors": 4000}),
    ("split", SPLIT, {**SPLIT, "asks": 5}),
    ("split", SPLIT, {**SPLIT, "switched": 0.5}),
    ("split", {**SPLIT, "sticky": False}, SPLIT),
    ("split", {**SPLIT, "canary": {}}, SPLIT),
    ("split", None, SPLIT),
    ("rollback", {}, {"within": "1m"}),
    ("rollback", {}, {"drills": 5}),
    ("rollback", {}, {"quiet": "20s"}),
    ("health", {}, {"timeout": "1s"}),
    ("health", {}, {"healthy_threshold": 5}),
    ("health", {}, {"body": {"$.ok": True}}),
]


@pytest.mark.parametrize(("part", "loose", "strict"), STRICTER)
def test_what_is_promised_about_success_is_loosened_in_one_direction(part, loose, strict):
    """Both directions are listed; only the one that promises less is marked."""
    tightened, loosened = (
        told(described(part, one), described(part, two)) for one, two in ((loose, strict), (strict, loose))
    )
    assert tightened
    assert not [each for each in tightened if "(loosened)" in each]
    assert [each for each in loosened if each.endswith("(loosened)")]


@pytest.mark.parametrize(
    ("then", "now", "words"),
    [
        ({**SPLIT, "percent": 10.0}, {**SPLIT, "percent": 30.0}, "success split"),
        (SPLIT, {**SPLIT, "rate": 20}, "success split"),
    ],
)
def test_another_share_and_pace_are_neither_stricter_nor_looser(then, now, words):
    """Listed, and not marked, either way."""
    for one, two in ((then, now), (now, then)):
        (line,) = told(described("split", one), described("split", two))
        assert line.startswith(words)
        assert "(loosened)" not in line


def test_another_query_is_listed_with_both():
    """Where figures come from is part of what was promised."""
    other = {**MEMORY, "query": "rate(m[5m])"}
    (line,) = told(described("resources", MEMORY), described("resources", other))
    assert '"query": "m"' in line
    assert "rate(m[5m])" in line
    moved = {**FILE, "metrics": {**FILE["metrics"], "prometheus": {"kind": "prometheus", "url": "public"}}}
    (line,) = told({"file": FILE}, {"file": moved})
    assert line.startswith("metrics prometheus: was ")


def test_a_rollback_that_nobody_drills_any_more_is_loosened():
    """Taking the drill away promises less; another command is only listed."""
    without = {name: said for name, said in FILE.items() if name != "rollback"}
    assert [each for each in told({"file": FILE}, {"file": without}) if each.endswith("is absent (loosened)")]
    (line,) = told(described("rollback", {}), described("rollback", {"command": ["z"]}))
    assert "(loosened)" not in line


def test_no_header_of_a_source_is_on_record():
    """What is sent to a metric source may be secret."""
    assert "not-a-real-token" not in str(commitments(environment(file=FILE)))


def test_a_decision_of_before_success_was_kept_makes_none_of_it_new():
    """An older number of the record knew nothing of these; what it did know is still compared."""
    now = environment(file=FILE, success={"split": SPLIT}, objectives={"error_rate": {"at_most": 0.9}})
    then = commitments(environment(objectives={"error_rate": {"at_most": 0.5}}))
    old = {
        name: said for name, said in then.items() if not name.startswith(("success", "metrics", "rollback", "health"))
    }
    (line,) = changed(commitments(now), [entered(commitments={**old, "version": "2"})])
    assert line.startswith("objective error_rate")


STEP = {"name": "10", "percent": 10.0, "requires": ["health", "parity"]}


@pytest.mark.parametrize(
    ("then", "now", "line"),
    [
        (STEP, {**STEP, "percent": 100.0}, "step 10 percent: was 10, is 100 (loosened)"),
        (STEP, {**STEP, "percent": 10.5}, "step 10 percent: was 10, is 10.5 (loosened)"),
        (STEP, {**STEP, "percent": 1.0}, "step 10 percent: was 10, is 1"),
        ({**STEP, "percent": None}, STEP, "step 10 percent: was null, is 10 (loosened)"),
        (STEP, {**STEP, "percent": None}, "step 10 percent: was 10, is null"),
        (STEP, {**STEP, "of": "baseline"}, 'step 10 of: was "candidate", is "baseline" (loosened)'),
        ({**STEP, "of": "baseline"}, STEP, 'step 10 of: was "baseline", is "candidate" (loosened)'),
    ],
)
def test_where_a_step_moves_traffic_is_a_promise(then, now, line):
    """The same evidence at ten times the traffic, or about the other side, is told; more traffic is looser."""
    assert told({"steps": [then]}, {"steps": [now]}) == (line,)


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_a_decision_of_before_shares_were_kept_makes_none_of_them_new(version):
    """It knew its steps without them; what it did know of a step is still compared."""
    then = commitments(environment(steps=[STEP]))
    old = {name: said for name, said in then.items() if not name.endswith((" percent", " of"))}
    before = entered(commitments={**old, "version": version})
    assert not [each for each in changed(then, [before]) if each.startswith("step ")]
    now = commitments(environment(steps=[{**STEP, "requires": ["health"], "percent": 50.0}]))
    assert [each.partition(":")[0] for each in changed(now, [before])] == ["step 10 requires"]


def compared(headers, **said):
    """A description whose endpoint compares these headers; None leaves it to what holds by itself."""
    return {"endpoints": {"list": {"request": "GET /list", "compare": {"headers": headers, **said}}}}


@pytest.mark.parametrize(
    ("then", "now", "looser"),
    [
        (["content-type", "etag"], ["content-type"], True),
        (["content-type"], ["content-type", "etag"], False),
        (["content-type"], [], True),
        ([], ["content-type"], False),
        (["content-type"], ["etag"], True),
        (None, ["content-type"], True),
    ],
)
def test_a_header_that_is_compared_no_longer_is_loosened(then, now, looser):
    """By the endpoint or by default: one less is looser, one more is not."""
    (line,) = told(compared(then), compared(now))
    assert line.startswith("softening endpoint/list")
    assert line.endswith(" (loosened)") is looser
    if then is not None:
        (line,) = told({"defaults": {"headers": then}}, {"defaults": {"headers": now}})
        assert line.startswith("compared defaults")
        assert line.endswith(" (loosened)") is looser


@pytest.mark.parametrize(
    ("then", "now", "looser"),
    [
        (["a", "b"], ["a"], True),
        (["a"], ["a", "b"], False),
        ([], ["a"], True),
        (["a"], [], False),
        (["a"], ["b"], True),
    ],
)
def test_a_column_that_is_compared_no_longer_is_loosened(then, now, looser):
    """`only:` names what is compared; where it names nothing, everything is."""
    said = ({"datasets": {"users": {"key": ["id"], **({"only": each} if each else {})}}} for each in (then, now))
    (line,) = told(*said)
    assert line.startswith("left out dataset/users")
    assert line.endswith(" (loosened)") is looser


def test_headers_by_default_in_another_order_or_spelling_promise_the_same():
    """`ETag` is `etag`."""
    assert not told({"defaults": {"headers": ["ETag", "Vary"]}}, {"defaults": {"headers": ["vary", "etag"]}})


def test_a_decision_of_before_default_headers_were_kept_makes_none_of_them_new():
    """Version 4 of the record knew nothing of them."""
    now = commitments(environment(defaults={"headers": ["etag"]}))
    old = {name: said for name, said in now.items() if not name.startswith("compared ")}
    assert not changed(now, [entered(commitments={**old, "version": "4"})])
