"""
Speed and memory against the physical limit and a peer, all measured in this run.

    python -m benchmarks [NAME…] [--rows N] [--no-peers] [--quick] [--json]

Exit code 0 when everything was measured (a missed bar is told, not an error), 1 when something could not be, 2 for
usage.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, cast

import httpx
import psycopg
from botocore.exceptions import BotoCoreError, ClientError

import benchmarks
from benchmarks import consistency
from benchmarks.measuring.figures import BenchmarkError, Result, Sizes
from benchmarks.measuring.machine import machine
from benchmarks.measuring.report import as_json, as_markdown, last_line, machine_lines
from sandbox.engines import postgres
from sandbox.errors import SandboxError


class _Benchmark(Protocol):
    @staticmethod
    def measure(sizes: Sizes, folder: Path) -> Result: ...


def names() -> list[str]:
    """Every benchmark there is: the modules of this folder and those of `consistency` that measure, sorted."""
    found = [each.name for each in pkgutil.iter_modules(benchmarks.__path__) if not each.ispkg]
    pairs = [f"consistency.{each.name}" for each in pkgutil.iter_modules(consistency.__path__)]
    return sorted(name for name in (*found, *pairs) if not name.startswith("_"))


def chosen(words: Sequence[str]) -> list[str]:
    """The benchmarks that the words mean, all of them when there is none; a folder means all that are in it."""
    return [name for name in names() if not words or name in words or name.partition(".")[0] in words]


def measured(name: str, sizes: Sizes, *, judged: bool) -> Result:
    """What the benchmark found, without its bars unless it is to be judged; its files are gone."""
    module = cast("_Benchmark", importlib.import_module(f"benchmarks.{name}"))
    started = time.monotonic()
    with TemporaryDirectory(prefix="cutover-benchmark-") as folder:
        found = module.measure(sizes, Path(folder))
    ratios = found.ratios if judged else tuple(replace(each, bar=None) for each in found.ratios)
    return replace(found, ratios=ratios, took=time.monotonic() - started)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="ratios, measured in one run")
    known = sorted({*names(), *(name.partition(".")[0] for name in names())})
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(known)} (all)")
    parser.add_argument("--rows", type=int, metavar="N", help="rows of PostgreSQL; other stores in proportion")
    parser.add_argument("--no-peers", action="store_true", help="neither install nor run other tools")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: it runs, and says nothing of speed")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(words)
    if unknown := sorted(set(options.names) - set(known)):
        parser.error(f"{', '.join(unknown)}: no such benchmark; choose from {', '.join(known)}")
    if options.rows is not None and options.rows < 10:
        parser.error("--rows must be 10 or more")
    return options


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = Sizes.smallest() if options.quick else Sizes()
    sizes = replace(sizes, peers=sizes.peers and not options.no_peers)
    return sizes if options.rows is None else sizes.scaled(options.rows)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()


def main(words: Sequence[str]) -> int:
    """Every benchmark asked for was measured and printed; the exit code."""
    options = _options(words)
    results: list[Result] = []
    failures: list[str] = []
    about = machine(postgres=postgres.binaries().version)
    if not options.json:
        _say(machine_lines(about) + (". Quick: these figures say nothing about speed." if options.quick else "."))
    for name in chosen(options.names):
        try:
            results.append(measured(name, _sizes(options), judged=not options.quick))
        except (BenchmarkError, SandboxError, psycopg.Error, httpx.HTTPError, BotoCoreError, ClientError) as error:
            failures.append(f"{name} could not be measured: {error}")
            continue
        if not options.json:
            _say(as_markdown(results[-1]))
    _say(as_json(about, results) if options.json else last_line(results))
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
