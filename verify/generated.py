"""Files written from code: the schema of environment files, the pages of checks and faults."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, JsonValue

from sandbox.faults import known_faults
from sandbox.faults.fault import Fault
from sandbox.faults.suite import SUITE_FAULTS, SuiteFault
from verify.core.catalogue import Check
from verify.core.model import EnvironmentFile, SystemFile
from verify.discovery import asked_checks
from verify.recording import ROOT

SCHEMA: Final = ROOT / "environments" / "schema.json"
CHECKS: Final = ROOT / "docs" / "checks.md"
FAULTS: Final = ROOT / "docs" / "faults.md"


def schema_text() -> str:
    """The JSON schema (draft-07) of both kinds of file; which one it is shows in the key `system`."""
    definitions: dict[str, JsonValue] = {}
    for model in (SystemFile, EnvironmentFile):
        definitions |= _definitions(model)
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cutover: system.yaml and environment files",
        "definitions": dict(sorted(definitions.items())),
        "if": {"required": ["system"]},
        "then": {"$ref": "#/definitions/SystemFile"},
        "else": {"$ref": "#/definitions/EnvironmentFile"},
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _definitions(model: type[BaseModel]) -> dict[str, JsonValue]:
    schema = model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    found: dict[str, JsonValue] = schema.pop("$defs", {})
    return {**found, model.__name__: schema}


def _check_section(check: Check) -> str:
    text = inspect.cleandoc(check.doc).replace("Blind to:", "**Blind to:**")
    return f"## {check.id}\n\n{text}\n\nAsked about `{check.over}`, in `{check.asked_by}`.\n"


def checks_text(checks: Mapping[str, Check]) -> str:
    """docs/checks.md: a section a check, from its docstring."""
    head = "# Checks\n\nWritten by `make docs` from the checks themselves. Each says what it cannot see.\n"
    return "\n".join([head, *(_check_section(each) for each in checks.values())])


def faults_text() -> str:
    """docs/faults.md: fault x claims, from the faults' own declarations."""
    lines = [
        "# Faults",
        "",
        "Written by `make docs` from `sandbox/faults/`. `cutover drill --env=NAME` plants each and compares.",
        "",
        "| fault | kind | what is wrong | claims it must turn | advance | stay |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        _fault_row(fault, fault.kind, {each: fault.claims_of(each) for each in sorted(fault.systems)})
        for fault in known_faults()
    ]
    lines += [
        _fault_row(fault, fault.kind, {", ".join(sorted(fault.systems or ())) or "every system": fault.claims})
        for fault in SUITE_FAULTS
    ]
    return "\n".join(lines) + "\n"


def _fault_row(fault: Fault | SuiteFault, kind: str, claims: Mapping[str, Mapping[str, str]]) -> str:
    said = {
        name: "<br>".join(f"{verdict}: {claim}" for claim, verdict in each.items()) for name, each in claims.items()
    }
    text = (
        "<br>".join(f"*{name}*: {each}" for name, each in said.items())
        if len(set(said.values())) > 1
        else next(iter(said.values()))
    )
    return f"| {fault.name} | {kind} | {fault.summary} | {text} | {fault.advance} | {fault.stay} |"


def outdated(files: Mapping[Path, str]) -> list[str]:
    """The files that differ from what the code would write."""
    return [path.name for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def schema_files() -> dict[Path, str]:
    """What `make schema` writes."""
    return {SCHEMA: schema_text()}


def docs_files() -> dict[Path, str]:
    """What `make docs` writes."""
    return {CHECKS: checks_text(asked_checks()), FAULTS: faults_text()}
