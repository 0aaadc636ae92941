"""The workflow that people copy: nothing but the gate's answer moves traffic."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from tests.docs.pages import ROOT
from verify.cli import main
from verify.core.decision import UNUSABLE, Action

WORKFLOW = YAML(typ="safe").load((ROOT / ".github/workflows/traffic-step.yml").read_text())
JOBS = WORKFLOW["jobs"]
SCRIPTS = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]
DECIDE = next(step["run"] for step in JOBS["gate"]["steps"] if step.get("id") == "decide")


def test_each_exit_code_has_one_way():
    """Only ADVANCE moves, only ROLL_BACK goes back, and for everything else the run is red."""
    assert JOBS["move"]["if"] == f"needs.gate.outputs.code == '{Action.ADVANCE.exit_code}'"
    assert JOBS["roll-back"]["if"] == f"needs.gate.outputs.code == '{Action.ROLL_BACK.exit_code}'"
    last = JOBS["gate"]["steps"][-1]
    assert last == {"if": "steps.decide.outputs.code != '0' && steps.decide.outputs.code != '20'", "run": "exit 1"}
    assert [name for name, job in JOBS.items() if "MOVE_TRAFFIC" in job.get("env", {})] == ["move"]


@pytest.mark.parametrize("code", [0, Action.HOLD.exit_code, Action.ROLL_BACK.exit_code, UNUSABLE, 1, 2, 137])
def test_the_gates_exit_code_is_handed_on(tmp_path, code):
    """Whatever it ends with, and with whatever it printed, the next jobs get that number and no other."""
    gate = tmp_path / ".venv/bin/cutover"
    gate.parent.mkdir(parents=True)
    gate.write_text(f'#!/bin/sh\necho \'{{"target": "10"}}\'\nexit {code}\n')
    (tmp_path / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for each in gate.parent.iterdir():
        each.chmod(0o755)
    said = {"CUTOVER_ENV": "lightsail", "STEP": "10", "GITHUB_OUTPUT": str(tmp_path / "said"), "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-e", "-c", DECIDE], cwd=tmp_path, env=said, check=True)
    assert (tmp_path / "said").read_text() == f"code={code}\ntarget=10\n"


def test_an_answer_that_is_no_json_names_no_target(tmp_path):
    """A crash prints no decision; its exit code is handed on all the same."""
    gate = tmp_path / ".venv/bin/cutover"
    gate.parent.mkdir(parents=True)
    gate.write_text("#!/bin/sh\necho Traceback\nexit 1\n")
    (tmp_path / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for each in gate.parent.iterdir():
        each.chmod(0o755)
    said = {"CUTOVER_ENV": "lightsail", "STEP": "10", "GITHUB_OUTPUT": str(tmp_path / "said"), "PATH": "/usr/bin:/bin"}
    subprocess.run(["bash", "-e", "-c", DECIDE], cwd=tmp_path, env=said, check=True, capture_output=True)
    assert (tmp_path / "said").read_text() == "code=1\ntarget=\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=range(len(SCRIPTS)))
def test_what_it_runs_can_be_read_and_takes_no_text_from_outside(script):
    """Inputs come as variables: a name that holds a command would be run as one."""
    assert "${{" not in script
    subprocess.run(["bash", "-n", "-c", script], check=True)


def test_the_commands_and_options_exist():
    """What is copied works: every command of ours is known, with every option that is given."""
    asked = [found for script in SCRIPTS for found in re.findall(r"\.venv/bin/cutover (\w+)([^|>\n]*)", script)]
    assert {name for name, _ in asked} == {"gate", "report", "moved"}
    for name, words in asked:
        known = {option for each in main.commands[name].params for option in each.opts}
        assert set(re.findall(r"--[a-z-]+", words)) <= known


def test_nobody_moves_traffic_alone_or_twice_at_once():
    """Moving waits for the reviewers of an environment of its own; two runs about one environment wait for each other."""
    assert JOBS["move"]["environment"].endswith("-traffic")
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is False
    assert "inputs.environment" in WORKFLOW["concurrency"]["group"]
    assert WORKFLOW["permissions"] == {}
