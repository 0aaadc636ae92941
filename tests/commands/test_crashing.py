"""A defect of cutover ends its console script with a code that no verdict and no decision has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = (str(Path(sys.executable).with_name("cutover")),)
MODULE = (sys.executable, "-m", "verify")


def ended(command: tuple[str, ...], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, with the modules of the folder found before all others."""
    names = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([*command, *words], env=names, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("command", [SCRIPT, MODULE], ids=["script", "module"])
@pytest.mark.parametrize(
    ("module", "text", "said", "words"),
    [
        ("rich/__init__.py", "raise ImportError('half an upgrade')", "ImportError: half an upgrade", ("--help",)),
        ("click.py", "def half(:", "SyntaxError: invalid syntax", ("gate", "--env", "x", "--step", "10")),
        ("pydantic.py", "class Panic(BaseException): ...\nraise Panic", "Panic", ("compare", "--env", "x")),
    ],
)
def test_a_module_that_cannot_be_imported_ends_with_70(tmp_path, command, module, text, said, words):
    """Never with 1, which says that records differ; the stack trace says why."""
    place = tmp_path / module
    place.parent.mkdir(exist_ok=True)
    place.write_text(text, encoding="utf-8")
    found = ended(command, tmp_path, *words)
    assert (found.returncode, found.stdout) == (70, "")
    assert found.stderr.startswith("Traceback (most recent call last):\n")
    assert said in found.stderr


@pytest.mark.parametrize("command", [SCRIPT, MODULE], ids=["script", "module"])
def test_a_defect_in_a_command_ends_with_70(tmp_path, command):
    """Whichever command it is."""
    broken = "import verify.commands.explain as e\ndef f(*_, **__): raise RuntimeError('no such luck')\n"
    (tmp_path / "sitecustomize.py").write_text(f"{broken}e.explain_command.callback = f\n", encoding="utf-8")
    found = ended(command, tmp_path, "explain", "consistency.records")
    assert (found.returncode, found.stdout) == (70, "")
    assert "RuntimeError: no such luck" in found.stderr


@pytest.mark.parametrize("command", [SCRIPT, MODULE], ids=["script", "module"])
def test_what_is_no_defect_ends_as_before(tmp_path, command):
    """Help with 0, wrong usage with 2, unusable input with 30, each under the name of the script."""
    helped, wrong = ended(command, tmp_path, "--help"), ended(command, tmp_path, "no-such-command")
    unusable = ended(command, tmp_path, "gate", "--env", "no-such-environment", "--step", "10")
    assert [each.returncode for each in (helped, wrong, unusable)] == [0, 2, 30]
    assert helped.stdout.startswith("Usage: cutover [OPTIONS]")
    assert "Traceback" not in helped.stderr + wrong.stderr + unusable.stderr
