"""What the figures were measured on; no names, no paths."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        word, _, rest = line.partition(":")
        if word.strip() == "model name":
            return rest.strip()
    return platform.machine()


def machine(*, postgres: str) -> dict[str, str]:
    """
    Cores, processor, memory, kernel, interpreter and server, in words.

    `postgres` is the version of the server that is used. The load average is how many processes wanted a core during
    the last minute: near or over the number of cores means that other work shared them.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": _processor(),
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "PostgreSQL": postgres,
        "load average at the start": f"{os.getloadavg()[0]:.1f}",
    }
