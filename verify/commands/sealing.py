"""The options of every command that appends to the chain: who signs, and whose signatures are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from verify.gating import Seal
from verify.signing import private_key, public_key

sign_option: Final = click.option(
    "--sign", metavar="KEYFILE", type=click.Path(path_type=Path), help="Sign with this Ed25519 private key (PEM)."
)
keys_option: Final = click.option(
    "--key", "keys", metavar="PUBFILE", multiple=True, type=click.Path(path_type=Path),
    help="Who may have signed what is on record (PEM); may be given several times.",
)  # fmt: skip


def seal_of(sign: Path | None, keys: tuple[Path, ...]) -> Seal:
    """The keys that the options name."""
    return Seal(signer=private_key(sign) if sign else None, keys=tuple(public_key(each) for each in keys))
