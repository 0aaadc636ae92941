"""JSON files: an array, an object of objects, newline-delimited, or a path inside a larger document; gzip or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from verify.core.secrets import Secret
from verify.stores.json_file.store import JsonFileStore
from verify.stores.registry import described


class Options(BaseModel):
    """
    Where the file is: `path` to a file, or to a folder where `products` means `products.json`.

    `format` is guessed from the name (`.ndjson`, `.jsonl`) when it is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    format: Literal["json", "ndjson"] | None = None


def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> JsonFileStore:
    """A store that opens the file for each question; `protect` changes nothing, a file serves nobody else."""
    del protect
    read = described(Options, options)
    if not isinstance(read, Options):
        raise TypeError("options of another store")
    return JsonFileStore(source=source, path=options["path"], form=read.format)


__all__ = ["Options", "connect"]
