"""Nothing that keeps a claim from being asked, heard or recorded lets traffic move."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from desk import ROOT, Desk, newest

from verify.recording import utc_now

pytestmark = pytest.mark.xdist_group("systems-easypicks")
VICTIM = "parity.errors error/unknown_product"
NODE = "verify/checks/test_parity.py::test_errors_agree[lightsail-error/unknown_product]"
ERRORS = "verify/checks/test_parity.py::test_errors_agree"
WORLDS = {
    "skipped": "def pytest_collection_modifyitems(items):\n"
    "    [each.add_marker(pytest.mark.skip(reason='no time')) for each in items if each.name.endswith(V)]",
    "xfailed": "def pytest_collection_modifyitems(items):\n"
    "    [each.add_marker(pytest.mark.xfail(run=False)) for each in items if each.name.endswith(V)]",
    "left-with-code-0": "def pytest_runtest_call(item):\n    if item.name.endswith(V): os._exit(0)",
    "asked-to-exit-with-code-0": "def pytest_runtest_call(item):\n"
    "    if item.name.endswith(V): pytest.exit('enough', returncode=0)",
    "replaced": "@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(pyfuncitem):\n"
    "    return True if pyfuncitem.name.endswith(V) else None",
    "teardown-crashes": "def pytest_runtest_teardown(item):\n    if item.name.endswith(V): raise RuntimeError('late')",
    "exit-code-forged": "@pytest.hookimpl(trylast=True)\ndef pytest_runtest_call(item):\n"
    "    if item.name.endswith(V): raise RuntimeError('crash')\n"
    "def pytest_sessionfinish(session): session.exitstatus = 0",
    "report-forged": "@pytest.hookimpl(wrapper=True)\ndef pytest_pyfunc_call(pyfuncitem):\n"
    "    yield\n    if pyfuncitem.name.endswith(V): raise RuntimeError('crash')\n"
    "@pytest.hookimpl(wrapper=True, tryfirst=True)\ndef pytest_runtest_makereport(item, call):\n"
    "    report = yield\n    report.outcome = 'passed'\n    return report",
}


def world(desk: Desk, tmp_path, how: str) -> Desk:
    """The desk with a plugin on its path that does `how` to the victim."""
    (tmp_path / "planted.py").write_text(f"import os\nimport pytest\nV = 'error/unknown_product]'\n{WORLDS[how]}\n")
    return replace(desk, more={"PYTHONPATH": str(tmp_path)})


def holds(desk: Desk, *names: str, step: str = "10") -> str:
    """What the gate said; it held, and named these."""
    ended = desk.gate(step)
    assert ended.code == 10, ended.said
    assert ended.names("HOLD", *names), ended.said
    assert "Traceback" not in ended.said
    return ended.said


@pytest.mark.parametrize("words", [("-k", "not unknown_product"), ("--deselect", NODE)], ids=["-k", "--deselect"])
def test_a_check_left_out_holds_though_pytest_is_green(proven, words):
    """A claim that the newest run was told to leave out is not proven by the run before."""
    assert proven.pytest("-q", *words).code == 0
    assert "told to leave it out" in holds(proven, VICTIM)


def test_a_run_that_leaves_out_everything_holds(proven):
    """A marker nothing carries leaves out every claim, and every family is named."""
    assert proven.pytest("-q", "-m", "nothing").code != 0
    holds(proven, "health.endpoint", "parity.endpoint", "parity.routes")


@pytest.mark.parametrize("how", sorted(WORLDS))
def test_a_check_that_ends_any_other_way_than_judged_holds(proven, tmp_path, how):
    """Skipped, replaced, killed or forged in the suite's own world, the claim is named."""
    world(proven, tmp_path, how).pytest("-q", "-p", "planted", ERRORS)
    holds(proven, VICTIM)


@pytest.mark.parametrize("how", ["kill", "crash", "crash-after-pass"])
def test_a_run_that_dies_holds(proven, how):
    """SIGKILL in mid-run, a crash before the verdict and one after a PASS hold."""
    told = {"CUTOVER_SABOTAGE": how, "CUTOVER_SABOTAGE_VICTIM": "unknown_product"}
    replace(proven, more=told).pytest("-q", "-p", "sandbox.sabotage", ERRORS)
    said = holds(proven, VICTIM)
    assert how != "kill" or "never finished" in said or "no verdict" in said


def test_a_lost_worker_holds(proven, tmp_path):
    """With two processes, one that vanishes takes its claims with it, and the terminal says so."""
    ended = world(proven, tmp_path, "left-with-code-0").pytest("-n", "2", "-p", "planted", ERRORS)
    assert "a worker was lost" in ended.said, ended.said
    holds(proven, VICTIM)


