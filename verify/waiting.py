"""Claims that a run of pytest leaves open: for another command, or for a permission that it was not given."""

from __future__ import annotations

from collections.abc import Mapping

from verify.core.catalogue import Check
from verify.folders import folders_in
from verify.probe_files import FOLDER
from verify.recording import home
from verify.trial import Trial


def waiting(trial: Trial, checks: Mapping[str, Check], *, named: str, writes: bool) -> dict[str, str]:
    """
    For each declared check that this run does not ask: what has it asked. The gate holds until it is.

    `named` is what --env was given; `writes` says whether --allow-writes was.
    """
    environment = trial.environment
    found: dict[str, str] = {}
    if not folders_in(home(trial.root, environment) / FOLDER):
        found["success.availability"] = f"nobody has looked yet: cutover observe --env {named} --for 65m"
    if not writes:
        found["success.rollback"] = "it moves traffic: --allow-writes"
    return {name: why for name, why in found.items() if name in checks and checks[name].subjects(environment)}
