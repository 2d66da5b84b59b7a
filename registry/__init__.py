"""What plugins offer to the zoo: discovery, isolation, look-up. Knows no networks and never imports torch."""

from registry.catalogue import Catalogue
from registry.component import KINDS, Component
from registry.errors import UsageError, ZooError, unknown
from registry.loading import PluginSystem, load_plugins
from registry.plugins import PluginRecord, Plugins, reason_of
from registry.register import Register

__all__ = [
    "KINDS",
    "Catalogue",
    "Component",
    "PluginRecord",
    "PluginSystem",
    "Plugins",
    "Register",
    "UsageError",
    "ZooError",
    "load_plugins",
    "reason_of",
    "unknown",
]
