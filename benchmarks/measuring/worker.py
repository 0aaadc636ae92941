"""
A contestant's process: prepares once, then does one round for each line it is sent.

Speaks lines of JSON. First in: module, function, arguments; out: ready. Then in: "go"; out: seconds and what was
said. At the end of its input, out: the peak memory past what it held when it was ready.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO, cast

from benchmarks.measuring.memory import peak, resident

Prepared = Callable[[], str]


def main(orders: TextIO, replies: TextIO) -> None:
    """Every order was carried out; what a round raises ends the process."""
    wanted: Mapping[str, object] = json.loads(orders.readline())
    module = importlib.import_module(str(wanted["module"]))
    prepare: Callable[..., Prepared] = getattr(module, str(wanted["function"]))
    ask = prepare(**cast("dict[str, object]", wanted["arguments"]))
    gc.collect()
    before = resident()
    _say(replies, ready=True)
    for _ in orders:
        started = time.perf_counter()
        said = ask()
        _say(replies, seconds=time.perf_counter() - started, said=said)
    _say(replies, peak=max(0, peak() - before))


def _say(replies: TextIO, **what: object) -> None:
    replies.write(json.dumps(what) + "\n")
    replies.flush()


if __name__ == "__main__":
    # What a contestant prints must not be taken for a reply.
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    main(sys.stdin, own)
