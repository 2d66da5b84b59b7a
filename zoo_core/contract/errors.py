"""Errors that a user reads; the registry raises them too."""

from registry import UsageError, ZooError, unknown

__all__ = ["UsageError", "ZooError", "unknown"]
