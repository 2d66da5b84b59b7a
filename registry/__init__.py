"""Plugins and their components: discovery, isolation, look-up. Never imports torch."""

from registry.components import KINDS, Catalogue, Component, Register
from registry.errors import UsageError, ZooError, summarize_error, unknown_name_error
from registry.plugins import PluginAPI, PluginRecord, Plugins, load_plugins

__all__ = [
    "KINDS",
    "Catalogue",
    "Component",
    "PluginAPI",
    "PluginRecord",
    "Plugins",
    "Register",
    "UsageError",
    "ZooError",
    "load_plugins",
    "summarize_error",
    "unknown_name_error",
]
