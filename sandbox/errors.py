"""What can go wrong while a sandbox is built or used."""

from __future__ import annotations


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the message says where, what was found and what to do."""


class EngineMissing(SandboxError):
    """A database engine is neither on PATH nor obtainable from its package registry."""


class StartFailed(SandboxError):
    """A server ended or stayed silent before it was ready; the message holds the end of its log."""


class UnknownFault(SandboxError):
    """No fault of that name exists for that system; the message lists those that do."""
