"""What the console script `cutover` and `python -m verify` run; it rests on the standard library until it runs."""

from __future__ import annotations

import sys
from typing import Final

CRASHED: Final = 70


def main() -> None:
    """The command that was asked for; a defect ends it, after the stack trace, with a code no verdict and no decision has."""
    try:
        from verify.cli import main as command  # noqa: PLC0415 - what cannot be imported is a defect like any other

        command(prog_name="cutover")
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - Python's own code of a crash is 1, which is said of records that differ
        try:
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            sys.exit(CRASHED)


if __name__ == "__main__":
    main()
