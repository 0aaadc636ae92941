"""What every command understands, and how a command says that its input is unusable."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from verify.core.decision import UNUSABLE
from verify.core.errors import CutoverError
from verify.core.subjects import Environment
from verify.loading import load_environment
from verify.recording import evidence_root
from verify.stores.registry import problems

F = TypeVar("F", bound=Callable[..., Any])

env_option: Final = click.option(
    "--env", "name", envvar="CUTOVER_ENV", required=True, metavar="NAME", help="The environment on trial."
)
step_option: Final = click.option(
    "--step", metavar="STEP", required=True, help="The step of system.yaml that is asked about."
)
evidence_option: Final = click.option(
    "--evidence", metavar="DIR", help="Where evidence lives (CUTOVER_EVIDENCE; default reports/out)."
)
json_option: Final = click.option("--json", "as_json", is_flag=True, help="JSON for machines.")


def environment_named(name: str) -> Environment:
    """The environment of that name, its stores' options checked too."""
    return load_environment(name, stores=problems)


def _readable(said: Mapping[str, object]) -> None:
    """A CutoverError for words that are no UTF-8: no record can hold them."""
    for name, value in said.items():
        for word in value if isinstance(value, tuple) else (value,):
            if isinstance(word, str) and any("\ud800" <= each <= "\udfff" for each in word):
                raise CutoverError(f"--{name.replace('_', '-')} is not text in UTF-8: {word!r}")


def root_of(evidence: str | None) -> Path:
    """The evidence folder an option means."""
    return evidence_root(evidence, os.environ)


def unusable_is_30(command: F) -> F:
    """A CutoverError or a file that cannot be used ends the command with its text and exit code 30; nothing else means 30."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            _readable(kwargs)
            return command(*args, **kwargs)
        except CutoverError as error:
            click.echo(f"unusable input: {error}", err=True)
        except OSError as error:
            if not error.filename:  # no file of ours: a closed pipe, which click knows how to end
                raise
            click.echo(f"unusable input: {error.filename}: {error.strerror}", err=True)
        sys.exit(UNUSABLE)

    return guarded  # type: ignore[return-value]  # same signature, by functools.wraps
