"""Files out of Maven's repository by coordinate and digest, without Maven."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.engines.cache import require_digest
from sandbox.errors import EngineMissing

_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One file by coordinate; `sha256` is what its bytes must hash to (hex)."""

    group: str
    artifact: str
    version: str
    packaging: str = "jar"
    classifier: str = ""
    sha256: str

    def __str__(self) -> str:
        return ":".join(filter(None, (self.group, self.artifact, self.version, self.packaging, self.classifier)))


def pinned_list(text: str) -> tuple[Pinned, ...]:
    """The files a list names: `group:artifact:version[:packaging[:classifier]] sha256` a line, # for remarks."""
    found = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words:
            group, artifact, version, packaging, classifier = (*words[0].split(":"), "", "")[:5]
            found.append(Pinned(group=group, artifact=artifact, version=version, packaging=packaging or "jar",
                                classifier=classifier, sha256=words[1]))  # fmt: skip
    return tuple(found)


def _download(wanted: Pinned, folder: Path) -> Path:
    """The file, fetched by jgo's client from where it fetches by default; nothing else of its project is."""
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415 - not needed where the engine is on PATH or in the cache
    except ImportError as error:
        raise EngineMissing(f"{wanted}: the package jgo is needed to fetch it; install the `sandbox` extra") from error
    component = MavenContext(repo_cache=folder).project(wanted.group, wanted.artifact).at_version(wanted.version)
    try:
        return Path(component.artifact(classifier=wanted.classifier, packaging=wanted.packaging).resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineMissing(f"{wanted} could not be fetched ({error}); check the network and try again") from error


def fetched(
    group: str, artifact: str, version: str, *, packaging: str = "jar", classifier: str = "", sha256: str, folder: Path
) -> Path:
    """
    The file of this coordinate lies under `folder`, and its SHA-256 is the expected one.

    A file that is there already is only checked. EngineMissing when it cannot be fetched or has another digest.
    """
    wanted = Pinned(group=group, artifact=artifact, version=version, packaging=packaging, classifier=classifier,
                    sha256=sha256)  # fmt: skip
    return _fetched(wanted, folder)


def _fetched(wanted: Pinned, folder: Path) -> Path:
    file = _download(wanted, folder)
    require_digest(file, wanted.sha256)
    return file


def fetched_all(wanted: tuple[Pinned, ...], *, folder: Path) -> tuple[Path, ...]:
    """The files lie under `folder`, checked, in the order asked; four are fetched at a time. Raises as `fetched`."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda each: _fetched(each, folder), wanted))
