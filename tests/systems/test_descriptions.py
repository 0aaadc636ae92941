"""What a person reads who describes an environment wrongly, or asks for one that is not there."""

from __future__ import annotations

import re
import shutil

import pytest
from desk import CUTOVER, ROOT, Desk

MISTAKES = {
    "title: Pickup\n": ("title: Pickup\ntitel: Pickup\n", "titel", "did you mean title?"),
    "weight: 5": ("weight: five", "weight", "five"),
    "kind: missing": ("kind: mising", "kind", "did you mean missing?"),
    "as: admin": ("as: admni", "as", "did you mean admin?"),
    "minimum: 4900": ("minimum: 4900\n    minimum: 1", "minimum", "twice"),
}


@pytest.fixture
def shell(tmp_path):
    """A desk without any variable."""
    return Desk("lightsail", tmp_path / "evidence", {})


@pytest.fixture
def wrong(tmp_path):
    """Pickup's files with five mistakes, one a key that is said twice."""
    folder = tmp_path / "pickup"
    shutil.copytree(ROOT / "environments" / "pickup", folder)
    text = re.sub(r"(?m)^title:.*$", "title: Pickup", (folder / "system.yaml").read_text(), count=1)
    for old, (new, *_) in MISTAKES.items():
        text = text.replace(old, new, 1)
    (folder / "system.yaml").write_text(text)
    return folder


def test_five_mistakes_are_told_at_once_each_with_its_line(shell, wrong):
    """Five lines, five line numbers that are right, and exit code 4."""
    ended = shell.run("-m", "pytest", f"--env={wrong / 'postgres.yaml'}")
    assert ended.code == 4, ended.said
    lines = [line for line in ended.said.splitlines() if "system.yaml:" in line]
    assert len(lines) == 5, ended.said
    text = (wrong / "system.yaml").read_text().splitlines()
    for new, path, hint in MISTAKES.values():
        (told,) = [line for line in lines if hint in line and path in line]
        number = int(re.search(r"system\.yaml:(\d+)", told)[1])
        assert path in text[number - 1], (told, text[number - 1])
        assert new.strip().splitlines()[-1].strip() in text[number - 1]
    assert "Traceback" not in ended.said


@pytest.mark.parametrize("command", ["plan", "gate"])
def test_the_commands_tell_the_same_mistakes(shell, wrong, command):
    """Exit code 30, and the same five lines."""
    ended = shell.run(*CUTOVER, command, "--env", str(wrong / "postgres.yaml"), "--step", "canary")
    assert ended.code == 30, ended.said
    assert ended.said.count("system.yaml:") == 5, ended.said


def test_pytest_alone_lists_the_environments(shell):
    """Exit code 4, the option's name and every environment there is."""
    ended = shell.run("-m", "pytest")
    assert ended.code == 4
    assert ended.names("--env", "easypicks/lightsail", "easypicks/railway", "pickup/json", "pickup/postgres"), (
        ended.said
    )


def test_tests_of_the_repository_need_no_environment(shell):
    """Somebody who works on the suite runs its own tests without --env."""
    ended = shell.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/stats/test_proportions.py")
    assert ended.code == 0, ended.said


@pytest.mark.parametrize(
    ("name", "said"),
    [("lightsial", "did you mean lightsail?"), ("nonsense", "environments:"), ("pickup/postgre", "pickup/postgres"),
     ("no/such/file.yaml", "no/such/file.yaml"), ("", "environments:"), ("system", "environments:")],
)  # fmt: skip
def test_an_unknown_environment_suggests_what_there_is(shell, name, said):
    """Exit code 4, the name as it was typed, and a suggestion or the list."""
    ended = shell.run("-m", "pytest", f"--env={name}")
    assert ended.code == 4, ended.said
    assert ended.names(said), ended.said
    assert "Traceback" not in ended.said


def test_an_unknown_step_lists_the_steps(shell):
    """Exit code 30, never 1 or 2, which belong to crashes."""
    for command in ("plan", "gate"):
        ended = shell.cutover(command, "--step", "20")
        assert ended.code == 30, ended.said
        assert ended.names("10", "30", "70", "100"), ended.said


NOT_YAML = {
    "a folder": None, "nothing": b"", "binary": bytes(range(256)), "a list": b"- 1\n", "a tab": b"system:\n\t- x\n",
    "latin-1": "title: Caf\xe9".encode("latin-1"), "an alias": b"a: &x 1\nb: *x\n", "deep": b"[" * 5000,
    "a tag": b"system: !!python/object/apply:os.system [id]\n", "two documents": b"system: a\n---\nsystem: b\n",
}  # fmt: skip


@pytest.mark.parametrize("how", sorted(NOT_YAML))
def test_a_file_that_is_no_description_is_told_in_a_line(shell, tmp_path, how):
    """Exit code 4 and the file's name, without a stack trace, whatever lies there."""
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "environments" / "pickup", folder)
    (folder / "postgres.yaml").unlink()
    if NOT_YAML[how] is None:
        (folder / "postgres.yaml").mkdir()
    else:
        (folder / "postgres.yaml").write_bytes(NOT_YAML[how])
    ended = shell.run("-m", "pytest", f"--env={folder / 'postgres.yaml'}")
    assert ended.code == 4, ended.said
    assert "postgres.yaml" in ended.said, ended.said
    assert "Traceback" not in ended.said, ended.said
    assert "INTERNALERROR" not in ended.said, ended.said