def test_a_run_that_stops_at_its_first_failure_holds(proven, easypicks, planted):
    """What -x left unasked is named beside what failed."""
    with planted(easypicks, "health-down"):
        ended = proven.pytest("-q", "-x")
        assert ended.code == 1, ended.said
        assert ended.names("FAIL health.endpoint"), ended.said
    holds(proven, "FAIL health.endpoint", "parity.routes", "no verdict")


def test_a_failure_no_pass_has_replaced_stays(proven, easypicks, planted):
    """A rerun that is told to leave the failed check out launders nothing."""
    asked = "verify/checks/test_parity.py::test_endpoints_agree"
    with planted(easypicks, "field-dropped"):
        assert proven.pytest("-q", asked).code == 1
    assert proven.pytest("-q", asked, "-k", "not get_product").code == 0
    assert "told to leave it out" in holds(proven, "parity.endpoint endpoint/get_product")


def test_a_check_deleted_from_the_code_holds(proven, tmp_path):
    """The catalogue still plans what nobody asks any more."""
    copy = tmp_path / "copy"
    left_out = shutil.ignore_patterns(".*", "reports/out", "out", "tests", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=left_out)
    file = copy / "verify" / "checks" / "test_parity.py"
    kept, found = re.subn(r'(?s)@check\("parity\.errors".*?(?=@check)', "", file.read_text())
    assert found == 1
    file.write_text(kept)
    desk = replace(proven, cwd=copy, more={"PYTHONPATH": str(copy)})
    assert desk.pytest("-q").code == 0
    ended = desk.cutover("gate", "--step", "10")
    assert ended.code == 10, ended.said
    assert ended.names("HOLD", "parity.errors"), ended.said


def test_stale_evidence_holds(lightsail):
    """A day and an hour later nothing that was proven then is proven now."""
    then = utc_now() - timedelta(hours=25)
    lightsail.write_all(lambda: then)
    holds(lightsail, "stale", "health.endpoint", "parity.endpoint", "load.latency")


def test_evidence_from_the_future_holds(lightsail):
    """A clock that ran ahead proves nothing."""
    then = utc_now() + timedelta(hours=2)
    lightsail.write_all(lambda: then)
    holds(lightsail, "lies ahead of this clock")


def edit_line(file):
    file.write_text(file.read_text().replace('"omitted":0', '"omitted":1', 1))


def drop_line(file):
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:3] + lines[4:]))


def double_line(file):
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, lines[-1]]))


@pytest.mark.parametrize("touch", [edit_line, drop_line, double_line])
def test_touched_evidence_is_unusable_and_the_line_named(proven, touch):
    """Exit code 30, with the file and the line that does not follow."""
    file = min(proven.home.glob("runs/*/main.jsonl"))
    touch(file)
    ended = proven.gate("10")
    assert ended.code == 30, ended.said
    assert re.search(r"main\.jsonl:\d+: (does not follow|not what was written)", ended.said)
    assert "Traceback" not in ended.said


def test_evidence_cut_short_holds(proven):
    """The last lines of a file lost to a crash leave a run that never finished."""
    file = min(proven.home.glob("runs/*/main.jsonl"))
    file.write_bytes(file.read_bytes()[:-200])
    holds(proven, "never finished", "parity.endpoint")


def test_evidence_of_another_environment_is_refused(proven):
    """A folder copied in from elsewhere is named, and nothing is decided."""
    run = newest(proven)
    for file in run.glob("*.jsonl"):
        file.unlink()
    other = Desk("railway", proven.root.parent / "other", proven.variables)
    other.write_all(utc_now)
    shutil.copytree(newest(other), run.parent / newest(other).name)
    ended = proven.gate("10")
    assert ended.code == 30, ended.said
    assert ended.names("evidence of easypicks/railway, not of easypicks/lightsail"), ended.said


def test_a_run_copied_under_another_name_is_refused(proven):
    """Evidence cannot be made newer by renaming its folder."""
    run = newest(proven)
    shutil.copytree(run, run.with_name("29990101T000000-00000000"))
    ended = proven.gate("10")
    assert ended.code == 30, ended.said
    assert ended.names("belongs elsewhere"), ended.said


def test_another_build_holds(proven):
    """What was proven of one build says nothing about the next."""
    ended = proven.gate("10", "--candidate", "lightsail-99")
    assert ended.code == 10, ended.said
    assert ended.names("lightsail-99", "parity.endpoint", "health.endpoint"), ended.said


def test_an_unheard_build_holds(proven):
    """A candidate that does not say its build is unknown, and unknown holds."""
    said = holds(replace(proven, variables={**proven.variables, "LIGHTSAIL_URL": "http://127.0.0.1:9"}))
    assert "build is unknown" in said


def described(proven, tmp_path, old, new) -> Desk:
    """The same environment from a copy of its files with one edit."""
    folder = tmp_path / "easypicks"
    shutil.copytree(ROOT / "environments" / "easypicks", folder)
    text = (folder / "system.yaml").read_text()
    assert text.count(old) == 1
    (folder / "system.yaml").write_text(text.replace(old, new))
    return replace(proven, env=str(folder / "lightsail.yaml"))


