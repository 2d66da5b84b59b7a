"""The hooks a plugin may implement. Each one has a user in the zoo itself."""

import sys

import pluggy

from registry import PluginSystem, Register

PROJECT = "gan_zoo"
API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_components(register: Register) -> None:
    """Offer generators, discriminators, losses, data sets and recipes.

    Args:
        register: Has one method per kind, each taking (name, "module:attribute", one-line summary).
    """


def plugin_system() -> PluginSystem:
    """The zoo's plugin contract, for `registry.load_plugins`."""
    return PluginSystem(PROJECT, sys.modules[__name__], API_VERSION)
