"""Errors that a user reads: what was asked, what exists, what to type next."""

from collections.abc import Iterable
from difflib import get_close_matches


class ZooError(Exception):
    """Something a user can act on; the command line prints it as one message and exits with 1."""

    exit_code = 1


class UsageError(ZooError):
    """The request itself was wrong: a misspelt name, a value out of range. Exits with 2."""

    exit_code = 2


def unknown(what: str, name: str, known: Iterable[str], look_up: str = "") -> UsageError:
    """Builds the error for a name that is not known.

    Args:
        what: The kind of thing that was asked for, such as "recipe".
        name: What was asked.
        known: The names that exist.
        look_up: What to type to see all of them.
    """
    names = sorted(set(known))
    close = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    advice = f" Did you mean '{close[0]}'?" if close else ""
    exists = f" There is: {', '.join(names)}." if names else f" There is no {what} at all."
    return UsageError(f"Unknown {what} '{name}'.{advice}{exists}{' ' + look_up if look_up else ''}")
