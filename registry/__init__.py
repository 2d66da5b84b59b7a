"""What plugins offer to the zoo: discovery, isolation, look-up. Knows no networks and never imports torch."""

from registry.catalogue import Catalogue
from registry.component import KINDS, Component
from registry.errors import UsageError, ZooError, unknown
from registry.loading import PluginAPI, load_plugins
from registry.plugins import PluginRecord, Plugins, summarize_error
from registry.register import Register

__all__ = [
    "KINDS",
    "Catalogue",
    "Component",
    "PluginRecord",
    "PluginAPI",
    "Plugins",
    "Register",
    "UsageError",
    "ZooError",
    "load_plugins",
    "summarize_error",
    "unknown",
]
