"""A backup made by pg_dump, in its plain form, read without a server."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from verify.core.secrets import Secret
from verify.stores.pg_dump.store import PgDumpStore
from verify.stores.registry import described


class Options(BaseModel):
    """Where the dump is (`path`, gzipped or not), and the schema of tables that are named without one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    schema_: str = Field(default="public", alias="schema")


def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> PgDumpStore:
    """A store that reads the file for each question; `protect` changes nothing, a file serves nobody else."""
    del protect
    read = described(Options, options)
    return PgDumpStore(source=source, path=options["path"], schema=read.schema_)


__all__ = ["Options", "connect"]
