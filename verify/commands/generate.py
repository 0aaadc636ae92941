"""`cutover catalogue`, `schema`, `docs`: files that are written from code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from verify.core.catalogue import dump_lock
from verify.discovery import asked_checks
from verify.generated import docs_files, outdated, schema_files
from verify.trial import LOCK


def _command(name: str, what: str, files: Callable[[], Mapping[Path, str]]) -> click.Command:
    @click.command(name, help=f"Compare {what} with the code; exit code 1 when they differ.")
    @click.option("--write", is_flag=True, help="Write instead of comparing.")
    def generate(*, write: bool) -> None:
        texts = files()
        if write:
            for path, text in texts.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        elif stale := outdated(texts):
            click.echo(f"{', '.join(stale)} differs from the code; run `make {name}` and read what changed", err=True)
            sys.exit(1)
        click.echo(f"{', '.join(path.name for path in texts)}: as the code says")

    return generate


catalogue_command = _command("catalogue", "CATALOGUE.lock", lambda: {LOCK: dump_lock(asked_checks())})
schema_command = _command("schema", "environments/schema.json", schema_files)
docs_command = _command("docs", "docs/checks.md and docs/faults.md", docs_files)
