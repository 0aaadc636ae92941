"""How much memory this process holds and has held, as the kernel counts it."""

from __future__ import annotations

from pathlib import Path

_STATUS = Path("/proc/self/status")


def _kilobytes(name: str) -> int:
    for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
        word, _, rest = line.partition(":")
        if word == name:
            return int(rest.split()[0])
    raise OSError(f"{_STATUS} has no {name}; memory can be measured on Linux only")


def resident() -> int:
    """Bytes this process holds now."""
    return _kilobytes("VmRSS") * 1024


def peak() -> int:
    """
    Most bytes this process held at once since it began.

    Not `ru_maxrss`: that one also counts the process it was forked from.
    """
    return _kilobytes("VmHWM") * 1024