def test_an_edited_description_makes_its_claim_history(proven, tmp_path):
    """The edited endpoint has to be asked again; the others keep their evidence."""
    desk = described(proven, tmp_path, "GET /api/products/17", "GET /api/products/18")
    said = holds(desk, "parity.endpoint endpoint/get_product")
    assert "endpoint/get_driver" not in said


def test_a_loosened_objective_is_shown_and_holds(proven, tmp_path):
    """Load evidence of another promise is history, and the decision lists what was loosened."""
    assert proven.gate("10").code == 0
    desk = described(proven, tmp_path, "p95: {max_ratio: 1.15", "p95: {max_ratio: 9.0")
    said = holds(desk, "load.latency")
    assert "max_ratio" in said


def test_another_target_makes_everything_history(proven):
    """Evidence of one address is none of another, though both lead to the same machine."""
    moved = proven.variables["LIGHTSAIL_URL"].replace("127.0.0.1", "localhost")
    said = holds(replace(proven, variables={**proven.variables, "LIGHTSAIL_URL": moved}), "parity.endpoint")
    assert "another target (LIGHTSAIL_URL)" in said


def test_a_candidate_that_answers_as_baseline_fails_and_names_identity(proven):
    """The candidate's variable holding the baseline's address is no PASS of everything."""
    same = {**proven.variables, "LIGHTSAIL_URL": proven.variables["RAILWAY_URL"]}
    desk = replace(proven, variables=same)
    assert desk.pytest("-q", "verify/checks/test_health.py").code == 1
    holds(desk, "health.identity")


def test_an_error_at_the_moment_of_the_question_holds(proven, easypicks, planted):
    """All is proven and fresh, and the candidate answers the gate itself with a 503: who that is nobody knows."""
    assert json.loads(proven.gate("10", "--json", "--no-record").said)["action"] == "ADVANCE"
    with planted(easypicks, "health-down"):
        ended = proven.gate("10")
    assert ended.code == 10, ended.said
    assert ended.names("candidate lightsail: GET /health answered 503 as lightsail, expected 200-399"), ended.said


def test_a_full_disk_holds_and_says_that_nothing_was_proven(proven):
    """Evidence that cannot be written ends the run, and the run before does not stand in."""
    ended = proven.pytest("-q", blocks=8)
    assert ended.code == 3, ended.said
    assert ended.names("evidence cannot be written"), ended.said
    assert "INTERNALERROR" not in ended.said
    assert "Traceback" not in ended.said
    holds(proven, "health.endpoint", "parity.errors", "never finished")


def test_no_space_for_the_first_line_holds_nothing_back_silently(lightsail):
    """Not even the selection fits: pytest stops before it asks, and nothing is on record."""
    ended = lightsail.pytest("-q", blocks=1)
    assert ended.code == 3, ended.said
    assert ended.names("evidence cannot be written"), ended.said
    assert "Traceback" not in ended.said, ended.said
    holds(lightsail, "health.endpoint")


@pytest.mark.parametrize("words", [(), ("-n", "1")], ids=["alone", "workers"])
@pytest.mark.parametrize(("name", "value"), [("RUN", "../x"), ("SHARD", "1/2")])
def test_a_run_that_could_never_count_is_refused(lightsail, name, value, words):
    """A name that is none, and a part of a run that has no name: told in one line before anything is asked."""
    ended = replace(lightsail, more={f"CUTOVER_{name}": value}).pytest("-q", "verify/checks/test_health.py", *words)
    assert ended.code == 3, ended.said
    assert ended.names("evidence cannot be written", f"CUTOVER_{name}='{value}'"), ended.said
    assert "INTERNALERROR" not in ended.said
    assert not (lightsail.home / "runs").exists()


def test_a_folder_that_cannot_be_made_is_told_in_one_line(lightsail, tmp_path):
    """A file where the evidence folder should be stops pytest and the gate without a stack trace."""
    (tmp_path / "evidence").write_text("in the way")
    for ended in (lightsail.pytest("-q"), lightsail.gate("10")):
        assert ended.code not in (0, 10), ended.said
        assert "evidence" in ended.said
        assert "Traceback" not in ended.said, ended.said
        assert "INTERNALERROR" not in ended.said, ended.said


def test_a_run_that_records_nothing_changes_nothing(proven, easypicks, planted):
    """--no-record leaves no trace for the gate, neither to help nor to hurt."""
    with planted(easypicks, "field-dropped"):
        assert proven.pytest("-q", "--no-record", "verify/checks/test_parity.py").code == 1
    assert json.loads(proven.gate("10", "--json").said)["action"] == "ADVANCE"
